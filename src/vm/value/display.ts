/** How values print: interpolation, `println`, `to_string`. Strings inside containers are not quoted. */

import {
  Bytes,
  Closure,
  Dict,
  Duration,
  EnumValue,
  Float,
  List,
  NativeRef,
  type Opaque,
  Pair,
  RangeValue,
  SetValue,
  StructValue,
  type Value,
} from "./value.ts";

/** Bytes shown before the rest is only counted. */
const MAX_PREVIEW_BYTES = 32;

export function display(value: Value): string {
  switch (typeof value) {
    case "string":
      return value;
    case "number":
    case "bigint":
      return String(value);
    case "boolean":
      return value ? "true" : "false";
    case "undefined":
      return "nil";
    default: {
      const out: string[] = [];
      write(value, out);
      return out.join("");
    }
  }
}

type Piece = string | { readonly value: Value };

/** Works with a stack of its own, so that nesting depth costs memory and not the JavaScript stack. */
function write(root: Value, out: string[]): void {
  const pending: Piece[] = [{ value: root }];
  for (let piece = pending.pop(); piece !== undefined; piece = pending.pop()) {
    if (typeof piece === "string") out.push(piece);
    else if (typeof piece.value !== "object") out.push(display(piece.value));
    else pending.push(...pieces(piece.value).reverse());
  }
}

function pieces(value: Exclude<Value, undefined | boolean | number | bigint | string>): Piece[] {
  if (value instanceof List) return ["[", ...separated(value.items), "]"];
  if (value instanceof Dict) return ["{", ...fields(value.keys(), value.map), "}"];
  if (value instanceof StructValue) return [`${value.type.name} {`, ...fields(value.keys(), value.map), "}"];
  if (value instanceof SetValue) return ["set(", ...separated(value.items), ")"];
  if (value instanceof Pair) return ["(", { value: value.first }, ", ", { value: value.second }, ")"];
  if (value instanceof EnumValue) {
    const name = `${value.type.name}.${value.variant}`;
    return value.fields.length === 0 ? [name] : [`${name}(`, ...separated(value.fields), ")"];
  }
  if (value instanceof Float) return [displayFloat(value.value)];
  if (value instanceof Duration) return [displayDuration(value.ms)];
  if (value instanceof RangeValue) return [`${value.start} to ${value.end}${value.exclusive ? " exclusive" : ""}`];
  if (value instanceof Closure) return [displayFunction(value)];
  if (value instanceof NativeRef) {
    return [value.closure === undefined ? `<builtin ${value.native.name}>` : displayFunction(value.closure)];
  }
  if (value instanceof Bytes) return [displayBytes(value.data)];
  return [(value as Opaque).display()];
}

function displayFunction({ proto }: Closure): string {
  return `<fn(${proto.proto.paramNames.join(", ")})>`;
}

function separated(items: readonly Value[]): Piece[] {
  const out: Piece[] = [];
  for (const item of items) {
    if (out.length > 0) out.push(", ");
    out.push({ value: item });
  }
  return out;
}

function fields(keys: readonly string[], map: ReadonlyMap<string, Value>): Piece[] {
  const out: Piece[] = [];
  for (const key of keys) out.push(`${out.length > 0 ? ", " : ""}${key}: `, { value: map.get(key) });
  return out;
}

/** Integral floats below 1e15 show one decimal; others the shortest digits that round-trip, never an exponent. */
export function displayFloat(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (value === Infinity) return "inf";
  if (value === -Infinity) return "-inf";
  if (Object.is(value, -0)) return "-0.0";
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return `${value}.0`;
  return withoutExponent(String(value));
}

/** `1.5e-7` → `0.00000015`. */
export function withoutExponent(text: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (!match) return text;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  const point = whole.length + Number(exponent);
  const digits = whole + fraction;
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  if (point >= digits.length) return `${sign}${digits}${"0".repeat(point - digits.length)}`;
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** In the largest unit up to hours that divides it. */
export function displayDuration(ms: number): string {
  const sign = ms < 0 ? "-" : "";
  const size = Math.abs(ms);
  if (size >= 3_600_000 && size % 3_600_000 === 0) return `${sign}${size / 3_600_000}h`;
  if (size >= 60_000 && size % 60_000 === 0) return `${sign}${size / 60_000}m`;
  if (size >= 1000 && size % 1000 === 0) return `${sign}${size / 1000}s`;
  return `${sign}${size}ms`;
}

function displayBytes(data: Uint8Array): string {
  const shown = Array.from(data.subarray(0, MAX_PREVIEW_BYTES), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const rest = data.length > MAX_PREVIEW_BYTES ? `...+${data.length - MAX_PREVIEW_BYTES}` : "";
  return `b"${shown}${rest}"`;
}
