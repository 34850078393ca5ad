/**
 * Values ↔ `Json`, the plain data that the model and agent layers work on.
 *
 * Loss is inherent in `Json` and happens here only: ints beyond 2^53 become the nearest double, a whole float comes back
 * as an int, bytes travel as `{"$bytes_b64": "…"}`, sets as lists, structs as dicts, anything else as the text it prints.
 */

import type { Json, JsonObject } from "../../base/index.ts";
import { Bytes, Dict, display, Float, intFromNumber, List, SetValue, StructValue, type Value } from "../../vm/index.ts";
import { encodeBase64 } from "../encoding/base-codecs.ts";
import { BYTES_TAG } from "./write-json.ts";

export function valueToJson(value: Value): Json {
  if (value === undefined) return null;
  if (typeof value === "bigint") return Number(value);
  if (typeof value !== "object") return value;
  if (value instanceof List || value instanceof SetValue) return value.items.map(valueToJson);
  if (value instanceof Dict || value instanceof StructValue) return dictToJson(value);
  if (value instanceof Float) return Number.isFinite(value.value) ? value.value : null;
  if (value instanceof Bytes) return { [BYTES_TAG]: encodeBase64(value.data) };
  return display(value);
}

/** Keys in code-point order. */
export function dictToJson(dict: Dict | StructValue): JsonObject {
  // `fromEntries` makes own properties of every key, `__proto__` included.
  return Object.fromEntries(dict.keys().map((key) => [key, valueToJson(dict.map.get(key))]));
}

/** A fresh, unshared value. A number without fraction is an int, as after `json_parse` of what `JSON.stringify` writes. */
export function jsonToValue(json: Json | undefined): Value {
  if (json === null || json === undefined) return undefined;
  if (typeof json === "string" || typeof json === "boolean") return json;
  if (typeof json === "number") {
    return Number.isInteger(json) && Math.abs(json) < 2 ** 63 ? intFromNumber(json) : new Float(json);
  }
  if (Array.isArray(json)) return new List(json.map(jsonToValue));
  return jsonToDict(json as JsonObject);
}

/** Absent fields (`undefined`) are left out. */
export function jsonToDict(json: JsonObject): Dict {
  const map = new Map<string, Value>();
  for (const [key, value] of Object.entries(json)) if (value !== undefined) map.set(key, jsonToValue(value));
  return new Dict(map);
}
