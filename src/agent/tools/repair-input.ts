/**
 * Repairs the shape mistakes that weak models make in tool arguments, guided by the tool's schema (REPAIR-12 …
 * REPAIR-24).
 *
 * Two passes: repair a copy, then scan it. If one issue remains the whole repair is thrown away and the model sees its
 * own input refused, since half a repair would hide what it did.
 */

import { isJsonObject, type Json, type JsonObject, table } from "../../base/index.ts";
import { jsonTypeOf, requiredFields, schemaType } from "./json-type.ts";

export type InputRepairKind =
  | "field_alias"
  | "markdown_autolink_path"
  | "null_optional_omitted"
  | "semantic_boolean_string"
  | "semantic_integer_string"
  | "stringified_array"
  | "bare_string_to_array"
  | "empty_object_to_array";

export interface InputRepair {
  readonly kind: InputRepairKind;
  /** `a.b[0].c` */
  readonly path: string;
  readonly typeBefore: string;
  readonly typeAfter: string;
}

/** Undefined when there is nothing to fix or when fixing would not be enough. */
export function repairToolInput(
  schema: JsonObject,
  input: Json,
): { readonly input: JsonObject; readonly repairs: readonly InputRepair[] } | undefined {
  if (!isJsonObject(input)) return undefined;
  const repairs: InputRepair[] = [];
  const repaired = repairObject(schema, renameAliases(schema, input, repairs), "", repairs);
  if (repairs.length === 0 || hasIssue(schema, repaired)) return undefined;
  return { input: repaired, repairs };
}

const ALIASES: Readonly<Record<string, string>> = table({
  filePath: "path",
  oldString: "old_string",
  newString: "new_string",
  replaceAll: "replace_all",
  cmd: "command",
});

/** REPAIR-15. A name that the schema itself declares is never taken for an alias. */
function renameAliases(schema: JsonObject, input: JsonObject, repairs: InputRepair[]): JsonObject {
  const properties = schema["properties"];
  if (!isJsonObject(properties)) return input;
  let renamed = input;
  for (const [alias, target] of Object.entries(ALIASES)) {
    if (!Object.hasOwn(input, alias) || Object.hasOwn(properties, alias)) continue;
    if (!Object.hasOwn(properties, target) || Object.hasOwn(input, target)) continue;
    const { [alias]: value, ...rest } = renamed;
    renamed = { ...rest, [target]: value };
    const type = jsonTypeOf(value);
    repairs.push({ kind: "field_alias", path: target, typeBefore: type, typeAfter: type });
  }
  return renamed;
}

function repairObject(schema: JsonObject, input: JsonObject, path: string, repairs: InputRepair[]): JsonObject {
  const properties = schema["properties"];
  if (!isJsonObject(properties)) return input;
  const required = requiredFields(schema);
  const result: Record<string, Json | undefined> = {};
  for (const [name, value] of Object.entries(input)) {
    const field = Object.hasOwn(properties, name) ? properties[name] : undefined;
    const fieldPath = path === "" ? name : `${path}.${name}`;
    if (value === undefined) continue;
    if (!isJsonObject(field)) {
      result[name] = value;
      continue;
    }
    if (value === null && !required.includes(name) && !allowsNull(field)) {
      repairs.push({ kind: "null_optional_omitted", path: fieldPath, typeBefore: "null", typeAfter: "omitted" });
      continue;
    }
    setField(result, name, repairValue(field, value, fieldPath, name, repairs));
  }
  return result;
}

/** Plain assignment of `__proto__` would set the prototype. */
function setField(target: Record<string, Json | undefined>, name: string, value: Json): void {
  if (name === "__proto__")
    Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
  else target[name] = value;
}

function repairValue(schema: JsonObject, value: Json, path: string, field: string, repairs: InputRepair[]): Json {
  const note = (kind: InputRepairKind, after: Json, typeAfter = jsonTypeOf(after)): Json => {
    repairs.push({ kind, path, typeBefore: jsonTypeOf(value), typeAfter });
    return after;
  };
  switch (schemaType(schema)) {
    case "boolean":
      return value === "true" || value === "false" ? note("semantic_boolean_string", value === "true") : value;
    case "integer":
      return typeof value === "string" && /^-?\d+$/.test(value) && Number.isSafeInteger(Number(value))
        ? note("semantic_integer_string", Number(value))
        : value;
    case "array":
      return repairArray(schema, value, path, repairs, note);
    case "object":
      return isJsonObject(value) ? repairObject(schema, value, path, repairs) : value;
    case "string": {
      const target = typeof value === "string" && AUTOLINK_FIELDS.has(field) ? unlinkPath(value) : undefined;
      return target === undefined ? value : note("markdown_autolink_path", target);
    }
    case undefined:
      return value;
    default:
      return value;
  }
}

