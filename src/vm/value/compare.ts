/** Equality, order, membership and structural keys. */

import { display } from "./display.ts";
import { type Int, isInt, isNumeric, toDouble } from "./numbers.ts";
import { compareText } from "./text.ts";
import {
  Bytes,
  Closure,
  Dict,
  Duration,
  EnumValue,
  Float,
  List,
  NativeRef,
  Opaque,
  Pair,
  RangeValue,
  SetValue,
  StructValue,
  typeName,
  type Value,
} from "./value.ts";

/** Structural `==`. Closures and durations are never equal; an int equals a float of the same double. */
export function equal(a: Value, b: Value): boolean {
  if (a === b && typeof a !== "object") return true;
  if (isNumeric(a) && isNumeric(b)) {
    return isInt(a) && isInt(b) ? a === b : toDouble(a) === toDouble(b);
  }
  if (typeof a !== "object" || typeof b !== "object") return false;
  return equalHeap(a, b);
}

/** Iterative over a work list: depth costs memory, not the JavaScript stack. */
function equalHeap(left: Value, right: Value): boolean {
  const pending: Value[] = [left, right];
  while (pending.length > 0) {
    const b = pending.pop();
    const a = pending.pop();
    if (typeof a !== "object" || typeof b !== "object") {
      if (!equal(a, b)) return false;
    } else if (a instanceof List) {
      if (!(b instanceof List) || a.items.length !== b.items.length) return false;
      if (a === b && a.items.every(isAtom)) continue;
      for (let i = 0; i < a.items.length; i++) pending.push(a.items[i], b.items[i]);
    } else if (a instanceof Dict || a instanceof StructValue) {
      if (a instanceof Dict ? !(b instanceof Dict) : !(b instanceof StructValue) || a.type.name !== b.type.name)
        return false;
      const other = (b as Dict | StructValue).map;
      if (a.map.size !== other.size) return false;
      for (const [key, value] of a.map) {
        if (!other.has(key)) return false;
        pending.push(value, other.get(key));
      }
    } else if (a instanceof EnumValue) {
      if (!(b instanceof EnumValue) || a.type.name !== b.type.name || a.variant !== b.variant) return false;
      if (a.fields.length !== b.fields.length) return false;
      for (let i = 0; i < a.fields.length; i++) pending.push(a.fields[i], b.fields[i]);
    } else if (a instanceof Pair) {
      if (!(b instanceof Pair)) return false;
      pending.push(a.first, b.first, a.second, b.second);
    } else if (a instanceof SetValue) {
      if (!(b instanceof SetValue) || a.items.length !== b.items.length) return false;
      for (const item of a.items) if (!b.items.some((other) => equal(item, other))) return false;
    } else if (!equalLeaf(a, b)) return false;
  }
  return true;
}

function isAtom(value: Value): boolean {
  return typeof value !== "object";
}

function equalLeaf(a: object, b: object): boolean {
  if (a instanceof Float) return isNumeric(b as Value) && a.value === toDouble(b as Float);
  if (a instanceof Bytes) {
    return b instanceof Bytes && a.data.length === b.data.length && a.data.every((byte, i) => byte === b.data[i]);
  }
  if (a instanceof RangeValue) {
    return b instanceof RangeValue && a.start === b.start && a.end === b.end && a.exclusive === b.exclusive;
  }
  if (a instanceof NativeRef) return b instanceof NativeRef && a.native === b.native;
  if (a instanceof Closure || a instanceof Duration) return false;
  if (a instanceof Opaque) return b instanceof Opaque && a.equals(b);
  return false;
}

/** Negative, zero or positive. Values of unlike types, and NaN, compare as equal. */
export function compare(a: Value, b: Value): number {
  if (isNumeric(a) && isNumeric(b)) {
    if (isInt(a) && isInt(b)) return a < b ? -1 : a > b ? 1 : 0;
    const x = toDouble(a);
    const y = toDouble(b);
    return x < y ? -1 : x > y ? 1 : 0;
  }
  if (typeof a === "string" && typeof b === "string") return compareText(a, b);
  if (a instanceof Duration && b instanceof Duration) return a.ms - b.ms;
  if (a instanceof Pair && b instanceof Pair) return compare(a.first, b.first) || compare(a.second, b.second);
  return 0;
}

/** `needle in haystack`. */
export function contains(haystack: Value, needle: Value): boolean {
  if (haystack instanceof List || haystack instanceof SetValue)
    return haystack.items.some((item) => equal(item, needle));
  if (haystack instanceof Dict) return haystack.map.has(display(needle));
  if (haystack instanceof RangeValue) return isInt(needle) && rangeContains(haystack, needle);
  if (typeof haystack === "string") return haystack.includes(display(needle));
  return false;
}

export function rangeContains(range: RangeValue, value: Int): boolean {
  return value >= range.start && (range.exclusive ? value < range.end : value <= range.end);
}

/** Same allocation, or equal when the kind has no identity. */
export function identical(a: Value, b: Value): boolean {
  if (typeof a !== "object" || typeof b !== "object") return equal(a, b);
  if (a instanceof Bytes || a instanceof Float || a instanceof RangeValue || a instanceof EnumValue) return equal(a, b);
  return a === b;
}

/**
 * A text that two values share exactly when they are structurally the same (1 and 1.0 are not). Used by `set(...)`,
 * `unique`, `hash_value`.
 */
export function structuralKey(value: Value): string {
  switch (typeof value) {
    case "undefined":
      return "N";
    case "boolean":
      return value ? "T" : "F";
    case "number":
    case "bigint":
      return `i${value};`;
    case "string":
      return `s${value.length}:${value}`;
    default:
      break;
  }
  if (value instanceof Float) return `f${Object.is(value.value, -0) ? "-0" : value.value};`;
  if (value instanceof Duration) return `d${value.ms};`;
  if (value instanceof List) return `L${value.items.map(structuralKey).join(",")}]`;
  if (value instanceof Dict) {
    return `D${value
      .keys()
      .map((key) => `${key.length}:${key}=${structuralKey(value.map.get(key))}`)
      .join(",")}}`;
  }
  if (value instanceof SetValue) return `S${value.items.map(structuralKey).sort().join(",")}}`;
  const text = display(value);
  return `o${typeName(value)}:${text.length}:${text}`;
}
