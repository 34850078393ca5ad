/** The few questions the agent asks of a JSON value or a JSON Schema without validating it. */

import { isJsonObject, type Json, type JsonObject } from "../../base/index.ts";

/** JSON type name: `string`, `number`, `boolean`, `null`, `array`, `object`. */
export function jsonTypeOf(value: Json | undefined): string {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value;
}

/** The declared type: the first non-null entry of a list; `object` when only `properties` are given (REPAIR-23). */
export function schemaType(schema: JsonObject): string | undefined {
  const type = schema["type"];
  if (typeof type === "string") return type;
  if (Array.isArray(type)) return type.find((entry): entry is string => typeof entry === "string" && entry !== "null");
  return isJsonObject(schema["properties"]) ? "object" : undefined;
}

/** Names in `required` that are strings. */
export function requiredFields(schema: JsonObject): readonly string[] {
  const required = schema["required"];
  return Array.isArray(required) ? required.filter((name): name is string => typeof name === "string") : [];
}
