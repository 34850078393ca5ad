/** YAML 1.2. Ints and floats stay what they are; keys are texts; aliases are followed, but not without end. */

import { parseDocument, Scalar, stringify } from "yaml";
import { Dict, display, Float, int, List, SetValue, StructValue, type Value } from "../../vm/index.ts";
import { textArgument, thrown } from "../arguments.ts";
import { type Builtin, pure } from "../builtin.ts";
import { jsonToValue, valueToJson } from "../json/convert.ts";

/** How often aliases may repeat nodes: a text of a few lines must not stand for gigabytes. */
const MAX_ALIASES = 1000;

function parse(text: string): Value {
  const document = parseDocument(text, { version: "1.2", intAsBigInt: true, uniqueKeys: true });
  const [problem] = document.errors;
  if (problem !== undefined) throw thrown(`YAML parse error: ${firstLine(problem.message)}`);
  try {
    return fromYaml(document.toJS({ mapAsMap: true, maxAliasCount: MAX_ALIASES }));
  } catch (error) {
    if (error instanceof ReferenceError) throw thrown(`YAML parse error: ${firstLine(error.message)}`);
    throw error;
  }
}

const firstLine = (message: string): string => (message.split("\n", 1)[0] ?? "").replace(/:$/, "");

/** Plain data of the library, whose ints are bigints. */
function fromYaml(data: unknown): Value {
  if (typeof data === "string" || typeof data === "boolean") return data;
  if (typeof data === "number") return new Float(data);
  if (typeof data === "bigint") return BigInt.asIntN(64, data) === data ? int(data) : new Float(Number(data));
  if (Array.isArray(data)) return new List(data.map(fromYaml));
  if (data instanceof Set) return new List([...data].map(fromYaml));
  if (!(data instanceof Map)) return undefined;
  return new Dict(new Map([...data].map(([key, item]) => [keyOf(key), fromYaml(item)])));
}

function keyOf(key: unknown): string {
  return key === null ? "null" : display(fromYaml(key));
}

/** What the library writes as the language means it: `4.0` is no `4`. */
function plainOf(value: Value): unknown {
  if (typeof value === "number") return BigInt(value);
  if (value instanceof Float) {
    const node = new Scalar(value.value);
    if (Number.isInteger(value.value)) node.minFractionDigits = 1;
    return node;
  }
  if (value instanceof List || value instanceof SetValue) return value.items.map(plainOf);
  if (value instanceof Dict || value instanceof StructValue) {
    return new Map(value.keys().map((key) => [key, plainOf(value.map.get(key))]));
  }
  return typeof value === "object" ? plainOf(jsonToValue(valueToJson(value))) : (value ?? null);
}

export const yamlBuiltins: readonly Builtin[] = [
  pure(
    {
      signature: "yaml_parse(text: string) -> any",
      summary: "Read a YAML document",
      errors: "Throws `YAML parse error: …`",
      example: 'println(yaml_parse("a: [1, 2.5]").a)',
    },
    (args) => parse(textArgument(args, 0)),
  ),
  pure(
    {
      signature: "yaml_stringify(value: any) -> string",
      summary: "Write a value as YAML",
      example: "println(yaml_stringify({a: [1, 2.5]}))",
    },
    ([value]) =>
      stringify(plainOf(value), { version: "1.2", indentSeq: false, lineWidth: 0, aliasDuplicateObjects: false }),
  ),
];
