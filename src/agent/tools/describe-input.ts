/** Bounded descriptions of tool inputs, and of what a tool wanted instead (LOOP-79, LOOP-80, LOOP-95). */

import { isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import { codePointCount, firstCodePoints } from "./code-points.ts";
import { jsonTypeOf, requiredFields, schemaType } from "./json-type.ts";

const PREVIEW_CHARS = 80;
const MAX_FIELDS = 12;

/** LOOP-79: what the model is told when its arguments were refused; never echoes the input at length. */
export function invalidInputMessage(tool: string, detail: string, input: Json, schema?: JsonObject): string {
  let message = `The ${tool} tool was called with invalid arguments: ${detail}. Please rewrite the input so it satisfies the expected schema.`;
  if (isJsonObject(input)) {
    const fields = Object.keys(input).sort();
    if (fields.length > 0) {
      const shown = fields.slice(0, MAX_FIELDS);
      message += ` Received fields: ${fields.slice(0, 5 * MAX_FIELDS).join(", ")}.`;
      message += ` Field summary: ${shown.map((name) => `${name}: ${summarizeValue(input[name])}`).join("; ")}.`;
    }
  } else {
    message += ` Received ${jsonTypeOf(input)}, input: ${summarizeValue(input)}.`;
  }
  return schema === undefined ? message : `${message} Expected shape: ${exampleOf(schema)}.`;
}

/** LOOP-80: type and size of a value, with at most the first 80 characters of a string. */
export function summarizeValue(value: Json | undefined): string {
  if (typeof value === "string") {
    const length = codePointCount(value);
    const preview = JSON.stringify(firstCodePoints(value, PREVIEW_CHARS));
    return `string(${length} chars, preview=${preview}${length > PREVIEW_CHARS ? "..." : ""})`;
  }
  if (Array.isArray(value)) return `array(${value.length} items)`;
  if (isJsonObject(value)) return `object(${Object.keys(value).length} keys)`;
  return jsonTypeOf(value);
}

/** LOOP-95: an example of the schema's required fields, or of all when none is required. */
export function exampleOf(schema: JsonObject): string {
  return JSON.stringify(exampleValue(schema));
}

function exampleValue(schema: Json | undefined): Json {
  if (!isJsonObject(schema)) return "<value>";
  switch (schemaType(schema)) {
    case "string":
      return "<string>";
    case "integer":
    case "number":
      return 0;
    case "boolean":
      return false;
    case "array":
      return [exampleValue(schema["items"])];
    case "object": {
      const properties = schema["properties"];
      if (!isJsonObject(properties)) return {};
      const required = requiredFields(schema);
      const names = required.length > 0 ? required : Object.keys(properties);
      return Object.fromEntries(names.map((name) => [name, exampleValue(properties[name])]));
    }
    case undefined:
      return "<value>";
    default:
      return "<value>";
  }
}
