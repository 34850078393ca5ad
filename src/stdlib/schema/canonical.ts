/**
 * Schemas are dicts. People write them in the language's own words (`{type: "int", min: 0}`), as JSON Schema or as
 * OpenAPI; everything here works on one canonical form:
 *
 * | canonical                | also written as                       |
 * |--------------------------|---------------------------------------|
 * | `type: "dict"` …         | object, array, integer, number, boolean, null |
 * | `union`                  | `oneOf`, `anyOf`, `type: ["a", "b"]`  |
 * | `all_of`                 | `allOf`                               |
 * | `additional_properties`  | `additionalProperties`                |
 * | `min`, `max`             | `minimum`, `maximum`                  |
 * | `min_length` … `max_items` | `minLength` … `maxItems`            |
 * | `type: "set"`            | `uniqueItems: true`, `x-harn-type: "set"` |
 *
 * Unknown words are dropped.
 */

import { table } from "../../base/index.ts";
import { Dict, dictOf, display, isTruthy, List, listOf, share, Thrown, type Value } from "../../vm/index.ts";

/** Words that mean nothing to validation and are kept as they are. */
export const ANNOTATIONS = [
  "title",
  "description",
  "format",
  "deprecated",
  "readOnly",
  "writeOnly",
  "example",
  "examples",
  "x-harn-type",
] as const;

/** Canonical word → other spellings; the value is taken over as it is. */
const LIMITS: readonly (readonly [string, string])[] = [
  ["min", "minimum"],
  ["max", "maximum"],
  ["min_length", "minLength"],
  ["max_length", "maxLength"],
  ["min_items", "minItems"],
  ["max_items", "maxItems"],
];

const TYPE_NAMES: Readonly<Record<string, string>> = table({
  object: "dict",
  array: "list",
  integer: "int",
  number: "float",
  boolean: "bool",
  null: "nil",
});

function typeNameOf(name: string): string {
  return TYPE_NAMES[name] ?? name;
}

/** The canonical form of a schema. Throws a message as a string when the value is none. */
export function canonicalSchema(schema: Value): Dict {
  if (!(schema instanceof Dict)) throw new Thrown("schema must be a dict");
  const from = schema.map;
  const out = new Map<string, Value>();
  const copy = (key: string): void => {
    if (from.has(key)) out.set(key, from.get(key));
  };
  const first = (...keys: string[]): Value => from.get(keys.find((key) => from.has(key)) ?? "");

  for (const key of ANNOTATIONS) copy(key);
  copy("$ref");
  const properties = from.get("properties");
  if (properties instanceof Dict) out.set("properties", canonicalMap(properties));
  if (from.has("items")) out.set("items", canonicalSchema(from.get("items")));
  const additional = first("additional_properties", "additionalProperties");
  if (typeof additional === "boolean") out.set("additional_properties", additional);
  if (additional instanceof Dict) out.set("additional_properties", canonicalSchema(additional));
  if (from.has("required")) out.set("required", canonicalNames(from.get("required")));
  for (const key of ["default", "const", "enum", "pattern"]) copy(key);
  for (const [key, other] of LIMITS) if (from.has(key) || from.has(other)) out.set(key, first(key, other));
  if (from.get("nullable") === true) out.set("nullable", true);
  for (const key of ["definitions", "$defs"]) {
    const definitions = from.get(key);
    if (definitions instanceof Dict) out.set(key, canonicalMap(definitions));
  }
  const components = from.get("components");
  if (components instanceof Dict) out.set("components", canonicalComponents(components));
  const union = first("union", "oneOf", "anyOf");
  if (union !== undefined) out.set("union", canonicalList(union));
  const allOf = first("all_of", "allOf");
  if (allOf !== undefined) out.set("all_of", canonicalList(allOf));
  setType(out, from.get("type"), from.get("uniqueItems"));
  return dictOf(out);
}

function setType(out: Map<string, Value>, type: Value, uniqueItems: Value): void {
  if (typeof type === "string") out.set("type", typeNameOf(type));
  if (type instanceof List) {
    const branches = type.items.map((name) => new Dict(new Map([["type", typeNameOf(display(name))]])));
    out.set("union", new List(branches));
  }
  if (uniqueItems === true && out.get("type") === "list" && !out.has("x-harn-type")) out.set("x-harn-type", "set");
  if (out.get("x-harn-type") === "set") out.set("type", "set");
}

function canonicalMap(schemas: Dict): Dict {
  return dictOf(new Map(schemas.keys().map((key) => [key, canonicalSchema(schemas.map.get(key))])));
}

function canonicalComponents(components: Dict): Dict {
  const out = new Map(components.map);
  const schemas = components.map.get("schemas");
  if (schemas instanceof Dict) out.set("schemas", canonicalMap(schemas));
  return dictOf(out);
}

function canonicalList(schemas: Value): List {
  if (!(schemas instanceof List)) throw new Thrown("schema union/all_of must be a list");
  return listOf(schemas.items.map(canonicalSchema));
}

/** `required: true`, a word of field builders, means nothing in a whole schema and is an empty list. */
function canonicalNames(names: Value): List {
  return new List(names instanceof List ? names.items.map(display) : []);
}

// ---- reading a canonical schema ----------------------------------------------------------------------------------------

export function typeOf(schema: Dict): string | undefined {
  const type = schema.map.get("type");
  return typeof type === "string" ? type : undefined;
}

export function listField(schema: Dict, key: string): readonly Value[] | undefined {
  const value = schema.map.get(key);
  return value instanceof List ? value.items : undefined;
}

export function dictField(schema: Dict, key: string): Dict | undefined {
  const value = schema.map.get(key);
  return value instanceof Dict ? value : undefined;
}

export function isNullable(schema: Dict): boolean {
  return isTruthy(schema.map.get("nullable"));
}

/** What `#/definitions/Name` points at. */
export function resolveReference(root: Dict, pointer: string): Dict | undefined {
  const path = pointer.replace(/^#*\/*/, "");
  let current: Value = root;
  for (const segment of path === "" ? [] : path.split("/")) {
    const name = segment.replaceAll("~1", "/").replaceAll("~0", "~");
    if (current instanceof Dict) current = current.map.get(name);
    else if (current instanceof List && /^\d+$/.test(name)) current = current.items[Number(name)];
    else return undefined;
  }
  return current instanceof Dict ? (share(current) as Dict) : undefined;
}
