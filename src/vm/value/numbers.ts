/**
 * 64-bit wrapping ints as `number` within ±(2^53−1) and `bigint` beyond, and arithmetic over ints and floats.
 * The interpreter handles the number/number case itself; everything here is the slow path.
 */

import { RuntimeError } from "../error.ts";
import { checkItemCount, repeatText } from "./size-limits.ts";
import { Dict, dictOf, Float, List, listOf, share, typeName, type Value } from "./value.ts";

export type Int = number | bigint;

const MAX = Number.MAX_SAFE_INTEGER;

/** Wraps to 64 bits and picks the representation. */
export function int(value: bigint): Int {
  const wrapped = BigInt.asIntN(64, value);
  return wrapped <= BigInt(MAX) && wrapped >= -BigInt(MAX) ? Number(wrapped) : wrapped;
}

/** A whole number as an int; saturates at 64 bits, NaN is 0. */
export function intFromNumber(value: number): Int {
  if (Number.isSafeInteger(value)) return value + 0;
  if (Number.isNaN(value)) return 0;
  const whole = Math.trunc(value);
  if (Number.isSafeInteger(whole)) return whole + 0;
  if (whole >= 2 ** 63) return 9223372036854775807n;
  if (whole <= -(2 ** 63)) return -9223372036854775808n;
  return BigInt(whole);
}

export function isInt(value: Value): value is Int {
  return typeof value === "number" || typeof value === "bigint";
}

export function isNumeric(value: Value): value is Int | Float {
  return typeof value === "number" || typeof value === "bigint" || value instanceof Float;
}

/** The double nearest to an int or float. */
export function toDouble(value: Int | Float): number {
  return typeof value === "number" ? value : typeof value === "bigint" ? Number(value) : value.value;
}

export function add(a: Value, b: Value): Value {
  if (isInt(a) && isInt(b)) {
    if (typeof a === "number" && typeof b === "number") {
      const sum = a + b;
      if (sum <= MAX && sum >= -MAX) return sum;
    }
    return int(BigInt(a) + BigInt(b));
  }
  if (typeof a === "string" && typeof b === "string") return a + b;
  if (isNumeric(a) && isNumeric(b)) return new Float(toDouble(a) + toDouble(b));
  if (a instanceof List && b instanceof List) {
    checkItemCount(a.items.length + b.items.length);
    return listOf(a.items.concat(b.items));
  }
  if (a instanceof Dict && b instanceof Dict) return dictOf(new Map([...a.map, ...b.map]));
  throw new RuntimeError("type", `Cannot add ${typeName(a)} and ${typeName(b)}`);
}

/** For `variable += right`: a list that only the variable holds grows in place, anything else is made anew. */
export function addTo(left: Value, right: Value): Value {
  if (left instanceof List && !left.shared && right instanceof List && left !== right) {
    checkItemCount(left.items.length + right.items.length);
    for (const item of right.items) left.items.push(share(item));
    return left;
  }
  return add(left, right);
}

export function subtract(a: Value, b: Value): Value {
  if (isInt(a) && isInt(b)) {
    if (typeof a === "number" && typeof b === "number") {
      const difference = a - b;
      if (difference <= MAX && difference >= -MAX) return difference;
    }
    return int(BigInt(a) - BigInt(b));
  }
  if (isNumeric(a) && isNumeric(b)) return new Float(toDouble(a) - toDouble(b));
  throw new RuntimeError("type", `Cannot subtract ${typeName(b)} from ${typeName(a)}`);
}

export function multiply(a: Value, b: Value): Value {
  if (isInt(a) && isInt(b)) {
    if (typeof a === "number" && typeof b === "number") {
      const product = a * b;
      if (product <= MAX && product >= -MAX) return product + 0;
    }
    return int(BigInt(a) * BigInt(b));
  }
  if (isNumeric(a) && isNumeric(b)) return new Float(toDouble(a) * toDouble(b));
  if (typeof a === "string" && isInt(b)) return repeatText(a, Number(b));
  if (typeof b === "string" && isInt(a)) return repeatText(b, Number(a));
  throw new RuntimeError("type", `Cannot multiply ${typeName(a)} and ${typeName(b)}`);
}

export function divide(a: Value, b: Value): Value {
  if (isInt(a) && isInt(b)) {
    if (b === 0) throw new RuntimeError("division", "Division by zero");
    if (typeof a === "number" && typeof b === "number") return Math.trunc(a / b) + 0;
    return int(BigInt(a) / BigInt(b));
  }
  if (isNumeric(a) && isNumeric(b)) return new Float(toDouble(a) / toDouble(b));
  throw new RuntimeError("runtime", `Cannot divide ${typeName(a)} by ${typeName(b)}`);
}

export function modulo(a: Value, b: Value): Value {
  if (isInt(a) && isInt(b)) {
    if (b === 0) throw new RuntimeError("division", "Division by zero");
    if (typeof a === "number" && typeof b === "number") return (a % b) + 0;
    return int(BigInt(a) % BigInt(b));
  }
  if (isNumeric(a) && isNumeric(b)) {
    const divisor = toDouble(b);
    if (divisor === 0) throw new RuntimeError("division", "Division by zero");
    return new Float(toDouble(a) % divisor);
  }
  throw new RuntimeError("runtime", `Cannot modulo ${typeName(a)} by ${typeName(b)}`);
}

export function power(a: Value, b: Value): Value {
  if (isInt(a) && isInt(b)) {
    if (b >= 0 && b <= 0xffffffff) return intPower(BigInt(a), Number(b));
    return new Float(Number(a) ** Number(b));
  }
  if (isNumeric(a) && isNumeric(b)) return new Float(toDouble(a) ** toDouble(b));
  throw new RuntimeError("type", `Cannot raise ${typeName(a)} to ${typeName(b)}`);
}

/** Square and multiply modulo 2^64, so that a large exponent costs 32 steps and no memory. */
function intPower(base: bigint, exponent: number): Int {
  let result = 1n;
  let square = BigInt.asIntN(64, base);
  let left = exponent;
  while (left > 0) {
    if (left % 2 === 1) result = BigInt.asIntN(64, result * square);
    left = Math.floor(left / 2);
    if (left > 0) square = BigInt.asIntN(64, square * square);
  }
  return int(result);
}

export function negate(value: Value): Value {
  if (typeof value === "number") return 0 - value;
  if (typeof value === "bigint") return int(-value);
  if (value instanceof Float) return new Float(-value.value);
  throw new RuntimeError("runtime", `Cannot negate value of type ${typeName(value)}`);
}
