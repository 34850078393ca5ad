/** Names that a file mentions where a type stands. */

import type { TypeExpr } from "../syntax/ast.ts";
import type { TreeIndex } from "./tree-index.ts";

export function mentionedTypes(tree: TreeIndex): ReadonlySet<string> {
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
