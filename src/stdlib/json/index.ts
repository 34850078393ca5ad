/** JSON: text, and looking into parsed data. */

import { extractJsonText } from "../../llm/index.ts";
import { Dict, display, List, share, Thrown, type Value } from "../../vm/index.ts";
import { type Builtin, pure } from "../builtin.ts";
import { pointerDelete, pointerGet, pointerSet, pointerTokens } from "./pointer.ts";
import { runQuery } from "./query.ts";
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

function need(name: string, count: number, args: readonly Value[]): void {
  if (args.length < count) throw new Thrown(`${name} requires ${count} arguments`);
}

function tokens(builtin: string, count: number, args: readonly Value[]): string[] {
  need(builtin, count, args);
  return pointerTokens(display(args[1]), builtin);
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
  pure(
    {
      signature: "json_pointer(value: any, pointer: string) -> any",
      summary: "Read the place a JSON Pointer names; nil when there is none",
      errors: "A malformed pointer",
      example: 'println(json_pointer({a: [1, 2]}, "/a/1"))',
    },
    (args) => pointerGet(args[0], tokens("json_pointer", 2, args)),
  ),
  pure(
    {
      signature: "json_pointer_set(value: any, pointer: string, replacement: any) -> any",
      summary: "Copy data with the place a JSON Pointer names replaced; `-` appends to a list",
      errors: "A malformed pointer",
      example: 'println(json_pointer_set({a: [1]}, "/a/-", 2))',
    },
    (args) => pointerSet(args[0], tokens("json_pointer_set", 3, args), args[2]),
  ),
  pure(
    {
      signature: "json_pointer_delete(value: any, pointer: string) -> any",
      summary: "Copy data without the place a JSON Pointer names",
      errors: "A malformed pointer",
      example: 'println(json_pointer_delete({a: 1, b: 2}, "/a"))',
    },
    (args) => pointerDelete(args[0], tokens("json_pointer_delete", 2, args)),
  ),
  pure(
    {
      signature: "jq(value: any, query: string) -> list",
      summary: "All values a jq expression gives (a subset of jq)",
      errors: "A malformed expression",
      example: 'println(jq({users: [{n: 1}, {n: 2}]}, ".users[] | select(.n > 1) | .n"))',
    },
    (args) => {
      need("jq", 2, args);
      return new List(runQuery(args[0], display(args[1])));
    },
  ),
  pure(
    {
      signature: "jq_first(value: any, query: string) -> any",
      summary: "The first value a jq expression gives, or nil",
      errors: "A malformed expression",
      example: 'println(jq_first([3, 4], ".[]"))',
    },
    (args) => {
      need("jq_first", 2, args);
      return runQuery(args[0], display(args[1]))[0];
    },
  ),
];
