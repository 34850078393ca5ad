import type { Item } from "../../syntax/ast.ts";
import type { LintRule } from "../lint-rule.ts";
import { isMarkedUnused } from "./unused-variable.ts";

export const unusedParameter: LintRule = {
  name: "unused-parameter",
  code: "HARN-L003",
  docs: "Reports a parameter that its function never reads.",
  bad: `fn double(n, factor) {
  return n * 2
}
`,
  fixed: `fn double(n, _factor) {
  return n * 2
}
`,
  *check({ bindings, tree }) {
    const methods = new Set<Item>(tree.all("ImplBlock").flatMap((block) => block.methods));
    for (const binding of bindings) {
      if (binding.kind !== "parameter" || binding.reads > 0 || isMarkedUnused(binding)) continue;
      if (binding.name === "self" && methods.has(binding.node)) continue;
      yield {
        message: `Parameter \`${binding.name}\` is never used`,
        span: binding.span,
        hint: `Remove it, or call it \`_${binding.name}\``,
      };
    }
  },
};
