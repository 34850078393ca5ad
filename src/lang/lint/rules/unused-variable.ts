import { replace } from "../fix-edits.ts";
import type { LintRule } from "../lint-rule.ts";
import type { Binding } from "../name-table.ts";

export const unusedVariable: LintRule = {
  name: "unused-variable",
  code: "HARN-L001",
  docs: "Reports a variable that is never read: a leftover, or a typo elsewhere.",
  bad: `fn area(w) {
  let h = 2
  return w * 2
}
`,
  fixed: `fn area(w) {
  let _h = 2
  return w * 2
}
`,
  *check({ bindings, source }) {
    for (const binding of bindings) {
      if (binding.kind !== "variable" || binding.reads > 0 || isMarkedUnused(binding)) continue;
      yield {
        message: `Variable \`${binding.name}\` is never used`,
        span: binding.span,
        hint: `Remove it, or call it \`_${binding.name}\``,
        // The new name must not hide, or be, another one.
        ...(binding.assignments === 0 && !source.includes(`_${binding.name}`)
          ? { fixes: replace(binding.span, `_${binding.name}`) }
          : {}),
      };
    }
  },
};

/** A leading underscore says that the author knows. */
export function isMarkedUnused(binding: Binding): boolean {
  return binding.name.startsWith("_");
}
