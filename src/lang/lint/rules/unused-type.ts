import { peelAttributes } from "../../syntax/ast.ts";
import { isLibrary } from "../entry-points.ts";
import type { LintRule } from "../lint-rule.ts";
import { isMarkedUnused } from "./unused-variable.ts";

export const unusedType: LintRule = {
  name: "unused-type",
  code: "HARN-L006",
  docs: "Reports a struct, enum, interface or type alias that nothing mentions.",
  bad: `struct Point {
  x: int
}

pipeline main() {
  log(1)
}
`,
  fixed: `struct Point {
  x: int
}

pipeline main() {
  log(Point {x: 1})
}
`,
  *check(context) {
    // Importers take types without any `pub`.
    if (isLibrary(context.module)) return;
    for (const binding of context.bindings) {
      if (binding.kind !== "type" || binding.reads > 0) continue;
      const { item } = peelAttributes(binding.node);
      if (isMarkedUnused(binding) || ("isPub" in item && item.isPub)) continue;
      yield {
        message: `Type \`${binding.name}\` is never used`,
        span: binding.span,
        hint: "Remove it, or use it in a signature",
        subject: binding.node,
      };
    }
  },
};
