/** Statistics of lists of numbers. Results are floats. */

import { Float, isNumeric, isTruthy, List, RuntimeError, toDouble, type Value } from "../../vm/index.ts";
import { type Builtin, pure } from "../builtin.ts";

function numbers(builtin: string, items: Value): number[] {
  if (!(items instanceof List)) throw new RuntimeError("type", `${builtin}: items must be a list`);
  return items.items.map((item) => number(builtin, item));
}

function number(builtin: string, value: Value): number {
  if (isNumeric(value)) return toDouble(value);
  throw new RuntimeError("type", `${builtin} must be numeric`);
}

function someNumbers(builtin: string, items: Value): number[] {
  const values = numbers(builtin, items);
  if (values.length === 0) throw new RuntimeError("runtime", `${builtin}: items must not be empty`);
  return values;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** NaN last. */
function sorted(values: readonly number[]): number[] {
  return values.slice().sort((a, b) => {
    if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
    return a - b;
  });
}

/** Linear interpolation between the two values around the rank; `portion` from 0 to 1. */
function quantile(values: readonly number[], portion: number): number {
  const order = sorted(values);
  const rank = (order.length - 1) * portion;
  const low = order[Math.floor(rank)] as number;
  const high = order[Math.ceil(rank)] as number;
  return low === high ? low : low + (rank - Math.floor(rank)) * (high - low);
}

function variance(builtin: string, items: Value, sample: Value): number {
  const values = someNumbers(builtin, items);
  const ofSample = isTruthy(sample);
  if (ofSample && values.length < 2) {
    throw new RuntimeError("runtime", "sample variance requires at least 2 values");
  }
  const center = mean(values);
  const total = values.reduce((sum, value) => sum + (value - center) * (value - center), 0);
  return total / (ofSample ? values.length - 1 : values.length);
}

export const statisticsBuiltins: readonly Builtin[] = [
  pure(
    {
      signature: "mean(items: list) -> float",
      summary: "Average; 0 of an empty list",
      errors: "Items that are no numbers",
      example: "println(mean([1, 2, 3, 4]))",
    },
    ([items]) => {
      const values = numbers("mean", items);
      return new Float(values.length === 0 ? 0 : mean(values));
    },
  ),
  pure(
    {
      signature: "median(items: list) -> float",
      summary: "Middle value, or the mean of the two in the middle",
      errors: "An empty list, items that are no numbers",
      example: "println(median([3, 1, 2]))",
    },
    ([items]) => new Float(quantile(someNumbers("median", items), 0.5)),
  ),
  pure(
    {
      signature: "percentile(items: list, p: int | float) -> float",
      summary: "Value below which p percent of the items lie, interpolated",
      errors: "An empty list, p outside 0 to 100",
      example: "println(percentile([10, 20, 30], 50))",
    },
    ([items, p]) => {
      const values = someNumbers("percentile", items);
      const percent = number("percentile", p);
      if (!(percent >= 0 && percent <= 100)) {
        throw new RuntimeError("runtime", "percentile must be between 0 and 100");
      }
      return new Float(quantile(values, percent / 100));
    },
  ),
  pure(
    {
      signature: "variance(items: list, sample?: bool) -> float",
      summary: "Mean squared distance from the mean; of a sample when asked",
      errors: "An empty list, a sample of fewer than two",
      example: "println(variance([1, 3]))",
    },
    ([items, sample]) => new Float(variance("variance", items, sample)),
  ),
  pure(
    {
      signature: "stddev(items: list, sample?: bool) -> float",
      summary: "Square root of the variance",
      errors: "As variance",
      example: "println(stddev([1, 3]))",
    },
    ([items, sample]) => new Float(Math.sqrt(variance("stddev", items, sample))),
  ),
];
