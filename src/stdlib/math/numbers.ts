/** Arithmetic, rounding and trigonometry. Most answer nil for what is no number, as the language documents. */

import {
  Float,
  type Int,
  int,
  intFromNumber,
  isInt,
  isNumeric,
  RangeValue,
  RuntimeError,
  toDouble,
  type Value,
} from "../../vm/index.ts";
import { type Builtin, pure } from "../builtin.ts";

const MIN_INT = -9223372036854775808n;
const MAX_INT = 9223372036854775807n;

function absolute(value: Value): Value {
  if (isInt(value)) {
    if (value === MIN_INT) return new Float(2 ** 63);
    return value < 0 ? int(-BigInt(value)) : value;
  }
  return value instanceof Float ? new Float(Math.abs(value.value)) : undefined;
}

/** The smaller (sign -1) or larger of two numbers; a NaN loses against any number. */
function pick(a: Value, b: Value, sign: 1 | -1): Value {
  if (!isNumeric(a) || !isNumeric(b)) return undefined;
  if (isInt(a) && isInt(b)) return (sign > 0 ? a > b : a < b) ? a : b;
  const x = toDouble(a);
  const y = toDouble(b);
  if (Number.isNaN(x)) return new Float(y);
  if (Number.isNaN(y)) return new Float(x);
  return new Float(sign > 0 ? Math.max(x, y) : Math.min(x, y));
}

/** Halves go away from zero. */
function roundHalfAway(value: number): number {
  const whole = Math.trunc(value);
  return Math.abs(value - whole) >= 0.5 ? whole + Math.sign(value) : whole;
}

function toWhole(value: Value, round: (value: number) => number): Value {
  if (isInt(value)) return value;
  if (!(value instanceof Float)) return undefined;
  if (!Number.isFinite(value.value)) throw new RuntimeError("runtime", "cannot convert non-finite float to int");
  const whole = round(value.value);
  if (whole < -(2 ** 63) || whole >= 2 ** 63) {
    throw new RuntimeError("runtime", "float is outside the representable int range");
  }
  return intFromNumber(whole);
}

/** Exact while it fits 64 bits, else the float: unlike `**`, which wraps. */
function power(base: Value, exponent: Value): Value {
  if (!isNumeric(base) || !isNumeric(exponent)) return undefined;
  if (isInt(base) && isInt(exponent) && exponent >= 0) {
    const exact = exactPower(BigInt(base), exponent);
    if (exact !== undefined) return exact;
  }
  return new Float(toDouble(base) ** toDouble(exponent));
}

function exactPower(base: bigint, exponent: Int): Int | undefined {
  if (base === 0n || base === 1n) return Number(exponent) === 0 ? 1 : Number(base);
  if (base === -1n) return BigInt(exponent) % 2n === 0n ? 1 : -1;
  if (exponent > 63) return undefined;
  const exact = base ** BigInt(exponent);
  return exact >= MIN_INT && exact <= MAX_INT ? int(exact) : undefined;
}

function sign(value: Value): Value {
  if (isInt(value)) return value > 0 ? 1 : value < 0 ? -1 : 0;
  if (!(value instanceof Float)) return undefined;
  if (Number.isNaN(value.value)) return value;
  return value.value > 0 ? 1 : value.value < 0 ? -1 : 0;
}

function rangeEnd(value: Value, form: string): number {
  if (isInt(value)) return Number(value);
  throw new RuntimeError("type", `range(${form}): expected integer argument${form === "n" ? "" : "s"}`);
}

const unary = (name: string, summary: string, example: string, fn: (value: number) => number): Builtin =>
  pure(
    { signature: `${name}(x: int | float) -> float`, summary, example: `println(${name}(${example}))` },
    ([value]) => (isNumeric(value) ? new Float(fn(toDouble(value))) : undefined),
  );

