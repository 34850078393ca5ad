/** Values that instructions make of registers: what a closure captures, ranges, structs. */

import { RuntimeError } from "../error.ts";
import { isInt } from "../value/numbers.ts";
import { Dict, RangeValue, type StructType, StructValue, share, typeName, type Value } from "../value/value.ts";

const NONE: readonly Value[] = [];

/** Values of variables, in no more room than they need: a literal has that, an array that grows has room for many. */
export function capture(registers: readonly number[], R: readonly Value[], base: number): readonly Value[] {
  switch (registers.length) {
    case 0:
      return NONE;
    case 1:
      return [share(R[base + registers[0]!])];
    case 2:
      return [share(R[base + registers[0]!]), share(R[base + registers[1]!])];
    default: {
      const captured: Value[] = [];
      for (const register of registers) captured.push(share(R[base + register]));
      return captured;
    }
  }
}

/** Both ends may be given as any value. @throws RuntimeError unless they are ints of less than 2^53 */
export function makeRange(from: Value, to: Value, exclusive: boolean): RangeValue {
  if (typeof from !== "number" || typeof to !== "number") {
    const wrong = typeof from !== "number" ? from : to;
    if (isInt(wrong)) throw new RuntimeError("runtime", `range bound ${wrong} is too large`);
    throw new RuntimeError("type", `range bounds must be int, got ${typeName(from)} and ${typeName(to)}`);
  }
  return new RangeValue(from, to, exclusive);
}

/** Declared fields in order, then whatever else was given; absent optional fields stay absent. */
export function makeStruct(type: StructType, fields: Value): StructValue {
  const given = fields instanceof Dict || fields instanceof StructValue ? fields.map : new Map<string, Value>();
  const map = new Map<string, Value>();
  for (const name of type.fields) if (given.has(name)) map.set(name, share(given.get(name)));
  for (const [name, value] of given) if (!map.has(name)) map.set(name, share(value));
  return new StructValue(type, map);
}
