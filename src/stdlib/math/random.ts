/**
 * Random numbers: from the host, or from a generator that `rng_seed` made. A generator's state is one number, so a
 * seeded sequence is the same on every machine; it agrees with itself and with nothing else.
 */

import {
  Float,
  type Int,
  int,
  isInt,
  List,
  listOf,
  type NativeContext,
  Opaque,
  RuntimeError,
  share,
  type Value,
} from "../../vm/index.ts";
import { type Builtin, pure } from "../builtin.ts";

/** Splitmix32. */
export class Rng extends Opaque {
  readonly typeName = "rng";
  state: number;
  constructor(seed: Int) {
    super();
    const bits = BigInt.asUintN(64, BigInt(seed));
    this.state = (Number(bits & 0xffffffffn) ^ Math.imul(Number(bits >> 32n), 0x85ebca6b)) | 0;
  }
  display(): string {
    return "<rng>";
  }
  override equals(): boolean {
    return false;
  }
  /** 32 random bits. */
  bits(): number {
    this.state = (this.state + 0x9e3779b9) | 0;
    let mixed = this.state ^ (this.state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  }
}

/** Uniform in [0, 1). */
type Uniform = () => number;

/** The source to use and the arguments that follow it. */
function source(
  args: readonly Value[],
  { host }: NativeContext,
): { readonly uniform: Uniform; readonly rest: readonly Value[] } {
  const [first] = args;
  if (!(first instanceof Rng)) return { uniform: () => host.sync("random.float", {}), rest: args };
  // 53 bits, as many as a double holds.
  const uniform = () => ((first.bits() >>> 5) * 0x4000000 + (first.bits() >>> 6)) / 2 ** 53;
  return { uniform, rest: args.slice(1) };
}

const below = (uniform: Uniform, count: number): number => Math.floor(uniform() * count);

/** Uniform between two ints, both included. */
function between(uniform: Uniform, low: Int, high: Int): Value {
  const span = BigInt(high) - BigInt(low) + 1n;
  if (span <= 0x20000000000000n) return int(BigInt(low) + BigInt(below(uniform, Number(span))));
  // Wider than a double: 64 bits, rejecting the uneven rest.
  const limit = (1n << 64n) - ((1n << 64n) % span);
  for (;;) {
    const bits = (BigInt(below(uniform, 2 ** 32)) << 32n) | BigInt(below(uniform, 2 ** 32));
    if (bits < limit) return int(BigInt(low) + (bits % span));
  }
}

function intArgument(name: string, value: Value): Int {
  if (isInt(value)) return value;
  throw new RuntimeError("type", `random_int: ${name} must be an integer`);
}

export const randomBuiltins: readonly Builtin[] = [
  pure(
    {
      signature: "rng_seed(seed: int) -> rng",
      summary: "Make a generator whose numbers depend on the seed alone",
      errors: "A seed that is no int",
      example: "let rng = rng_seed(7)\nprintln(random(rng) == random(rng_seed(7)))",
    },
    ([seed]) => {
      if (!isInt(seed)) throw new RuntimeError("type", "rng_seed(seed): seed must be an integer");
      return new Rng(seed);
    },
  ),
  pure(
    {
      signature: "random(rng?: rng) -> float",
      summary: "Draw a float from 0 up to but without 1",
      effects: ["random"],
      example: "println(random() < 1)",
    },
    (args, context) => new Float(source(args, context).uniform()),
  ),
  pure(
    {
      signature: "random_int(rng?: rng, min: int, max: int) -> int",
      summary: "Draw an int from min to max, both included; nil when min is above max",
      effects: ["random"],
      errors: "Bounds that are no ints",
      example: "println(random_int(1, 1))",
    },
    (args, context) => {
      const { uniform, rest } = source(args, context);
      if (rest.length < 2) return undefined;
      const low = intArgument("min", rest[0]);
      const high = intArgument("max", rest[1]);
      return low > high ? undefined : between(uniform, low, high);
    },
  ),
  pure(
    {
      signature: "random_choice(rng?: rng, items: list) -> any",
      summary: "Draw an item; nil from an empty list",
      effects: ["random"],
      example: 'println(random_choice(["only"]))',
    },
    (args, context) => {
      const { uniform, rest } = source(args, context);
      const [list] = rest;
      if (!(list instanceof List) || list.items.length === 0) return undefined;
      return share(list.items[below(uniform, list.items.length)]);
    },
  ),
  pure(
    {
      signature: "random_shuffle(rng?: rng, items: list) -> list",
      summary: "Copy a list in random order",
      effects: ["random"],
      example: "println(random_shuffle([1, 2, 3]).sort())",
    },
    (args, context) => {
      const { uniform, rest } = source(args, context);
      const [list] = rest;
      if (!(list instanceof List)) return undefined;
      const items = list.items.slice();
      for (let i = items.length - 1; i > 0; i--) {
        const j = below(uniform, i + 1);
        [items[i], items[j]] = [items[j], items[i]];
      }
      return listOf(items);
    },
  ),
];
