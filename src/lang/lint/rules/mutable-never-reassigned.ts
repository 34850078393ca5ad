import { replace } from "../fix-edits.ts";
import type { LintRule } from "../lint-rule.ts";

export const mutableNeverReassigned: LintRule = {
  name: "mutable-never-reassigned",
  code: "HARN-L008",
  docs: "Reports a `var` that is never assigned again: `let` says so to the reader.",
  *check({ bindings }) {
    for (const binding of bindings) {
      const { node } = binding;
      if (!binding.mutable || node.kind !== "LetStmt") continue;
      const together = bindings.filter((other) => other.node === node);
      // One `var` binds all names of its pattern: it goes only when none of them needs it.
      if (together.some((other) => other.assignments > 0) || together[0] !== binding) continue;
      yield {
        message: `Variable \`${binding.name}\` is declared with \`var\` but never reassigned`,
        span: binding.span,
        hint: "Use `let`",
        fixes: replace({ start: node.span.start, end: node.span.start + "var".length }, "let"),
      };
    }
  },
};