export const numberBuiltins: readonly Builtin[] = [
  pure(
    {
      signature: "abs(x: int | float) -> int | float",
      summary: "Take the absolute value",
      example: "println(abs(-3))",
    },
    ([value]) => absolute(value),
  ),
  pure(
    {
      signature: "min(a: int | float, b: int | float) -> int | float",
      summary: "Take the smaller of two numbers; nil when one is no number",
      example: "println(min(2, 1.5))",
    },
    ([a, b]) => pick(a, b, -1),
  ),
  pure(
    {
      signature: "max(a: int | float, b: int | float) -> int | float",
      summary: "Take the larger of two numbers; nil when one is no number",
      example: "println(max(2, 1.5))",
    },
    ([a, b]) => pick(a, b, 1),
  ),
  ...(
    [
      ["floor", "Round down to an int", "-1.5", Math.floor],
      ["ceil", "Round up to an int", "1.2", Math.ceil],
      ["round", "Round to the nearest int, halves away from zero", "-2.5", roundHalfAway],
    ] as const
  ).map(([name, summary, example, fn]) =>
    pure(
      {
        signature: `${name}(x: int | float) -> int`,
        summary,
        errors: "NaN, infinities and floats beyond 64 bits",
        example: `println(${name}(${example}))`,
      },
      ([value]) => toWhole(value, fn),
    ),
  ),
  pure(
    {
      signature: "pow(base: int | float, exponent: int | float) -> int | float",
      summary: "Raise to a power; a float once the result leaves 64 bits",
      example: "println(pow(2, 10))",
    },
    ([base, exponent]) => power(base, exponent),
  ),
  unary("sqrt", "Take the square root", "16", Math.sqrt),
  unary("sin", "Sine of radians", "0", Math.sin),
  unary("cos", "Cosine of radians", "0", Math.cos),
  unary("tan", "Tangent of radians", "0", Math.tan),
  unary("asin", "Arc sine, in radians", "1", Math.asin),
  unary("acos", "Arc cosine, in radians", "1", Math.acos),
  unary("atan", "Arc tangent, in radians", "1", Math.atan),
  unary("exp", "Power of e", "0", Math.exp),
  unary("ln", "Natural logarithm", "e", Math.log),
  unary("log2", "Logarithm to base 2", "8", Math.log2),
  unary("log10", "Logarithm to base 10", "1000", Math.log10),
  pure(
    {
      signature: "atan2(y: int | float, x: int | float) -> float",
      summary: "Angle of a point, in radians",
      example: "println(atan2(1, 1))",
    },
    ([y, x]) => (isNumeric(y) && isNumeric(x) ? new Float(Math.atan2(toDouble(y), toDouble(x))) : undefined),
  ),
  pure({ signature: "sign(x: int | float) -> int", summary: "-1, 0 or 1", example: "println(sign(-2.5))" }, ([value]) =>
    sign(value),
  ),
  pure(
    {
      signature: "is_nan(x: any) -> bool",
      summary: "Tell whether a value is the float NaN",
      example: "println(is_nan(0.0 / 0.0))",
    },
    ([value]) => value instanceof Float && Number.isNaN(value.value),
  ),
  pure(
    {
      signature: "is_infinite(x: any) -> bool",
      summary: "Tell whether a value is an infinite float",
      example: "println(is_infinite(1.0 / 0.0))",
    },
    ([value]) => value instanceof Float && Math.abs(value.value) === Number.POSITIVE_INFINITY,
  ),
  pure(
    {
      signature: "range(start: int, end?: int) -> range",
      summary: "Make the ints from start (default 0) up to but without end",
      errors: "Arguments that are no ints",
      example: "for i in range(3) { println(i) }",
    },
    (args) => {
      const [first, second] = args;
      if (args.length === 1) return new RangeValue(0, rangeEnd(first, "n"), true);
      if (args.length === 2) return new RangeValue(rangeEnd(first, "a, b"), rangeEnd(second, "a, b"), true);
      throw new RuntimeError("type", `range expects 1 or 2 integer arguments, got ${args.length}`);
    },
  ),
];
