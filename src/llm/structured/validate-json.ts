/**
 * Checks a value against a JSON Schema and tells every failure with its place, in the words programs see (SCHEMA-22):
 * `at findings[0].file: expected type 'string', got 'int'`.
 *
 * The engine reports a tree of *units*: a container keyword (`properties`, `items`, `$ref` …) says that something below
 * failed, a leaf says what. Only leaves are shown; a leaf is found again in the schema by its keyword location, so that
 * its sentence can name what was expected.
 */

import { type OutputUnit, type Schema, type SchemaDraft, Validator } from "@cfworker/json-schema";
import { isJsonObject, type Json, type JsonObject, table } from "../../base/index.ts";
import { typeName } from "../call/option-readers.ts";

/** All failures of one value, in document order; empty when it fits. */
export type JsonCheck = (value: Json) => readonly string[];

/** Prepares a check. A schema that cannot be used is reported by the check itself, never thrown. */
export function compileJsonCheck(schema: JsonObject): JsonCheck {
  let validator: Validator | undefined;
  return (value) => {
    let units: readonly OutputUnit[];
    try {
      validator ??= new Validator(schema as Schema, draftOf(schema), false);
      units = validator.validate(withoutUndefined(value)).errors;
    } catch (error) {
      return [`at root: invalid schema: ${firstLine(error)}`];
    }
    if (units.length <= MAX_UNITS) return describe(units, schema, value);
    const told = describe(units.slice(0, MAX_UNITS), schema, value);
    return [...told, `at root: ${units.length - MAX_UNITS} further checks failed`];
  };
}

/** A long list in which every item is wrong would otherwise cost quadratic time and a prompt nobody can read. */
const MAX_UNITS = 2000;

function draftOf(schema: JsonObject): SchemaDraft {
  const named = schema["$schema"];
  if (typeof named !== "string") return "2020-12";
  if (named.includes("draft-04")) return "4";
  if (named.includes("draft-06") || named.includes("draft-07")) return "7";
  return named.includes("2019-09") ? "2019-09" : "2020-12";
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n", 1)[0]?.trim() ?? "";
}

/** The engine refuses `undefined`, which `JsonObject` allows for absent keys. */
function withoutUndefined(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (!isJsonObject(value)) return value;
  const out: Record<string, Json> = {};
  for (const [key, item] of Object.entries(value)) {
    if (item !== undefined) Object.defineProperty(out, key, { value: withoutUndefined(item), enumerable: true });
  }
  return out;
}

// ---- From units to sentences ---------------------------------------------------------------------------------------

const CONTAINERS = new Set([
  "properties",
  "patternProperties",
  "additionalProperties",
  "unevaluatedProperties",
  "items",
  "additionalItems",
  "prefixItems",
  "unevaluatedItems",
  "allOf",
  "if",
  "dependentSchemas",
  "dependencies",
  "propertyNames",
  "$ref",
  "$recursiveRef",
]);

const parentOf = (location: string): string => location.slice(0, Math.max(0, location.lastIndexOf("/")));

function describe(units: readonly OutputUnit[], root: JsonObject, value: Json): readonly string[] {
  const hidden = new Set<OutputUnit>();
  const wrongType = new Set<string>();
  const explained = new Set<string>();
  for (const unit of units) {
    if (unit.keyword === "type") wrongType.add(`${unit.instanceLocation} ${parentOf(unit.keywordLocation)}`);
    if (unit.keyword === "anyOf" || unit.keyword === "oneOf") hideUnion(unit, units, hidden);
    for (const container of containersOf(unit)) explained.add(container);
  }
  const out = new Set<string>();
  for (const unit of units) {
    if (hidden.has(unit)) continue;
    if (CONTAINERS.has(unit.keyword) && (explained.has(unit.keywordLocation) || explained.has(falseBelow(unit))))
      continue;
    const typeFailed = wrongType.has(`${unit.instanceLocation} ${parentOf(unit.keywordLocation)}`);
    if (typeFailed && unit.keyword !== "type") continue;
    for (const line of sentences(unit, root, value)) out.add(line);
  }
  return [...out];
}

const falseBelow = (container: OutputUnit): string => `false below ${container.instanceLocation}`;

/** The keyword locations of the containers that `unit` explains. */
function* containersOf(unit: OutputUnit): Iterable<string> {
  if (unit.keyword === "false") {
    yield `false below ${parentOf(unit.instanceLocation)}`;
    return;
  }
  for (let at = parentOf(unit.keywordLocation); at.length > 1; at = parentOf(at)) {
    yield at;
    if (at.endsWith("/then") || at.endsWith("/else")) yield `${parentOf(at)}/if`;
  }
}

/**
 * Of a union either the union itself is told or, when exactly one branch fits in kind and only its inside is wrong (a
 * nullable record, say), that branch: naming every branch's failures would bury the one that matters.
 */
function hideUnion(union: OutputUnit, units: readonly OutputUnit[], hidden: Set<OutputUnit>): void {
  const branches = new Map<string, OutputUnit[]>();
  const prefix = `${union.keywordLocation}/`;
  for (const unit of units) {
    if (!unit.keywordLocation.startsWith(prefix)) continue;
    const branch = unit.keywordLocation.slice(prefix.length).split("/", 1)[0] ?? "";
    const list = branches.get(branch);
    if (list) list.push(unit);
    else branches.set(branch, [unit]);
  }
  const near = [...branches].filter(([, list]) => !list.some((unit) => failsAtOnce(unit, union)));
  const kept = near.length === 1 ? near[0]?.[0] : undefined;
  for (const [branch, list] of branches) if (branch !== kept) for (const unit of list) hidden.add(unit);
  if (kept !== undefined) hidden.add(union);
}

