/** Type names, conversions and results. */

import {
  Bytes,
  Channel,
  Closure,
  Container,
  Dict,
  display,
  err,
  Float,
  identical,
  int,
  intFromNumber,
  isInt,
  isResult,
  List,
  listOf,
  Opaque,
  ok,
  Pair,
  RangeValue,
  RuntimeError,
  SetValue,
  StructValue,
  share,
  structuralKey,
  textLength,
  toDouble,
  typeName,
  type Value,
  type Vm,
} from "../../vm/index.ts";
import { argumentError, type Builtin, pure, runState } from "../builtin.ts";

function length(value: Value): Value {
  if (typeof value === "string") return textLength(value);
  if (value instanceof List || value instanceof SetValue) return value.items.length;
  if (value instanceof Dict || value instanceof StructValue) return value.map.size;
  if (value instanceof RangeValue) return value.length;
  if (value instanceof Bytes) return value.data.length;
  if (value instanceof Channel) return value.buffer.length;
  if (value === undefined) return 0;
  throw argumentError("len", "a string, list, dict, set, range or bytes", value);
}

/** Digits with an optional sign and nothing else; text that is no int gives nil. */
function toInt(value: Value): Value {
  if (isInt(value)) return value;
  if (value instanceof Float) return intFromNumber(value.value);
  if (typeof value === "string" && /^[+-]?\d+$/.test(value)) {
    const exact = BigInt(value);
    return BigInt.asIntN(64, exact) === exact ? int(exact) : undefined;
  }
  return undefined;
}

