import type { LintRule } from "../lint-rule.ts";
import { isMarkedUnused } from "./unused-variable.ts";

export const unusedParameter: LintRule = {
  name: "unused-parameter",
  code: "HARN-L003",
  docs: "Reports a parameter that its function never reads.",
  *check({ bindings }) {
    for (const binding of bindings) {
      if (binding.kind !== "parameter" || binding.reads > 0 || isMarkedUnused(binding)) continue;
      yield {
        message: `Parameter \`${binding.name}\` is never used`,
        span: binding.span,
        hint: `Remove it, or call it \`_${binding.name}\``,
      };
    }
  },
};