function failsAtOnce(unit: OutputUnit, union: OutputUnit): boolean {
  const own = unit.instanceLocation === union.instanceLocation;
  if (own) return unit.keyword === "type" || unit.keyword === "const" || unit.keyword === "enum";
  // A tag such as `kind: {const: "a"}` one level down also rules a branch out.
  return unit.keyword === "const" && parentOf(unit.instanceLocation) === union.instanceLocation;
}

function sentences(unit: OutputUnit, root: JsonObject, value: Json): readonly string[] {
  const at = `at ${placeOf(unit.instanceLocation, value)}`;
  const instance = lookup(value, segments(unit.instanceLocation));
  if (unit.keyword === "false") return [falseSchema(unit, value)];
  const schema = schemaAt(root, segments(unit.keywordLocation).slice(0, -1));
  const expected = schema?.[unit.keyword];
  switch (unit.keyword) {
    case "type":
      return [`${at}: expected type '${typeLabel(expected)}', got '${typeName(instance)}'`];
    case "required":
      if (!Array.isArray(expected) || !isJsonObject(instance)) break;
      return expected.filter((key) => !hasKey(instance, key)).map((key) => `${at}: missing required key '${key}'`);
    case "anyOf":
    case "oneOf":
      return [
        / [2-9]\d* matches| 1\d+ matches/.test(unit.error)
          ? `${at}: value matched more than one union branch`
          : `${at}: value did not match any union branch`,
      ];
    case "const":
      return [`${at}: expected constant ${show(expected)}, got ${show(instance)}`];
    case "enum":
      if (!Array.isArray(expected)) break;
      return [`${at}: value must be one of [${expected.map(show).join(", ")}]`];
    case "minLength":
    case "maxLength":
      return [`${at}: expected length ${sign(unit.keyword)} ${show(expected)}, got ${[...String(instance)].length}`];
    case "minItems":
    case "maxItems":
      return [
        `${at}: expected at ${unit.keyword === "minItems" ? "least" : "most"} ${show(expected)} items, got ${Array.isArray(instance) ? instance.length : 0}`,
      ];
    case "minimum":
    case "maximum":
      return [`${at}: expected value ${sign(unit.keyword)} ${show(expected)}, got ${show(instance)}`];
    case "pattern":
      return [`${at}: value does not match pattern '${show(expected)}'`];
  }
  return [`${at}: ${unit.error.replace(/\.$/, "").replace(/^./, (letter) => letter.toLowerCase())}`];
}

const sign = (keyword: string): string => (keyword.startsWith("min") ? ">=" : "<=");

function falseSchema(unit: OutputUnit, value: Json): string {
  const path = segments(unit.instanceLocation);
  const last = path.at(-1);
  const parent = lookup(value, path.slice(0, -1));
  if (last === undefined) return "at root: no value is allowed here";
  const at = `at ${placeOf(parentOf(unit.instanceLocation), value)}`;
  return Array.isArray(parent) ? `${at}: unexpected item [${last}]` : `${at}: unexpected key '${last}'`;
}

function hasKey(instance: JsonObject, key: unknown): boolean {
  return typeof key === "string" && Object.hasOwn(instance, key) && instance[key] !== undefined;
}

// ---- Places and names ----------------------------------------------------------------------------------------------

function segments(location: string): readonly string[] {
  return location
    .split("/")
    .slice(1)
    .map((part) => decode(part).replaceAll("~1", "/").replaceAll("~0", "~"));
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function lookup(value: Json | undefined, path: readonly string[]): Json | undefined {
  let current = value;
  for (const segment of path) {
    if (Array.isArray(current)) current = current[Number(segment)];
    else if (isJsonObject(current)) current = Object.hasOwn(current, segment) ? current[segment] : undefined;
    else return undefined;
  }
  return current;
}

/** `#/findings/0/file` as `findings[0].file`; the top is `root`. */
function placeOf(location: string, value: Json): string {
  let out = "";
  let current: Json | undefined = value;
  for (const segment of segments(location)) {
    if (Array.isArray(current)) out += `[${segment}]`;
    else out += out === "" ? segment : `.${segment}`;
    current = lookup(current, [segment]);
  }
  return out === "" ? "root" : out;
}

/** Follows a keyword location, hopping through `$ref` where the engine did. */
function schemaAt(root: JsonObject, path: readonly string[]): JsonObject | undefined {
  let current: Json | undefined = root;
  for (const segment of path) {
    if (segment === "$ref" && isJsonObject(current)) {
      const target = current["$ref"];
      if (typeof target !== "string" || !target.startsWith("#")) return undefined;
      current = lookup(root, segments(target));
    } else {
      current = lookup(current, [segment]);
    }
  }
  return isJsonObject(current) ? current : undefined;
}

const HARN_TYPES: Readonly<Record<string, string>> = table({
  object: "dict",
  array: "list",
  integer: "int",
  number: "float",
  boolean: "bool",
  null: "nil",
});

function typeLabel(expected: Json | undefined): string {
  const names = Array.isArray(expected) ? expected : [expected];
  return names.map((name) => HARN_TYPES[String(name)] ?? String(name)).join("|");
}

function show(value: Json | undefined): string {
  if (typeof value === "string") return value;
  return value === undefined ? "nil" : JSON.stringify(value);
}
