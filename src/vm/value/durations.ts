/** Lengths of time, as programs give them. */

import { RuntimeError } from "../error.ts";
import { isInt, toDouble } from "./numbers.ts";
import { Duration, Float, typeName, type Value } from "./value.ts";

/** Of a duration or an int of milliseconds, not below 0; undefined for anything else. */
export function milliseconds(value: Value): number | undefined {
  if (value instanceof Duration) return Math.max(0, value.ms);
  return isInt(value) ? Math.max(0, Number(value)) : undefined;
}

/** Milliseconds from now of a `deadline` block. @throws RuntimeError for anything but a duration or a number */
export function deadlineMs(value: Value): number {
  if (value instanceof Duration) return value.ms;
  if (isInt(value)) return Number(value);
  if (value instanceof Float) return toDouble(value);
  throw new RuntimeError("type", `deadline expects a duration, got ${typeName(value)}`);
}
