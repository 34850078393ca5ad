/**
 * Values → JSON text. Keys in code-point order, no spaces. Ints are exact; a float with a whole value has no decimals
 * (`4.0` becomes `4`) and never an exponent; NaN and infinities, which JSON lacks, become `null`, as do values that
 * are no data (closures, channels …).
 */

import { table } from "../../base/index.ts";
import {
  Bytes,
  Dict,
  display,
  Float,
  List,
  RangeValue,
  SetValue,
  StructValue,
  type Value,
  withoutExponent,
} from "../../vm/index.ts";
import { encodeBase64 } from "../encoding/base-codecs.ts";

/** The one key of the dict that stands for bytes; its value is their base64. */
export const BYTES_TAG = "$bytes_b64";

export function writeJson(value: Value): string {
  const out: string[] = [];
  write(value, out);
  return out.join("");
}

function write(value: Value, out: string[]): void {
  if (value === undefined) out.push("null");
  else if (typeof value === "string") out.push(quoteJson(value));
  else if (typeof value !== "object") out.push(String(value));
  else if (value instanceof List || value instanceof SetValue) {
    out.push("[");
    for (let i = 0; i < value.items.length; i++) {
      if (i > 0) out.push(",");
      write(value.items[i], out);
    }
    out.push("]");
  } else if (value instanceof Dict || value instanceof StructValue) {
    out.push("{");
    let separator = "";
    for (const key of value.keys()) {
      out.push(separator, quoteJson(key), ":");
      write(value.map.get(key), out);
      separator = ",";
    }
    out.push("}");
  } else if (value instanceof Float) out.push(floatText(value.value));
  else if (value instanceof Bytes) out.push(`{"${BYTES_TAG}":"${encodeBase64(value.data)}"}`);
  else if (value instanceof RangeValue) out.push(quoteJson(display(value)));
  else out.push("null");
}

function floatText(value: number): string {
  if (!Number.isFinite(value)) return "null";
  return Object.is(value, -0) ? "-0" : withoutExponent(String(value));
}

const ESCAPED = /["\\\u0000-\u001f\u007f-\u009f]/g;

const SHORT: Readonly<Record<string, string>> = table({
  '"': '\\"',
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
});

/** A JSON string literal; every control character is escaped, those above U+007E too. */
export function quoteJson(text: string): string {
  return `"${text.replace(
    ESCAPED,
    (char) => SHORT[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  )}"`;
}
