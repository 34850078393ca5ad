import { peelAttributes } from "../../syntax/ast.ts";
import { hasPublicFunction, isLibrary } from "../entry-points.ts";
import type { LintContext, LintRule } from "../lint-rule.ts";
import type { Binding } from "../name-table.ts";
import { isMarkedUnused } from "./unused-variable.ts";

/** Attributes that say something about a function without making anyone call it. */
const passiveAttributes: ReadonlySet<string> = new Set(["complexity", "deprecated", "deterministic", "semantic"]);

export const unusedFunction: LintRule = {
  name: "unused-function",
  code: "HARN-L005",
  docs: "Reports a private function or tool that nothing calls or passes on.",
  bad: `fn helper() {
  return 1
}

pipeline main() {
  log(2)
}
`,
  fixed: `fn helper() {
  return 1
}

pipeline main() {
  log(helper())
}
`,
  *check(context) {
    if (isLibrary(context.module) && !hasPublicFunction(context.module)) return;
    for (const binding of context.bindings) {
      if (binding.kind !== "function" && binding.kind !== "tool") continue;
      if (binding.reads > 0 || isMarkedUnused(binding) || isReachable(context, binding)) continue;
      yield {
        message: `${binding.kind === "tool" ? "Tool" : "Function"} \`${binding.name}\` is never used`,
        span: binding.span,
        hint: `Remove it, or call it \`_${binding.name}\``,
        subject: binding.node,
      };
    }
  },
};

function isReachable({ options }: LintContext, binding: Binding): boolean {
  const { attributes, item } = peelAttributes(binding.node);
  return (
    ("isPub" in item && item.isPub) ||
    attributes.some((attribute) => !passiveAttributes.has(attribute.name)) ||
    options.importedElsewhere?.has(binding.name) === true
  );
}
