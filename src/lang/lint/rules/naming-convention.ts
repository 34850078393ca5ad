import { peelAttributes } from "../../syntax/ast.ts";
import type { LintRule } from "../lint-rule.ts";

export const namingConvention: LintRule = {
  name: "naming-convention",
  code: "HARN-L010",
  docs: "Reports functions and tools that are not named in snake_case, and types not named in PascalCase.",
  bad: `fn loadUser(id) {
  return id
}
`,
  fixed: `fn load_user(id) {
  return id
}
`,
  *check({ bindings, tree }) {
    const methods = tree.all("ImplBlock").flatMap((block) => block.methods.map((method) => method.name));
    const named = [
      ...bindings.map((binding) => ({ ...binding, item: peelAttributes(binding.node).item })),
      ...methods.map((name) => ({ ...name, kind: "function" as const, item: undefined })),
    ];
    for (const { kind, name, span, item } of named) {
      if ((kind === "function" || kind === "tool") && !/^[\p{Ll}_][\p{Ll}\p{Lo}\p{N}_]*$/u.test(name)) {
        yield {
          message: `${kind === "tool" ? "Tool" : "Function"} \`${name}\` is not in snake_case`,
          span,
          hint: `Rename it to \`${toSnakeCase(name)}\``,
          ...(item === undefined ? {} : { subject: item }),
        };
      }
      if (kind === "type" && !/^[\p{Lu}\p{Lo}][\p{L}\p{N}]*$/u.test(name)) {
        yield {
          message: `Type \`${name}\` is not in PascalCase`,
          span,
          hint: `Rename it to \`${toPascalCase(name)}\``,
          ...(item === undefined ? {} : { subject: item }),
        };
      }
    }
  },
};

function toSnakeCase(name: string): string {
  return name.replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, "$1_$2").toLowerCase();
}

function toPascalCase(name: string): string {
  return name
    .split("_")
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join("");
}
