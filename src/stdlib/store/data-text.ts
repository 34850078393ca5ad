/**
 * What a later run finds must be what this one kept: only values that come back as they were are written, and a float
 * stays one (`4.0`, not `4`). Anything else is an error with the place where it stands.
 */

import { Dict, Float, isInt, List, typeName, type Value, withoutExponent } from "../../vm/index.ts";
import { thrown } from "../arguments.ts";
import { quoteJson } from "../json/write-json.ts";

/** Lists and dicts inside each other; a few below what the reader takes, for what a value is wrapped in. */
export const MAX_DATA_DEPTH = 500;

/** JSON of a value. @throws Thrown when it holds what JSON cannot give back */
export function dataText(builtin: string, value: Value): string {
  const out: string[] = [];
  write(value, { builtin, out, place: [] });
  return out.join("");
}

/** JSON of a dict with an entry per line, in the order of its keys. */
export function entriesText(builtin: string, dict: Dict): string {
  const lines = dict.keys().map((key) => `  ${quoteJson(key)}: ${dataText(builtin, dict.map.get(key))}`);
  return lines.length === 0 ? "{}\n" : `{\n${lines.join(",\n")}\n}\n`;
}

interface Writing {
  readonly builtin: string;
  readonly out: string[];
  /** Keys and indices that lead to the value. */
  readonly place: (string | number)[];
}

function write(value: Value, writing: Writing): void {
  const { builtin, out, place } = writing;
  if (value === undefined) out.push("null");
  else if (typeof value === "string") out.push(quoteJson(value));
  else if (typeof value === "boolean" || isInt(value)) out.push(String(value));
  else if (value instanceof Float && Number.isFinite(value.value)) out.push(floatText(value.value));
  else if (value instanceof List || value instanceof Dict) {
    if (place.length >= MAX_DATA_DEPTH) {
      throw thrown(`${builtin}: the value is nested too deep, at most ${MAX_DATA_DEPTH} levels can be kept`);
    }
    if (value instanceof List) writeList(value, writing);
    else writeDict(value, writing);
  } else {
    const what = value instanceof Float ? `the float ${value.value}` : `a value of type ${typeName(value)}`;
    const where = place.length === 0 ? "" : ` (at \`${placeText(place)}\`)`;
    throw thrown(
      `${builtin}: ${what}${where} cannot be kept; give nil, bool, int, float, string, or lists and dicts of them`,
    );
  }
}

function writeList({ items }: List, writing: Writing): void {
  const { out, place } = writing;
  out.push("[");
  for (let at = 0; at < items.length; at++) {
    if (at > 0) out.push(",");
    place.push(at);
    write(items[at], writing);
    place.pop();
  }
  out.push("]");
}

function writeDict(dict: Dict, writing: Writing): void {
  const { out, place } = writing;
  out.push("{");
  let separator = "";
  for (const key of dict.keys()) {
    out.push(separator, quoteJson(key), ":");
    separator = ",";
    place.push(key);
    write(dict.map.get(key), writing);
    place.pop();
  }
  out.push("}");
}

function floatText(value: number): string {
  const text = Object.is(value, -0) ? "-0" : withoutExponent(String(value));
  return text.includes(".") ? text : `${text}.0`;
}

/** `steps[2].run`, as far as it is short. */
function placeText(place: readonly (string | number)[]): string {
  const text = place.map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`)).join("");
  const shown = text.replace(/^\./, "");
  return shown.length > 80 ? `${shown.slice(0, 80)}…` : shown;
}
