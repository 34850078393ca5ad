/**
 * Schemas as types: what `schema_is(x, S)` narrows to and what binds `T` in `Schema<T>`. A schema is a type alias in
 * value position, `schema_of(Alias)`, a variable holding a schema literal, or such a literal itself.
 */

import { table } from "../../base/index.ts";
import type { DictEntry, Expr } from "../syntax/ast.ts";
import { findTypeOfKind, type TypeTable } from "./declarations.ts";
import { lookup, type Scope } from "./scope.ts";
import { DICT, LIST, listOf, NIL, named, type ShapeTypeField, STRING, type Type } from "./types.ts";
import { unionOf } from "./unions.ts";

export interface Sight {
  readonly types: TypeTable;
  readonly scope: Scope;
}

/** Schema literals nest at most this deep before they say nothing. */
const MAX_DEPTH = 40;

/** The type that the schema `expr` describes, or `undefined` when that cannot be told here. */
export function schemaType(sight: Sight, expr: Expr): Type | undefined {
  return readSchema(sight, expr, 0);
}

function readSchema(sight: Sight, expr: Expr, depth: number): Type | undefined {
  if (depth > MAX_DEPTH) return undefined;
  switch (expr.kind) {
    case "Identifier": {
      const variable = lookup(sight.scope, expr.name);
      if (variable === undefined) return aliasNamed(sight, expr.name);
      if (variable.schema !== undefined) return variable.schema;
      const { type } = variable;
      return type.kind === "Named" && type.name === "Schema" ? type.args[0] : undefined;
    }
    case "DictLiteral":
      return readSchemaDict(sight, expr.entries, depth);
    case "Call": {
      const [alias] = expr.args;
      if (expr.callee.name !== "schema_of" || expr.args.length !== 1 || alias?.kind !== "Identifier") return undefined;
      return aliasNamed(sight, alias.name);
    }
    default:
      return undefined;
  }
}

/** The alias `name` as a type, unless a variable of that name hides it. */
export function aliasNamed(sight: Sight, name: string): Type | undefined {
  if (lookup(sight.scope, name) !== undefined) return undefined;
  const alias = findTypeOfKind(sight.types, name, "Alias");
  return alias === undefined ? undefined : alias.params.length === 0 ? named(name) : alias.body;
}

function readSchemaDict(sight: Sight, entries: readonly DictEntry[], depth: number): Type | undefined {
  const keys = new Map<string, Expr>();
  for (const entry of entries) {
    const key = literalKey(entry);
    if (entry.kind !== "Entry" || key === undefined) return undefined;
    keys.set(key, entry.value);
  }
  const type = readSchemaBody(sight, keys, depth);
  const nullable = keys.get("nullable");
  return type !== undefined && nullable?.kind === "BoolLiteral" && nullable.value ? unionOf([type, NIL]) : type;
}

function readSchemaBody(sight: Sight, keys: ReadonlyMap<string, Expr>, depth: number): Type | undefined {
  const nested = (expr: Expr): Type | undefined => readSchema(sight, expr, depth + 1);
  const type = keys.get("type");
  if (type?.kind === "ListLiteral") {
    return unionOf(
      type.elements.flatMap((element) => (element.kind === "StringLiteral" ? typeNamed(element.value) : [])),
    );
  }
  const alternatives = keys.get("union") ?? keys.get("oneOf") ?? keys.get("anyOf");
  if (alternatives !== undefined) {
    if (alternatives.kind !== "ListLiteral") return undefined;
    const members = alternatives.elements.map((element) => (element.kind === "Spread" ? undefined : nested(element)));
    return members.length > 0 && members.every((member) => member !== undefined) ? unionOf(members) : undefined;
  }
  const properties = keys.get("properties");
  if (properties !== undefined) {
    return properties.kind === "DictLiteral"
      ? readProperties(properties.entries, keys.get("required"), nested)
      : undefined;
  }
  const items = keys.get("items");
  if (items !== undefined) {
    const element = nested(items);
    return element === undefined ? LIST : listOf(element);
  }
  if (type?.kind !== "StringLiteral") return undefined;
  const name = typeNamed(type.value);
  const extra = keys.get("additional_properties") ?? keys.get("additionalProperties");
  if (name !== DICT || extra === undefined) return name;
  const value = nested(extra);
  return value === undefined ? DICT : named("dict", STRING, value);
}

function readProperties(
  entries: readonly DictEntry[],
  required: Expr | undefined,
  nested: (expr: Expr) => Type | undefined,
): Type | undefined {
  const names = new Set<string>();
  if (required?.kind === "ListLiteral") {
    for (const element of required.elements) {
      if (element.kind === "StringLiteral") names.add(element.value);
      if (element.kind === "Identifier") names.add(element.name);
    }
  }
  const fields: ShapeTypeField[] = [];
  for (const entry of entries) {
    const name = literalKey(entry);
    const type = entry.kind === "Entry" ? nested(entry.value) : undefined;
    if (name === undefined || type === undefined) return undefined;
    fields.push({ name, type, optional: !names.has(name) });
  }
  return { kind: "Shape", fields };
}

/** The key of a dict entry when it is written out. */
export function literalKey(entry: DictEntry): string | undefined {
  return entry.kind === "Entry" && !entry.computed && entry.key.kind === "StringLiteral" ? entry.key.value : undefined;
}

const JSON_NAMES: Readonly<Record<string, string>> = table({
  object: "dict",
  array: "list",
  integer: "int",
  number: "float",
  boolean: "bool",
  null: "nil",
});

function typeNamed(name: string): Type {
  const own = Object.hasOwn(JSON_NAMES, name) ? (JSON_NAMES[name] ?? name) : name;
  return own === "dict" ? DICT : named(own);
}
