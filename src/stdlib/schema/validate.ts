/**
 * Checks a value against a canonical schema. All problems are collected, each as `at PATH: …`; with `defaults`, missing
 * fields are filled in, and the result is a changed copy.
 *
 * An int is accepted where a float is wanted, as everywhere in the language: JSON cannot tell `4` from `4.0`.
 */

import {
  cloneContainer,
  Dict,
  display,
  equal,
  Float,
  isInt,
  isNumeric,
  List,
  SetValue,
  StructValue,
  share,
  textLength,
  toDouble,
  typeName,
  type Value,
  withoutExponent,
} from "../../vm/index.ts";
import { setOf } from "../collections/set-methods.ts";
import { type CompiledRegex, compileRegex, type Regex } from "../regex/regex.ts";
import { dictField, isNullable, listField, resolveReference, typeOf } from "./canonical.ts";

export interface Validation {
  /** The value, or a copy of it with defaults. */
  readonly value: Value;
  /** Empty: the value fits. */
  readonly errors: readonly string[];
}

export function validate(value: Value, schema: Dict, defaults: boolean): Validation {
  const run: Run = { root: schema, defaults, patterns: new Map(), errors: [] };
  return { value: check(value, schema, "", run, 0), errors: run.errors };
}

interface Run {
  readonly root: Dict;
  readonly defaults: boolean;
  /** Patterns met so far. */
  readonly patterns: Map<string, CompiledRegex>;
  errors: string[];
}

/** References followed at one place before they count as a circle. */
const MAX_REFERENCES = 64;

function report(run: Run, path: string, problem: string): void {
  run.errors.push(`at ${path === "" ? "root" : path}: ${problem}`);
}

/** Runs with errors of its own. */
function attempt(run: Run, body: (inner: Run) => Value): Validation {
  const inner: Run = { ...run, errors: [] };
  const value = body(inner);
  return { value, errors: inner.errors };
}

function check(value: Value, schema: Dict, path: string, run: Run, references: number): Value {
  const pointer = schema.map.get("$ref");
  if (typeof pointer === "string") {
    const target = references < MAX_REFERENCES ? resolveReference(run.root, pointer) : undefined;
    if (target) return check(value, target, path, run, references + 1);
    const problem = references < MAX_REFERENCES ? "unresolved" : "circular";
    report(run, path, `${problem} schema reference '${pointer}'`);
    return value;
  }
  if (value === undefined && isNullable(schema)) return undefined;
  if (schema.map.has("const") && !equal(value, schema.map.get("const"))) {
    report(run, path, `expected constant ${display(schema.map.get("const"))}, got ${display(value)}`);
    return value;
  }
  let current = value;
  for (const branch of listField(schema, "all_of") ?? []) {
    if (branch instanceof Dict) current = check(current, branch, path, run, references);
  }
  const union = listField(schema, "union");
  if (union) current = checkUnion(value, union, path, run, references);
  const type = typeOf(schema);
  if (type !== undefined && !fitsType(value, type)) {
    report(run, path, `expected type '${type}', got '${schemaTypeName(value)}'`);
    return current;
  }
  if (current instanceof Dict || current instanceof StructValue) return checkFields(current, schema, path, run);
  if (current instanceof List || current instanceof SetValue) return checkItems(current, schema, path, run);
  if (typeof current === "string") checkText(current, schema, path, run);
  else if (isNumeric(current)) checkNumber(toDouble(current), schema, path, run);
  else if (typeof current !== "boolean" && current !== undefined) return current;
  checkEnum(current, schema, path, run);
  return current;
}

function checkUnion(value: Value, branches: readonly Value[], path: string, run: Run, references: number): Value {
  for (const branch of branches) {
    if (!(branch instanceof Dict)) continue;
    const result = attempt(run, (inner) => check(value, branch, path, inner, references));
    if (result.errors.length === 0) return result.value;
  }
  report(run, path, "value did not match any union branch");
  return value;
}

export function fitsType(value: Value, type: string): boolean {
  switch (type) {
    case "any":
      return true;
    case "int":
      return isInt(value);
    case "float":
      return isInt(value) || value instanceof Float;
    case "dict":
      return value instanceof Dict || value instanceof StructValue;
    default:
      return schemaTypeName(value) === type;
  }
}

function schemaTypeName(value: Value): string {
  return value instanceof StructValue ? "dict" : typeName(value);
}

/** A value and, once something differs, the copy that replaces it. */
interface Changes<T extends Dict | StructValue> {
  readonly original: T;
  copy: T | undefined;
}

