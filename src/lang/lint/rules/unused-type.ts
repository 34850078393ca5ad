import type { TypeExpr } from "../../syntax/ast.ts";
import { peelAttributes } from "../../syntax/ast.ts";
import { isLibrary } from "../entry-points.ts";
import type { LintContext, LintRule } from "../lint-rule.ts";
import { isMarkedUnused } from "./unused-variable.ts";

export const unusedType: LintRule = {
  name: "unused-type",
  code: "HARN-L006",
  docs: "Reports a struct, enum, interface or type alias that nothing mentions.",
  *check(context) {
    // Importers take types without any `pub`.
    if (isLibrary(context.module)) return;
    const mentioned = mentionedTypes(context);
    for (const binding of context.bindings) {
      if (binding.kind !== "type" || binding.reads > 0 || mentioned.has(binding.name)) continue;
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

function mentionedTypes({ tree }: LintContext): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (type: TypeExpr): void => {
    switch (type.kind) {
      case "NamedType":
        names.add(type.name);
        return;
      case "AppliedType":
        names.add(type.name);
        for (const argument of type.args) visit(argument);
        return;
      case "UnionType":
        for (const member of type.members) visit(member);
        return;
      case "ShapeType":
        for (const field of type.fields) visit(field.type);
        return;
      case "FnType":
        for (const param of type.params) visit(param);
        visit(type.returnType);
        return;
      case "LiteralType":
        return;
    }
  };
  for (const type of tree.types) visit(type);
  for (const fn of tree.all("FnDecl")) for (const clause of fn.where) names.add(clause.bound);
  return names;
}
