/** Filters: `value | name: argument, argument`. */

import { table } from "../../base/index.ts";
import {
  codePoints,
  Dict,
  display,
  isInt,
  List,
  listOf,
  RangeValue,
  SetValue,
  textLength,
  toDouble,
  typeName,
  type Value,
} from "../../vm/index.ts";
import { writeJson } from "../json/write-json.ts";
import { replaceAll, trim } from "../text/string-methods.ts";
import { isTrue, shownValue } from "./template-values.ts";

/** What a filter says of a value it cannot take. */
export class FilterProblem extends Error {}

interface Filter {
  /** How many arguments: at least, at most. */
  readonly arity: readonly [number, number];
  readonly apply: (value: Value, args: readonly Value[]) => Value;
}

/** The widest `indent`. */
const MAX_INDENT = 1000;

const onText = (work: (text: string) => Value): Filter => ({
  arity: [0, 0],
  apply: (value) => work(shownValue(value)),
});

const itemsOf = (value: Value): readonly Value[] | undefined =>
  value instanceof List || value instanceof SetValue ? value.items : undefined;

const filters: Readonly<Record<string, Filter>> = table({
  upper: onText((text) => text.toUpperCase()),
  lower: onText((text) => text.toLowerCase()),
  trim: onText(trim),
  capitalize: onText((text) => capitalized(text)),
  title: onText((text) =>
    text
      .split(/(\s+)/u)
      .map((word) => capitalized(word))
      .join(""),
  ),
  lines: onText((text) => new List(text.split("\n"))),
  escape_md: onText((text) => text.replace(/[\\`*_{}[\]()#+\-.!|<>]/g, "\\$&")),
  length: { arity: [0, 0], apply: lengthOf },
  first: { arity: [0, 0], apply: (value) => elementOf(value, 0) },
  last: { arity: [0, 0], apply: (value) => elementOf(value, -1) },
  reverse: {
    arity: [0, 0],
    apply(value) {
      if (value instanceof List) return listOf(value.items.toReversed());
      return typeof value === "string" ? codePoints(value).reverse().join("") : value;
    },
  },
  join: {
    arity: [1, 1],
    apply(value, [separator]) {
      if (typeof value === "string") return value;
      const items = itemsOf(value);
      if (items === undefined) throw new FilterProblem(`\`join\` requires a list (got ${typeName(value)})`);
      return items.map(shownValue).join(shownValue(separator));
    },
  },
  default: { arity: [1, 1], apply: (value, [fallback]) => (isTrue(value) ? value : fallback) },
  json: {
    arity: [0, 1],
    apply: (value, [pretty]) => (isTrue(pretty) ? prettyJson(writeJson(value)) : writeJson(value)),
  },
  indent: { arity: [1, 2], apply: (value, [width, first]) => indented(shownValue(value), width, isTrue(first)) },
  replace: {
    arity: [2, 2],
    apply: (value, [from, to]) => replaceAll(shownValue(value), shownValue(from), shownValue(to)),
  },
});

/** @throws FilterProblem */
export function applyFilter(name: string, value: Value, args: readonly Value[]): Value {
  const filter = Object.hasOwn(filters, name) ? filters[name] : undefined;
  if (filter === undefined) throw new FilterProblem(`unknown filter \`${name}\``);
  const [least, most] = filter.arity;
  if (args.length < least || args.length > most) {
    throw new FilterProblem(`filter \`${name}\` got wrong number of arguments`);
  }
  return filter.apply(value, args);
}

function capitalized(text: string): string {
  const [first = "", ...rest] = codePoints(text);
  return first.toUpperCase() + rest.join("").toLowerCase();
}

function lengthOf(value: Value): Value {
  if (typeof value === "string") return textLength(value);
  if (value instanceof Dict) return value.map.size;
  if (value instanceof RangeValue) return value.length;
  if (value === undefined) return 0;
  const items = itemsOf(value);
  if (items === undefined) throw new FilterProblem(`\`length\` not defined for ${typeName(value)}`);
  return items.length;
}

function elementOf(value: Value, at: number): Value {
  if (typeof value === "string") return codePoints(value).at(at);
  return itemsOf(value)?.at(at);
}

function indented(text: string, width: Value, first: boolean): string {
  if (!isInt(width)) throw new FilterProblem("`indent` requires an integer width");
  if (toDouble(width) > MAX_INDENT) {
    throw new FilterProblem(`\`indent\` takes a width of at most ${MAX_INDENT}, got ${display(width)}`);
  }
  const padding = " ".repeat(Math.max(0, toDouble(width)));
  return text
    .split("\n")
    .map((line, at) => (line !== "" && (at > 0 || first) ? `${padding}${line}` : line))
    .join("\n");
}

/** Compact JSON with line breaks and two spaces a level; empty brackets stay together. */
function prettyJson(compact: string): string {
  const parts: string[] = [];
  let depth = 0;
  const newLine = (): string => `\n${"  ".repeat(depth)}`;
  for (const token of compact.match(/"(?:[^"\\]|\\.)*"|\[\]|\{\}|[[\]{},:]|[^[\]{},:"]+/g) ?? []) {
    if (token === "{" || token === "[") {
      depth += 1;
      parts.push(token, newLine());
    } else if (token === "}" || token === "]") {
      depth -= 1;
      parts.push(newLine(), token);
    } else if (token === ",") parts.push(token, newLine());
    else parts.push(token === ":" ? ": " : token);
  }
  return parts.join("");
}