function repairArray(
  schema: JsonObject,
  value: Json,
  path: string,
  repairs: InputRepair[],
  note: (kind: InputRepairKind, after: Json) => Json,
): Json {
  const items = schema["items"];
  if (Array.isArray(value)) {
    if (!isJsonObject(items) || schemaType(items) !== "object") return value;
    return value.map((item, index) =>
      isJsonObject(item) ? repairObject(items, item, `${path}[${index}]`, repairs) : (item as Json),
    );
  }
  if (typeof value === "string") {
    const parsed = parseArray(value);
    if (parsed !== undefined) return note("stringified_array", parsed);
    return isJsonObject(items) && schemaType(items) === "string" ? note("bare_string_to_array", [value]) : value;
  }
  return isJsonObject(value) && Object.keys(value).length === 0 ? note("empty_object_to_array", []) : value;
}

function parseArray(text: string): readonly Json[] | undefined {
  if (!text.trimStart().startsWith("[")) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? (value as readonly Json[]) : undefined;
  } catch {
    return undefined;
  }
}

const AUTOLINK_FIELDS: ReadonlySet<string> = new Set(["file_path", "path", "cwd", "directory"]);

/** REPAIR-16: `docs/[a.md](http://a.md)` was meant as `docs/a.md`. */
function unlinkPath(text: string): string | undefined {
  const match = /^(.*?)\[([^\]]+)\]\(https?:\/\/([^)]*)\)$/s.exec(text);
  if (match === null) return undefined;
  const [, prefix, label, target] = match as unknown as [string, string, string, string];
  if (prefix !== "" && !/[/\\]$/.test(prefix)) return undefined;
  return target === label || target === prefix + label ? prefix + label : undefined;
}

function allowsNull(schema: JsonObject): boolean {
  const type = schema["type"];
  if (Array.isArray(type)) return type.includes("null");
  if (schema["nullable"] === true) return true;
  const values = schema["enum"];
  return type === undefined || type === "null" || (Array.isArray(values) && values.includes(null));
}

/** REPAIR-23: true when anything in the value goes against the schema. */
function hasIssue(schema: JsonObject, value: Json): boolean {
  const type = schemaType(schema);
  if (value === null) return !allowsNull(schema);
  if (type !== undefined && !matchesType(type, value)) return true;
  if (Array.isArray(value)) {
    const minItems = schema["minItems"];
    if (typeof minItems === "number" && value.length < minItems) return true;
    const items = schema["items"];
    return isJsonObject(items) && value.some((item) => hasIssue(items, item as Json));
  }
  if (!isJsonObject(value)) return false;
  const properties = schema["properties"];
  if (requiredFields(schema).some((name) => !Object.hasOwn(value, name))) return true;
  if (!isJsonObject(properties)) return false;
  return Object.entries(value).some(([name, field]) => {
    const declared = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (declared === undefined) return schema["additionalProperties"] === false;
    return field !== undefined && isJsonObject(declared) && hasIssue(declared, field);
  });
}

/** Unknown type names are accepted. */
export function matchesType(type: string, value: Json): boolean {
  switch (type) {
    case "integer":
      return typeof value === "number" && Number.isInteger(value);
    case "number":
    case "string":
    case "boolean":
    case "null":
    case "array":
    case "object":
      return jsonTypeOf(value) === type;
    default:
      return true;
  }
}

/** LOOP-94: the first thing wrong with an input, or undefined. Looks at the top level only. */
export function inputViolation(schema: JsonObject, input: Json): string | undefined {
  if (!isJsonObject(input)) {
    return schemaType(schema) === "object" ? `input should be object, got ${jsonTypeOf(input)}` : undefined;
  }
  const declared = schema["properties"];
  const properties = isJsonObject(declared) ? declared : {};
  const fieldSchema = (name: string): JsonObject => {
    const field = Object.hasOwn(properties, name) ? properties[name] : undefined;
    return isJsonObject(field) ? field : {};
  };
  const required = requiredFields(schema);
  const missing = required.find((name) => !Object.hasOwn(input, name) || input[name] === undefined);
  if (missing !== undefined) return `missing required field \`${missing}\``;
  const nulled = required.find((name) => input[name] === null && !allowsNull(fieldSchema(name)));
  if (nulled !== undefined) return `required field \`${nulled}\` must not be null`;
  for (const [name, value] of Object.entries(input)) {
    const field = fieldSchema(name);
    const type = schemaType(field);
    if (value === undefined || type === undefined || matchesType(type, value)) continue;
    if (value === null && (allowsNull(field) || !required.includes(name))) continue;
    const types = field["type"];
    if (Array.isArray(types) && types.some((other) => typeof other === "string" && matchesType(other, value))) continue;
    return `field \`${name}\` should be ${type}, got ${jsonTypeOf(value)}`;
  }
  return undefined;
}
