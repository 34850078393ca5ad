/** JSON: text, and looking into parsed data. */

import { extractJsonText } from "../../llm/index.ts";
import { Dict, display, share, Thrown } from "../../vm/index.ts";
import { type Builtin, pure } from "../builtin.ts";
import { JsonSyntaxError, readJson } from "./read-json.ts";
import { writeJson } from "./write-json.ts";

function parse(text: string, prefix: string) {
  try {
    return readJson(text);
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw new Thrown(`${prefix}: ${error.message}`);
    throw error;
  }
}

export const jsonBuiltins: readonly Builtin[] = [
  pure(
    {
      signature: "json_stringify(value: any) -> string",
      summary: "Write a value as JSON, keys sorted, without spaces",
      example: 'println(json_stringify({b: [1, 2.5], a: "x"}))',
    },
    ([value]) => writeJson(value),
  ),
  pure(
    {
      signature: "json_parse(text: string) -> any",
      summary: "Read JSON text; numbers without fraction become ints",
      errors: "Throws `JSON parse error: … at line L column C`",
      example: 'println(json_parse("[1, 2.0]"))',
    },
    ([text]) => parse(text === undefined ? "" : display(text), "JSON parse error"),
  ),
  pure(
    {
      signature: "json_extract(text: string, key?: string) -> any",
      summary: "Find the JSON in prose or a fenced block, and read it or one of its keys",
      errors: "Throws when there is no JSON, or no such key",
      example: 'println(json_extract("The answer: {\\"n\\": 7}", "n"))',
    },
    (args) => {
      const [text, key] = args;
      if (args.length === 0) throw new Thrown("json_extract requires at least 1 argument: text");
      const value = parse(extractJsonText(display(text)), "json_extract: failed to parse JSON");
      if (key === undefined) return value;
      if (!(value instanceof Dict)) throw new Thrown("json_extract: parsed value is not a dict, cannot extract key");
      const name = display(key);
      if (!value.map.has(name)) throw new Thrown(`json_extract: key '${name}' not found`);
      return share(value.map.get(name));
    },
  ),
];
