/** A canonical schema as JSON Schema, or in the dialect of OpenAPI 3.0 (`nullable` instead of a null type). */

import { table } from "../../base/index.ts";
import { Dict, dictOf, display, isInt, isNumeric, List, listOf, type Value } from "../../vm/index.ts";
import { ANNOTATIONS, dictField, isNullable, listField, typeOf } from "./canonical.ts";

export type Dialect = "json-schema" | "openapi";

const JSON_TYPES: Readonly<Record<string, string>> = table({
  int: "integer",
  float: "number",
  bool: "boolean",
  list: "array",
  dict: "object",
  nil: "null",
});

const LIMITS: readonly (readonly [string, string, (value: Value) => boolean])[] = [
  ["min", "minimum", isNumeric],
  ["max", "maximum", isNumeric],
  ["min_length", "minLength", isInt],
  ["max_length", "maxLength", isInt],
  ["min_items", "minItems", isInt],
  ["max_items", "maxItems", isInt],
];

export function toJsonSchema(schema: Dict, dialect: Dialect): Dict {
  const out = new Map<string, Value>();
  const inner = (value: Value): Value => (value instanceof Dict ? toJsonSchema(value, dialect) : new Dict(new Map()));
  const reference = schema.map.get("$ref");
  if (typeof reference === "string") out.set("$ref", reference);
  writeType(out, typeOf(schema));
  for (const [key, name, isValid] of LIMITS) if (isValid(schema.map.get(key))) out.set(name, schema.map.get(key));
  for (const key of ["pattern", "default", "const", "enum"]) {
    if (schema.map.has(key)) out.set(key, schema.map.get(key));
  }
  const items = dictField(schema, "items");
  if (items) out.set("items", inner(items));
  const properties = dictField(schema, "properties");
  if (properties) out.set("properties", mapSchemas(properties, inner));
  const required = listField(schema, "required");
  if (required) out.set("required", new List(required.map(display)));
  const additional = schema.map.get("additional_properties");
  if (additional !== undefined) {
    out.set("additionalProperties", typeof additional === "boolean" ? additional : inner(additional));
  }
  const union = listField(schema, "union");
  if (union) {
    const optional = dialect === "openapi" ? optionalBranch(union) : undefined;
    if (optional) for (const [key, value] of toJsonSchema(optional, dialect).map) out.set(key, value);
    if (optional) out.set("nullable", true);
    else out.set("oneOf", new List(union.map(inner)));
  }
  const allOf = listField(schema, "all_of");
  if (allOf) out.set("allOf", new List(allOf.map(inner)));
  if (isNullable(schema)) writeNullable(out, dialect);
  for (const key of ["definitions", "$defs"]) {
    const definitions = dictField(schema, key);
    if (definitions) out.set(key, mapSchemas(definitions, inner));
  }
  const components = dictField(schema, "components");
  if (components) {
    const schemas = dictField(components, "schemas");
    out.set(
      "components",
      dictOf(new Map([...components.map, ...(schemas ? [["schemas", mapSchemas(schemas, inner)] as const] : [])])),
    );
  }
  for (const key of ANNOTATIONS) if (schema.map.has(key)) out.set(key, schema.map.get(key));
  return dictOf(out);
}

function writeType(out: Map<string, Value>, type: string | undefined): void {
  switch (type) {
    case undefined:
    case "any":
      return;
    case "set":
      out.set("type", "array");
      out.set("uniqueItems", true);
      return;
    case "closure":
    case "builtin":
      out.set("type", "string");
      out.set("x-harn-type", type);
      return;
    default:
      out.set("type", JSON_TYPES[type] ?? type);
  }
}

function writeNullable(out: Map<string, Value>, dialect: Dialect): void {
  if (dialect === "openapi") out.set("nullable", true);
  else if (out.has("type")) out.set("type", listOf([out.get("type"), "null"]));
}

/** The other branch of a union of two of which one is nil. */
function optionalBranch(branches: readonly Value[]): Dict | undefined {
  if (branches.length !== 2) return undefined;
  const isNil = (branch: Value): boolean => branch instanceof Dict && typeOf(branch) === "nil";
  const other = branches.find((branch) => !isNil(branch));
  return branches.some(isNil) && other instanceof Dict ? other : undefined;
}

function mapSchemas(schemas: Dict, change: (value: Value) => Value): Dict {
  return dictOf(new Map(schemas.keys().map((key) => [key, change(schemas.map.get(key))])));
}
