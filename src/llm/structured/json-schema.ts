/**
 * Harn programs write schemas in two dialects: JSON Schema, and the language's own (`type: "dict"`, `min_length`,
 * `union`, `nullable`). Providers and the validator only know the first, so the second is translated once, here.
 * A schema that is already JSON Schema comes back as the same object.
 */

import { isJsonObject, type Json, type JsonObject, table } from "../../base/index.ts";

const TYPE_NAMES: Readonly<Record<string, string>> = table({
  dict: "object",
  list: "array",
  int: "integer",
  float: "number",
  bool: "boolean",
  nil: "null",
});

const KEYWORDS: Readonly<Record<string, string>> = table({
  min: "minimum",
  max: "maximum",
  min_length: "minLength",
  max_length: "maxLength",
  min_items: "minItems",
  max_items: "maxItems",
  additional_properties: "additionalProperties",
  all_of: "allOf",
  any_of: "anyOf",
  one_of: "oneOf",
  union: "anyOf",
});

const SCHEMA_MAPS = new Set(["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"]);
const SCHEMA_LISTS = new Set(["allOf", "anyOf", "oneOf", "prefixItems"]);
const SCHEMAS = new Set(["items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames"]);

/** The JSON Schema that means the same as `schema` (SCHEMA-01, SCHEMA-22). */
export function toJsonSchema(schema: JsonObject): JsonObject {
  let changed = false;
  let nullable = false;
  const out: Record<string, Json | undefined> = {};
  for (const [key, value] of Object.entries(schema)) {
    if (key === "nullable" && typeof value === "boolean") {
      changed = true;
      nullable = value;
      continue;
    }
    if (key === "type") {
      const type = typeName(value);
      if (type !== value) changed = true;
      if (type !== undefined) out["type"] = type;
      continue;
    }
    const keyword = KEYWORDS[key] ?? key;
    const next = convertKeyword(keyword, value);
    if (keyword !== key || next !== value) changed = true;
    out[keyword] = next;
  }
  if (nullable) return { anyOf: [out, { type: "null" }] };
  return changed ? out : schema;
}

function typeName(value: Json | undefined): Json | undefined {
  if (value === "any") return undefined;
  if (typeof value === "string") return TYPE_NAMES[value] ?? value;
  if (Array.isArray(value)) {
    const names: Json[] = value.map((item) => typeName(item) ?? "any");
    if (names.includes("any")) return undefined;
    return names.every((name, index) => name === value[index]) ? value : names;
  }
  return value;
}

function convertKeyword(keyword: string, value: Json | undefined): Json | undefined {
  if (SCHEMA_MAPS.has(keyword) && isJsonObject(value)) return convertMap(value);
  if (keyword === "components" && isJsonObject(value) && isJsonObject(value["schemas"])) {
    const schemas = convertMap(value["schemas"]);
    return schemas === value["schemas"] ? value : { ...value, schemas };
  }
  if (SCHEMA_LISTS.has(keyword) && Array.isArray(value)) return convertList(value);
  if (SCHEMAS.has(keyword)) {
    if (isJsonObject(value)) return toJsonSchema(value);
    if (Array.isArray(value)) return convertList(value);
  }
  return value;
}

function convertMap(map: JsonObject): JsonObject {
  let changed = false;
  const out: Record<string, Json | undefined> = {};
  for (const [name, value] of Object.entries(map)) {
    const next = isJsonObject(value) ? toJsonSchema(value) : value;
    if (next !== value) changed = true;
    out[name] = next;
  }
  return changed ? out : map;
}

function convertList(list: readonly Json[]): readonly Json[] {
  const out = list.map((item) => (isJsonObject(item) ? toJsonSchema(item) : item));
  return out.every((item, index) => item === list[index]) ? list : out;
}
