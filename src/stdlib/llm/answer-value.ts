/** Answers of the model layer as values: money and ratios stay floats also when they are whole numbers. */

import type { Json, JsonObject } from "../../base/index.ts";
import { Dict, Float, List, type Value } from "../../vm/index.ts";
import { jsonToValue } from "../json/convert.ts";

const FLOAT_FIELDS: ReadonlySet<string> = new Set([
  "cache_hit_ratio",
  "cache_read_per_mtok",
  "cache_savings_usd",
  "cache_write_per_mtok",
  "cost_per_1k_in",
  "cost_per_1k_out",
  "cost_usd",
  "input_per_mtok",
  "limit_usd",
  "output_per_mtok",
  "projected_cost_usd",
  "score",
  "session_cost_usd",
  "total_cost",
  "total_cost_usd",
]);

/** Under these stands what a model or a program wrote: there a `score` is theirs. */
const GIVEN_FIELDS: ReadonlySet<string> = new Set(["arguments", "content", "data", "input", "metadata"]);

export function answerValue(json: Json | undefined): Value {
  // Most of an answer is text, and transcripts are long.
  if (typeof json === "string") return json;
  if (typeof json !== "object" || json === null) return jsonToValue(json);
  if (Array.isArray(json)) return new List(json.map(answerValue));
  const dict = json as JsonObject;
  const map = new Map<string, Value>();
  for (const key of Object.keys(dict)) {
    const value = dict[key];
    if (value === undefined) continue;
    map.set(key, fieldValue(key, value));
  }
  return new Dict(map);
}

function fieldValue(key: string, value: Json): Value {
  if (GIVEN_FIELDS.has(key)) return jsonToValue(value);
  return typeof value === "number" && FLOAT_FIELDS.has(key) ? new Float(value) : answerValue(value);
}