const FLOAT_TEXT = /^[+-]?(\d+\.?\d*([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?|inf|infinity|nan)$/i;

function toFloat(value: Value): Value {
  if (value instanceof Float) return value;
  if (isInt(value)) return new Float(toDouble(value));
  if (typeof value !== "string" || !FLOAT_TEXT.test(value)) return undefined;
  const bare = value.toLowerCase().replace(/^[+-]/, "");
  const sign = value.startsWith("-") ? -1 : 1;
  if (bare === "nan") return new Float(Number.NaN);
  if (bare === "inf" || bare === "infinity") return new Float(sign * Number.POSITIVE_INFINITY);
  return new Float(Number(value));
}

function toList(value: Value): Value {
  if (value instanceof List) return share(value);
  if (value instanceof SetValue) return listOf(value.items.slice());
  if (value instanceof RangeValue) return new List(value.toItems());
  if (value instanceof Dict) return listOf(value.keys().map((key) => new Pair(key, share(value.map.get(key)))));
  if (value === undefined) return new List([]);
  return listOf([value]);
}

function isVariant(value: Value, variant: string): boolean {
  return isResult(value) && value.variant === variant;
}

export const typeBuiltins: readonly Builtin[] = [
  pure(
    {
      signature: "type_of(value: any) -> string",
      summary: "Name the type of a value",
      example: "println(type_of(4.0))",
    },
    ([value]) => typeName(value),
  ),
  pure(
    {
      signature: "to_string(value: any) -> string",
      summary: "Convert a value to the text it prints as",
      example: "println(to_string([1, 2]))",
    },
    ([value]) => display(value),
  ),
  pure(
    {
      signature: "to_int(value: any) -> int | nil",
      summary: "Convert to an int; nil when the text is not one",
      example: 'println(to_int("12"))',
    },
    ([value]) => toInt(value),
  ),
  pure(
    {
      signature: "to_float(value: any) -> float | nil",
      summary: "Convert to a float; nil when the text is not one",
      example: 'println(to_float("1e3"))',
    },
    ([value]) => toFloat(value),
  ),
  pure(
    {
      signature: "to_list(value: any) -> list",
      summary: "Collect the items of a set, range or dict",
      example: "println(to_list(1 to 3))",
    },
    ([value]) => toList(value),
  ),
  pure(
    {
      signature: "len(value: any) -> int",
      summary: "Count characters, items or entries",
      errors: "Type error for values without a length",
      example: 'println(len("déjà"))',
    },
    ([value]) => length(value),
  ),
  pure({ signature: "Ok(value?: any) -> Result", summary: "Wrap a success", example: "println(Ok(1))" }, ([value]) =>
    ok(share(value)),
  ),
  pure(
    { signature: "Err(error?: any) -> Result", summary: "Wrap a failure", example: 'println(Err("no"))' },
    ([value]) => err(share(value)),
  ),
  pure(
    {
      signature: "is_ok(result: any) -> bool",
      summary: "Tell whether a value is Result.Ok",
      example: "println(is_ok(Ok(1)))",
    },
    ([value]) => isVariant(value, "Ok"),
  ),
  pure(
    {
      signature: "is_err(result: any) -> bool",
      summary: "Tell whether a value is Result.Err",
      example: "println(is_err(Ok(1)))",
    },
    ([value]) => isVariant(value, "Err"),
  ),
  pure(
    {
      signature: "unwrap(result: any) -> any",
      summary: "Take the value out of Result.Ok",
      errors: "Throws for Result.Err",
      example: "println(unwrap(Ok(1)))",
    },
    ([value]) => {
      if (!isResult(value)) return share(value);
      if (value.variant === "Ok") return share(value.fields[0]);
      throw new RuntimeError("runtime", `unwrap called on Err: ${display(value.fields[0])}`);
    },
  ),
  pure(
    {
      signature: "unwrap_or(result: any, fallback: any) -> any",
      summary: "Take the value out of Result.Ok, or the fallback",
      example: 'println(unwrap_or(Err("x"), 2))',
    },
    ([value, fallback]) => {
      if (!isResult(value)) return share(value);
      return share(value.variant === "Ok" ? value.fields[0] : fallback);
    },
  ),
  pure(
    {
      signature: "unwrap_err(result: any) -> any",
      summary: "Take the error out of Result.Err",
      errors: "Throws for anything else",
      example: 'println(unwrap_err(Err("no")))',
    },
    ([value]) => {
      if (isResult(value) && value.variant === "Err") return share(value.fields[0]);
      throw new RuntimeError("runtime", "unwrap_err called on non-Err");
    },
  ),
  pure(
    {
      signature: "unreachable(value?: any) -> never",
      summary: "Mark a place that is never reached",
      errors: "Throws when it is",
      example: "let _ = { -> unreachable() }",
    },
    (args) => {
      const detail = args.length > 0 ? `: ${display(args[0])}` : "";
      throw new RuntimeError("runtime", `unreachable code was reached${detail}`);
    },
  ),
  pure(
    {
      signature: "is_same(a: any, b: any) -> bool",
      summary: "Tell whether two values are the same allocation",
      example: "println(is_same([1], [1]))",
    },
    ([a, b]) => identical(a, b),
  ),
  pure(
    {
      signature: "hash_value(value: any) -> int",
      summary: "Hash a value by its structure",
      example: "println(hash_value([1]) == hash_value([1]))",
    },
    ([value]) => hash(structuralKey(value)),
  ),
  pure(
    {
      signature: "addr_of(value: any) -> string",
      summary:
        "A text that two values share when they are the same allocation; what has no identity shares it by value",
      effects: ["state"],
      example: "let xs = [1]\nprintln(addr_of(xs) == addr_of(xs))",
    },
    ([value], { vm }) => addressOf(value, vm),
  ),
];

/** Numbers containers and handles in the order in which a run asks for them. */
interface Addresses {
  readonly numbers: WeakMap<object, number>;
  count: number;
}

function addressOf(value: Value, vm: Vm): string {
  const hasIdentity =
    value instanceof Container || value instanceof Closure || value instanceof Opaque || value instanceof Pair;
  if (!hasIdentity) return `${typeName(value)}@${display(value)}`;
  const addresses = runState<Addresses>(vm, "types.addresses", () => ({ numbers: new WeakMap(), count: 0 }));
  let address = addresses.numbers.get(value);
  if (address === undefined) {
    address = ++addresses.count;
    addresses.numbers.set(value, address);
  }
  return `${typeName(value)}@0x${address.toString(16).padStart(4, "0")}`;
}

/** FNV-1a over UTF-16 units, 53 bits. */
function hash(text: string): number {
  let low = 0x811c9dc5;
  let high = 0x1b873593;
  for (let i = 0; i < text.length; i++) {
    low = Math.imul(low ^ text.charCodeAt(i), 0x01000193);
    high = Math.imul(high ^ text.charCodeAt(i), 0x85ebca6b);
  }
  return (high >>> 11) * 2 ** 32 + (low >>> 0);
}
