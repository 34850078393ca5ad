/** Builtins over text. Arguments that are no strings are taken as the text they print as. */

import {
  Dict,
  display,
  equal,
  isInt,
  List,
  RuntimeError,
  repeatText,
  textLength,
  textSlice,
  type Value,
} from "../../vm/index.ts";
import { textArgument } from "../arguments.ts";
import { type Builtin, pure } from "../builtin.ts";
import {
  lowerFirst,
  splitCamel,
  splitKebab,
  splitSnake,
  titleCase,
  toCamel,
  toKebab,
  toPascal,
  toSnake,
  upperFirst,
} from "./case.ts";
import { basename, dirname, extname } from "./path-names.ts";
import { replaceAll, splitText, trim } from "./string-methods.ts";

/** An optional argument: nil and a missing one stand for the fallback. */
const option = (value: Value, fallback: string): string => (value === undefined ? fallback : display(value));

const graphemes = (value: string): string[] =>
  Array.from(new Intl.Segmenter("en", { granularity: "grapheme" }).segment(value), ({ segment }) => segment);

/** `{name}` from a dict, else `{}` from the arguments in order; what has no value stays as written. */
function format(args: readonly Value[]): string {
  const template = textArgument(args, 0);
  const [, names] = args;
  if (names instanceof Dict) {
    return template.replace(/\{([^}]*)\}/g, (all, key: string) =>
      names.map.has(key) ? display(names.map.get(key)) : all,
    );
  }
  let next = 1;
  return template.replaceAll("{}", () => (next < args.length ? display(args[next++]) : "{}"));
}

function substring(value: string, start: Value, length: Value): string {
  const size = textLength(value);
  const from = Math.min(Math.max(0, isInt(start) ? Number(start) : 0), size);
  const count = isInt(length) ? Math.max(0, Number(length)) : size;
  return textSlice(value, from, Math.min(size, from + count));
}

function padded(value: string, width: Value, fill: Value, side: Value): string {
  const missing = (isInt(width) ? Number(width) : 0) - graphemes(value).length;
  if (missing <= 0) return value;
  const filler = graphemes(option(fill, ""))[0] ?? " ";
  switch (option(side, "right").toLowerCase()) {
    case "left":
      return repeatText(filler, missing) + value;
    case "right":
      return value + repeatText(filler, missing);
    case "both": {
      const left = Math.floor(missing / 2);
      return repeatText(filler, left) + value + repeatText(filler, missing - left);
    }
    default:
      throw new RuntimeError("runtime", "str_pad: side must be left, right, or both");
  }
}

const FORMS = ["NFC", "NFD", "NFKC", "NFKD"] as const;

function normalize(value: string, name: Value): string {
  const wanted = option(name, "NFC").toUpperCase();
  const form = FORMS.find((each) => each === wanted);
  if (!form) throw new RuntimeError("runtime", "unicode_normalize: form must be NFC, NFD, NFKC, or NFKD");
  return value.normalize(form);
}

const converted = (name: string, summary: string, sample: string, change: (value: string) => string): Builtin =>
  pure(
    {
      signature: `${name}(text: string) -> string`,
      summary,
      example: `println(${name}("${sample}"))`,
    },
    (args) => change(textArgument(args, 0)),
  );