function put<T extends Dict | StructValue>(changes: Changes<T>, key: string, value: Value): void {
  if (changes.original.map.has(key) && changes.original.map.get(key) === value) return;
  changes.copy ??= cloneContainer(changes.original);
  changes.copy.map.set(key, share(value));
}

function checkFields(value: Dict | StructValue, schema: Dict, path: string, run: Run): Value {
  const properties = dictField(schema, "properties");
  const changes: Changes<Dict | StructValue> = { original: value, copy: undefined };
  const field = (key: string, fieldValue: Value, fieldSchema: Dict): void => {
    const at = path === "" ? key : `${path}.${key}`;
    const result = attempt(run, (inner) => check(fieldValue, fieldSchema, at, inner, 0));
    if (result.errors.length === 0) put(changes, key, result.value);
    else run.errors.push(...result.errors);
  };

  for (const name of listField(schema, "required") ?? []) {
    const key = display(name);
    if (value.map.has(key)) continue;
    const property = properties?.map.get(key);
    if (run.defaults && property instanceof Dict && property.map.has("default")) continue;
    report(run, path, `missing required key '${key}'`);
  }
  for (const key of properties?.keys() ?? []) {
    const property = properties?.map.get(key);
    if (!(property instanceof Dict)) continue;
    if (value.map.has(key)) field(key, value.map.get(key), property);
    else if (run.defaults && property.map.has("default")) field(key, property.map.get("default"), property);
  }
  const additional = schema.map.get("additional_properties");
  if (additional === false || additional instanceof Dict) {
    for (const key of value.keys()) {
      if (properties?.map.has(key)) continue;
      if (additional === false) report(run, path, `unexpected key '${key}'`);
      else field(key, value.map.get(key), additional);
    }
  }
  return changes.copy ?? share(value);
}

function checkItems(value: List | SetValue, schema: Dict, path: string, run: Run): Value {
  const { items } = value;
  const least = schema.map.get("min_items");
  if (isInt(least) && items.length < least) {
    report(run, path, `expected at least ${least} items, got ${items.length}`);
  }
  const most = schema.map.get("max_items");
  if (isInt(most) && items.length > most) report(run, path, `expected at most ${most} items, got ${items.length}`);
  const itemSchema = dictField(schema, "items");
  if (!itemSchema) return share(value);
  let changed = false;
  const checked = items.map((item, index) => {
    const result = check(item, itemSchema, `${path}[${index}]`, run, 0);
    if (result !== item) changed = true;
    return share(result);
  });
  if (!changed) return share(value);
  return value instanceof List ? new List(checked) : setOf(checked);
}

function checkText(text: string, schema: Dict, path: string, run: Run): void {
  const least = schema.map.get("min_length");
  const most = schema.map.get("max_length");
  if (isInt(least) || isInt(most)) {
    const length = textLength(text);
    if (isInt(least) && length < least) report(run, path, `expected length >= ${least}, got ${length}`);
    if (isInt(most) && length > most) report(run, path, `expected length <= ${most}, got ${length}`);
  }
  const pattern = schema.map.get("pattern");
  if (typeof pattern !== "string") return;
  let compiled = run.patterns.get(pattern);
  if (!compiled) {
    compiled = compileRegex(pattern, "");
    run.patterns.set(pattern, compiled);
  }
  if ("message" in compiled) report(run, path, `invalid regex pattern '${pattern}': ${compiled.message}`);
  else if (!hasMatch(compiled.regex, text)) report(run, path, `value does not match pattern '${pattern}'`);
}

function hasMatch(regex: Regex, text: string): boolean {
  for (const _ of regex.findAll(text)) return true;
  return false;
}

function checkNumber(value: number, schema: Dict, path: string, run: Run): void {
  const least = schema.map.get("min");
  const most = schema.map.get("max");
  const shown = (number: number): string => withoutExponent(String(number));
  if (isNumeric(least) && value < toDouble(least)) {
    report(run, path, `expected value >= ${shown(toDouble(least))}, got ${shown(value)}`);
  }
  if (isNumeric(most) && value > toDouble(most)) {
    report(run, path, `expected value <= ${shown(toDouble(most))}, got ${shown(value)}`);
  }
}

function checkEnum(value: Value, schema: Dict, path: string, run: Run): void {
  const allowed = listField(schema, "enum");
  if (!allowed || allowed.some((candidate) => equal(candidate, value))) return;
  report(run, path, `value must be one of [${allowed.map(display).join(", ")}]`);
}
