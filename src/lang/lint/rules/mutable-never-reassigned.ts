import type { Item } from "../../syntax/ast.ts";
import { replace } from "../fix-edits.ts";
import type { LintRule } from "../lint-rule.ts";
import type { Binding } from "../name-table.ts";

export const mutableNeverReassigned: LintRule = {
  name: "mutable-never-reassigned",
  code: "HARN-L008",
  docs: "Reports a `var` that is never assigned again: `let` says so to the reader.",
  bad: `var limit = 3
log(limit)
`,
  fixed: `let limit = 3
log(limit)
`,
  *check({ bindings }) {
    const statements = new Map<Item, Binding[]>();
    for (const binding of bindings) {
      if (!binding.mutable || binding.node.kind !== "LetStmt") continue;
      const together = statements.get(binding.node);
      if (together === undefined) statements.set(binding.node, [binding]);
      else together.push(binding);
    }
    for (const [node, together] of statements) {
      // One `var` binds all names of its pattern: it stays when one of them needs it.
      const [first] = together;
      if (first === undefined || together.some((binding) => binding.assignments > 0)) continue;
      yield {
        message: `Variable \`${first.name}\` is declared with \`var\` but never reassigned`,
        span: first.span,
        hint: "Use `let`",
        fixes: replace({ start: node.span.start, end: node.span.start + "var".length }, "let"),
      };
    }
  },
};