export const textBuiltins: readonly Builtin[] = [
  pure(
    {
      signature: "format(template: string, ...values: any) -> string",
      summary: "Fill `{}` with the values in order, or `{name}` from a dict",
      example: 'println(format("{} of {}", 1, 2))\nprintln(format("Hi {name}", {name: "Ada"}))',
    },
    (args) => format(args),
  ),
  converted("trim", "Remove white space at both ends", "  x ", trim),
  converted("lowercase", "Make all letters small", "Déjà VU", (value) => value.toLowerCase()),
  converted("uppercase", "Make all letters large", "straße", (value) => value.toUpperCase()),
  pure(
    {
      signature: "split(text: string, separator?: string) -> list",
      summary: "Cut text at a separator (default a space)",
      example: 'println(split("a,b", ","))',
    },
    (args) => splitText(textArgument(args, 0), option(args[1], " ")),
  ),
  pure(
    {
      signature: "join(items: list, separator?: string) -> string",
      summary: "Put the texts of items together",
      example: 'println(join([1, 2], "-"))',
    },
    ([items, separator]) => (items instanceof List ? items.items.map(display).join(option(separator, "")) : ""),
  ),
  pure(
    {
      signature: "replace(text: string, old: string, new: string) -> string",
      summary: "Replace every occurrence",
      example: 'println(replace("a.b.c", ".", "/"))',
    },
    (args) => replaceAll(textArgument(args, 0), textArgument(args, 1), textArgument(args, 2)),
  ),
  pure(
    {
      signature: "contains(haystack: string | list, needle: any) -> bool",
      summary: "Tell whether text holds a part, or a list an item",
      example: 'println(contains("haystack", "st"))',
    },
    (args) => {
      const [haystack, needle] = args;
      if (typeof haystack === "string") return haystack.includes(textArgument(args, 1));
      return haystack instanceof List && haystack.items.some((item) => equal(item, needle));
    },
  ),
  pure(
    {
      signature: "starts_with(text: string, prefix: string) -> bool",
      summary: "Tell how text starts",
      example: 'println(starts_with("harn", "ha"))',
    },
    (args) => textArgument(args, 0).startsWith(textArgument(args, 1)),
  ),
  pure(
    {
      signature: "ends_with(text: string, suffix: string) -> bool",
      summary: "Tell how text ends",
      example: 'println(ends_with("harn", "rn"))',
    },
    (args) => textArgument(args, 0).endsWith(textArgument(args, 1)),
  ),
  pure(
    {
      signature: "substring(text: string, start: int, length?: int) -> string",
      summary: "Take `length` characters from a position, or all that follow",
      example: 'println(substring("harness", 0, 4))',
    },
    (args) => substring(textArgument(args, 0), args[1], args[2]),
  ),
  pure(
    {
      signature: "str_pad(text: string, width: int, fill?: string, side?: string) -> string",
      summary: "Fill text up to a width in visible characters; side is left, right or both",
      errors: "Another side",
      example: 'println("[" + str_pad("7", 3, "0", "left") + "]")',
    },
    (args) => padded(textArgument(args, 0), args[1], args[2], args[3]),
  ),
  pure(
    {
      signature: "unicode_normalize(text: string, form?: string) -> string",
      summary: "Bring text into NFC (default), NFD, NFKC or NFKD",
      errors: "Another form",
      example: 'println(len(unicode_normalize("é", "NFD")))',
    },
    (args) => normalize(textArgument(args, 0), args[1]),
  ),
  pure(
    {
      signature: "unicode_graphemes(text: string) -> list",
      summary: "Cut text into what people see as characters",
      example: 'println(len(unicode_graphemes("🇩🇪é")))',
    },
    (args) => new List(graphemes(textArgument(args, 0))),
  ),
  converted("title_case", "Start every word with a large letter", "the TITLE", titleCase),
  converted("uppercase_first", "Make the first letter large", "harn", upperFirst),
  converted("lowercase_first", "Make the first letter small", "Harn", lowerFirst),
  converted("snake_to_camel", "Turn snake_case into camelCase", "max_turn_count", (value) =>
    toCamel(splitSnake(value)),
  ),
  converted("snake_to_pascal", "Turn snake_case into PascalCase", "max_turn_count", (value) =>
    toPascal(splitSnake(value)),
  ),
  converted("snake_to_kebab", "Turn snake_case into kebab-case", "max_turn_count", (value) =>
    toKebab(splitSnake(value)),
  ),
  converted("camel_to_snake", "Turn camelCase into snake_case", "parseHTTPHeader", (value) =>
    toSnake(splitCamel(value)),
  ),
  converted("camel_to_kebab", "Turn camelCase into kebab-case", "parseHTTPHeader", (value) =>
    toKebab(splitCamel(value)),
  ),
  converted("camel_to_pascal", "Turn camelCase into PascalCase", "maxTurns", upperFirst),
  converted("pascal_to_snake", "Turn PascalCase into snake_case", "MaxTurns", (value) => toSnake(splitCamel(value))),
  converted("pascal_to_camel", "Turn PascalCase into camelCase", "MaxTurns", lowerFirst),
  converted("kebab_to_camel", "Turn kebab-case into camelCase", "max-turns", (value) => toCamel(splitKebab(value))),
  converted("kebab_to_snake", "Turn kebab-case into snake_case", "max-turns", (value) => toSnake(splitKebab(value))),
  converted("dirname", "Folder part of a path", "/srv/app/main.harn", dirname),
  converted("basename", "Last name of a path", "/srv/app/main.harn", basename),
  converted("extname", "Extension of a path, with its dot", "/srv/app/main.harn", extname),
];
