/** TOML 1.0. Ints are exact; dates and times are texts. */

import { parse as parseToml, stringify as stringifyToml, TomlDate, TomlError } from "smol-toml";
import { Dict, Float, int, List, SetValue, StructValue, typeName, type Value } from "../../vm/index.ts";
import { textArgument, thrown } from "../arguments.ts";
import { type Builtin, pure } from "../builtin.ts";
import { jsonToValue, valueToJson } from "../json/convert.ts";

/** A document as plain data, for whoever reads a manifest. Throws an `Error` that says where it is malformed. */
export function readToml(text: string): Readonly<Record<string, unknown>> {
  return parseToml(text);
}

function parse(text: string): Value {
  try {
    return fromToml(parseToml(text, { integersAsBigInt: true }));
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const problem = (error.message.split("\n", 1)[0] ?? "").replace("Invalid TOML document: ", "");
    throw thrown(`TOML parse error: ${problem} at line ${error.line} column ${error.column}`);
  }
}

function fromToml(data: unknown): Value {
  if (typeof data === "string" || typeof data === "boolean") return data;
  if (typeof data === "number") return new Float(data);
  if (typeof data === "bigint") {
    if (BigInt.asIntN(64, data) !== data) throw thrown(`TOML parse error: integer ${data} does not fit in 64 bits`);
    return int(data);
  }
  if (data instanceof TomlDate) return data.toISOString();
  if (Array.isArray(data)) return new List(data.map(fromToml));
  if (typeof data !== "object" || data === null) return undefined;
  return new Dict(new Map(Object.entries(data).map(([key, item]) => [key, fromToml(item)])));
}

/** Bigints are written as ints, numbers as floats. */
function plainOf(value: Value): unknown {
  if (value === undefined) throw thrown("toml_stringify: unsupported unit type");
  if (typeof value === "number") return BigInt(value);
  if (value instanceof Float) return value.value;
  if (value instanceof List || value instanceof SetValue) return value.items.map(plainOf);
  if (value instanceof Dict || value instanceof StructValue) {
    return Object.fromEntries(value.keys().map((key) => [key, plainOf(value.map.get(key))]));
  }
  return typeof value === "object" ? plainOf(jsonToValue(valueToJson(value))) : value;
}

export const tomlBuiltins: readonly Builtin[] = [
  pure(
    {
      signature: "toml_parse(text: string) -> dict",
      summary: "Read a TOML document",
      errors: "Throws `TOML parse error: …`",
      example: 'println(toml_parse("a = [1, 2]").a)',
    },
    (args) => parse(textArgument(args, 0)),
  ),
  pure(
    {
      signature: "toml_stringify(value: dict) -> string",
      summary: "Write a dict as TOML",
      errors: "Throws unless given a dict, and for nil in it",
      example: "println(toml_stringify({a: [1, 2]}))",
    },
    ([value]) => {
      if (!(value instanceof Dict) && !(value instanceof StructValue)) {
        throw thrown(`toml_stringify: expected a dict, got ${typeName(value)}`);
      }
      return stringifyToml(plainOf(value), { numbersAsFloat: true });
    },
  ),
];
