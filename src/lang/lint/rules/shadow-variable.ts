import type { LintRule } from "../lint-rule.ts";
import { isMarkedUnused } from "./unused-variable.ts";

export const shadowVariable: LintRule = {
  name: "shadow-variable",
  code: "HARN-L007",
  docs: "Reports a variable or parameter that hides one of an enclosing scope, or replaces one of its own.",
  bad: `fn total(items) {
  let sum = 0
  for item in items {
    let sum = item
    log(sum)
  }
  return sum
}
`,
  fixed: `fn total(items) {
  let sum = 0
  for item in items {
    let part = item
    log(part)
  }
  return sum
}
`,
  *check({ bindings }) {
    for (const binding of bindings) {
      if (binding.kind === "implicit" || isMarkedUnused(binding)) continue;
      if (binding.replaces !== undefined && !binding.mutable) {
        yield {
          message: `Variable \`${binding.name}\` is declared twice in one scope`,
          span: binding.span,
          hint: `Use another name, or make the first one a \`var\` and assign to it`,
        };
      } else if (binding.shadows !== undefined) {
        yield {
          message: `Variable \`${binding.name}\` hides a variable of an enclosing scope`,
          span: binding.span,
          hint: "Use another name",
        };
      }
    }
  },
};
