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
    // Of two variables with one name in one scope, one has to be a `var`.
    const doubled = new Set<Binding>();
    for (const binding of bindings) {
      if (binding.replaces?.node.kind === "LetStmt") doubled.add(binding).add(binding.replaces);
    }
    for (const binding of bindings) {
      if (!binding.mutable || binding.node.kind !== "LetStmt") continue;
      const together = statements.get(binding.node);
      if (together === undefined) statements.set(binding.node, [binding]);
      else together.push(binding);
    }
    for (const [node, together] of statements) {
      // One `var` binds all names of its pattern: it stays when one of them needs it.
      const [first] = together;
      if (first === undefined || together.some((each) => each.assignments > 0 || doubled.has(each))) continue;
      yield {
        message: `Variable \`${first.name}\` is declared with \`var\` but never reassigned`,
        span: first.span,
        hint: "Use `let`",
        fixes: replace({ start: node.span.start, end: node.span.start + "var".length }, "let"),
      };
    }
  },
};
