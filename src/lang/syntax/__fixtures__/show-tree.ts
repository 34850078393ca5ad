/** Trees as short text for tests: expressions as S-expressions, everything else as `(Kind field=value …)`. */

import type { Element, Expr, Item } from "../ast.ts";
import { parse } from "../parser.ts";
import { createSourceFile } from "../source-file.ts";

/** The items of a program, one per line; throws when it does not parse. */
export function showProgram(source: string): string {
  const { module, diagnostics } = parse(createSourceFile("test.harn", source));
  if (diagnostics.length > 0) throw new Error(diagnostics.map((diagnostic) => diagnostic.message).join("\n"));
  return module.items.map(show).join("\n");
}

/** All messages of a program, in order. */
export function messagesOf(source: string): string[] {
  return parse(createSourceFile("test.harn", source)).diagnostics.map((diagnostic) => diagnostic.message);
}

export function show(node: Item | Element): string {
  switch (node.kind) {
    case "Identifier":
      return node.name;
    case "IntLiteral":
      return String(node.value);
    case "FloatLiteral":
      return `${node.value}f`;
    case "DurationLiteral":
      return `${node.ms}ms`;
    case "BoolLiteral":
      return String(node.value);
    case "NilLiteral":
      return "nil";
    case "StringLiteral":
      return JSON.stringify(node.value);
    case "InterpolatedString":
      return `(str ${node.parts.map((part) => (part.kind === "Text" ? JSON.stringify(part.value) : show(part.expr))).join(" ")})`;
    case "Binary":
      return `(${node.op} ${show(node.left)} ${show(node.right)})`;
    case "Unary":
      return `(${node.op} ${show(node.operand)})`;
    case "Ternary":
      return `(?: ${show(node.condition)} ${show(node.thenExpr)} ${show(node.elseExpr)})`;
    case "Range":
      return `(${node.exclusive ? "to-exclusive" : "to"} ${show(node.from)} ${show(node.to)})`;
    case "ListLiteral":
      return `[${node.elements.map(show).join(" ")}]`;
    case "Spread":
      return `...${show(node.value)}`;
    case "Call": {
      const types = node.typeArgs.length === 0 ? "" : `<${node.typeArgs.map(reflect).join(" ")}>`;
      return `(${node.callee.name}${types}${node.args.map((arg) => ` ${show(arg)}`).join("")})`;
    }
    case "MethodCall":
      return `(${node.optional ? "?." : "."}${node.method.name} ${show(node.object)}${node.args.map((arg) => ` ${show(arg)}`).join("")})`;
    case "Property":
      return `${show(node.object)}${node.optional ? "?." : "."}${node.property.name}`;
    case "Index":
      return `(${node.optional ? "?[]" : "[]"} ${show(node.object)} ${show(node.index)})`;
    case "Slice":
      return `([:] ${show(node.object)} ${node.from === undefined ? "_" : show(node.from)} ${node.to === undefined ? "_" : show(node.to)})`;
    case "TryOperator":
      return `(? ${show(node.operand)})`;
    case "TryStar":
      return `(try* ${show(node.operand)})`;
    case "ErrorNode":
      return "<error>";
    default:
      return reflect(node);
  }
}

const HIDDEN = new Set(["kind", "span", "opSpan", "pathSpan"]);

/** Any plain value of the tree: false, empty and absent fields are left out. */
function reflect(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(reflect).join(" ")}]`;
  if (typeof value === "object" && value !== null) {
    const record = value as Record<string, unknown>;
    const { kind } = record;
    if (kind === "NamedType" || kind === "NamePattern") return String(record["name"]);
    if (typeof kind === "string" && EXPRESSION_KINDS.has(kind)) return show(value as Expr);
    const fields = Object.entries(record).flatMap(([key, field]) => {
      if (HIDDEN.has(key) || field === undefined || field === false) return [];
      if (Array.isArray(field) && field.length === 0 && key !== "items") return [];
      return [`${key}=${field === true ? "yes" : reflect(field)}`];
    });
    if (kind === undefined && fields.length === 1 && fields[0]!.startsWith("name=")) return fields[0]!.slice(5);
    return `(${[...(typeof kind === "string" ? [kind] : []), ...fields].join(" ")})`;
  }
  return typeof value === "string" ? value : String(value);
}

const EXPRESSION_KINDS = new Set([
  "Identifier",
  "IntLiteral",
  "FloatLiteral",
  "DurationLiteral",
  "BoolLiteral",
  "NilLiteral",
  "StringLiteral",
  "InterpolatedString",
  "Binary",
  "Unary",
  "Ternary",
  "Range",
  "ListLiteral",
  "Spread",
  "Call",
  "MethodCall",
  "Property",
  "Index",
  "Slice",
  "TryOperator",
  "TryStar",
  "ErrorNode",
]);
