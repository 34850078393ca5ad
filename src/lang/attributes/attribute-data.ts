/**
 * Attribute arguments as data. They are known before the program runs: literals, lists and dicts of them, and two things
 * that stand for their text, a name (`error_boundary: escalate`, also dotted) and a call (`cron("0 9 * * *")`) (STEP-57).
 */

import type { Json, JsonObject } from "../../base/index.ts";
import type { Constant } from "../../bytecode/index.ts";
import type { Attribute, AttributeArg, Expr, Span } from "../syntax/ast.ts";

/** Gives the source of a span. */
export type ReadSource = (span: Span) => string;

/** By name; arguments without one are the list `_args`. */
export function attributeDict(args: readonly AttributeArg[], source: ReadSource): Constant {
  const positional = args.filter((arg) => arg.name === undefined).map((arg) => attributeValue(arg.value, source));
  const entries = args.flatMap((arg) =>
    arg.name === undefined ? [] : [[arg.name, attributeValue(arg.value, source)] as const],
  );
  return {
    kind: "dict",
    entries: positional.length > 0 ? [...entries, ["_args", { kind: "list", items: positional }]] : entries,
  };
}

function attributeValue(expr: Expr, source: ReadSource): Constant {
  switch (expr.kind) {
    case "StringLiteral":
      return { kind: "string", value: expr.value };
    case "IntLiteral":
      return { kind: "int", value: expr.value };
    case "FloatLiteral":
      return { kind: "float", value: expr.value };
    case "BoolLiteral":
      return { kind: "bool", value: expr.value };
    case "DurationLiteral":
      return { kind: "duration", ms: expr.ms };
    case "NilLiteral":
      return { kind: "nil" };
    case "Identifier":
    case "Property":
    case "Call":
      return { kind: "string", value: source(expr.span).trim() };
    case "ListLiteral":
      return {
        kind: "list",
        items: expr.elements.map((element) =>
          attributeValue(element.kind === "Spread" ? element.value : element, source),
        ),
      };
    case "DictLiteral":
      return {
        kind: "dict",
        entries: expr.entries.flatMap((entry) =>
          entry.kind === "Entry" && entry.key.kind === "StringLiteral"
            ? [[entry.key.value, attributeValue(entry.value, source)] as const]
            : [],
        ),
      };
    default:
      // The grammar has nothing else here; a tree made by hand might.
      return { kind: "nil" };
  }
}

/** The arguments for tools: whole numbers beyond 2^53 lose their last digits, durations are milliseconds. */
export function attributeJson(attribute: Attribute, text: (span: Span) => string): JsonObject {
  return toJson(attributeDict(attribute.args, text)) as JsonObject;
}

function toJson(constant: Constant): Json {
  switch (constant.kind) {
    case "nil":
    case "struct":
    case "type":
      return null;
    case "bool":
    case "float":
    case "string":
      return constant.value;
    case "int":
      return Number(constant.value);
    case "duration":
      return Number(constant.ms);
    case "list":
      return constant.items.map(toJson);
    case "dict":
      return Object.fromEntries(constant.entries.map(([key, value]) => [key, toJson(value)]));
  }
}
