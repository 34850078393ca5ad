/** Type expressions, type parameters and binding patterns: always on one line. */

import type { Expr, Pattern, ShapeField, TypeExpr, TypeParam, WhereClause } from "../syntax/ast.ts";
import type { Printer } from "./printer.ts";
import { isIdentifierName, quoteString } from "./text-layout.ts";

export function printType(printer: Printer, type: TypeExpr): string {
  switch (type.kind) {
    case "NamedType":
      return type.name;
    case "AppliedType":
      return `${type.name}<${printTypes(printer, type.args)}>`;
    case "UnionType":
      return type.members.map((member) => printType(printer, member)).join(" | ");
    case "ShapeType":
      return `{${type.fields.map((field) => printShapeField(printer, field)).join(", ")}}`;
    case "FnType":
      return `fn(${printTypes(printer, type.params)}) -> ${printType(printer, type.returnType)}`;
    case "LiteralType":
      return printer.verbatim(type.span);
  }
}

export function printShapeField(printer: Printer, field: ShapeField): string {
  const name = isIdentifierName(field.name) ? field.name : quoteString(field.name);
  return `${name}${field.optional ? "?" : ""}: ${printType(printer, field.type)}`;
}

export function printTypes(printer: Printer, types: readonly TypeExpr[]): string {
  return types.map((type) => printType(printer, type)).join(", ");
}

/** `: type`, or nothing. */
export function printAnnotation(printer: Printer, type: TypeExpr | undefined): string {
  return type === undefined ? "" : `: ${printType(printer, type)}`;
}

/** ` -> type`, or nothing. */
export function printReturnType(printer: Printer, type: TypeExpr | undefined): string {
  return type === undefined ? "" : ` -> ${printType(printer, type)}`;
}

export function printTypeParams(params: readonly TypeParam[]): string {
  if (params.length === 0) return "";
  const parts = params.map((param) =>
    param.variance === "invariant" ? param.name : `${param.variance} ${param.name}`,
  );
  return `<${parts.join(", ")}>`;
}

export function printWhere(clauses: readonly WhereClause[]): string {
  if (clauses.length === 0) return "";
  return ` where ${clauses.map((clause) => `${clause.typeName}: ${clause.bound}`).join(", ")}`;
}

export function printPattern(printer: Printer, pattern: Pattern, depth: number): string {
  const byDefault = (value: Expr | undefined): string =>
    value === undefined ? "" : ` = ${printer.expr(value, depth)}`;
  switch (pattern.kind) {
    case "NamePattern":
      return pattern.name;
    case "PairPattern":
      return `(${pattern.first.name}, ${pattern.second.name})`;
    case "DictPattern": {
      const fields = pattern.fields.map((field) => {
        if (field.rest) return `...${field.key}`;
        const alias = field.alias === undefined ? "" : `: ${field.alias}`;
        return `${field.key}${alias}${byDefault(field.defaultValue)}`;
      });
      return `{${fields.join(", ")}}`;
    }
    case "ListPattern": {
      const elements = pattern.elements.map((element) =>
        element.rest ? `...${element.name}` : `${element.name}${byDefault(element.defaultValue)}`,
      );
      return `[${elements.join(", ")}]`;
    }
  }
}
