import type { LintRule } from "../lint-rule.ts";
import { isMarkedUnused } from "./unused-variable.ts";

export const unusedPatternBinding: LintRule = {
  name: "unused-pattern-binding",
  code: "HARN-L002",
  docs: "Reports a name bound by destructuring that is never read.",
  bad: `fn first(p) {
  let {x, y} = p
  return x
}
`,
  fixed: `fn first(p) {
  let {x} = p
  return x
}
`,
  *check({ bindings }) {
    for (const binding of bindings) {
      if (binding.kind !== "pattern" || binding.reads > 0 || isMarkedUnused(binding)) continue;
      yield {
        message: `Name \`${binding.name}\` of the pattern is never used`,
        span: binding.span,
        hint: "Remove it from the pattern, or start its name with an underscore",
      };
    }
  },
};
