/** Regular expressions. Searching takes time in proportion to the text; see `search-cost.ts` for how. */

import { Dict, List, type NativeContext, type Value } from "../../vm/index.ts";
import { textArgument, thrown } from "../arguments.ts";
import { type Builtin, pure } from "../builtin.ts";
import { compileRegex, type Regex } from "./regex.ts";

export const REGEX_STATE = "regex";
const MAX_KEPT = 128;

/** A run keeps the patterns it used last. */
function regexOf(pattern: string, flags: string, { vm }: NativeContext): Regex {
  let kept = vm.state.get(REGEX_STATE) as Map<string, Regex> | undefined;
  if (kept === undefined) {
    kept = new Map();
    vm.state.set(REGEX_STATE, kept);
  }
  const key = `${flags}\0${pattern}`;
  const known = kept.get(key);
  if (known !== undefined) return known;
  const compiled = compileRegex(pattern, flags);
  if ("message" in compiled) throw thrown(`Invalid regex: ${compiled.message}`);
  if (kept.size >= MAX_KEPT) kept.delete(kept.keys().next().value ?? "");
  kept.set(key, compiled.regex);
  return compiled.regex;
}

const ERRORS = "Throws for a pattern that is none; look-around and back-references are not supported";

function replacing(name: string): Builtin {
  return pure(
    {
      signature: `${name}(pattern: string, replacement: string, text: string, flags?: string) -> string`,
      summary: "Replace every match; `$1`, `$name` and `${name}` stand for groups",
      errors: ERRORS,
      example: `println(${name}("(a)(b)", "$2$1", "ab ab"))`,
    },
    (args, context) => {
      if (args.length < 3) return undefined;
      return regexOf(textArgument(args, 0), textArgument(args, 3), context).replaceAll(
        textArgument(args, 2),
        textArgument(args, 1),
      );
    },
  );
}

export const regexBuiltins: readonly Builtin[] = [
  pure(
    {
      signature: "regex_match(pattern: string, text: string, flags?: string) -> list<string> | nil",
      summary: "List the matches in a text; nil when there is none",
      errors: ERRORS,
      example: 'println(regex_match("[0-9]+", "a1 b22"))',
    },
    (args, context) => {
      if (args.length < 2) return undefined;
      const regex = regexOf(textArgument(args, 0), textArgument(args, 2), context);
      const found = Array.from(regex.findAll(textArgument(args, 1)), ({ groups }): Value => groups[0]);
      return found.length === 0 ? undefined : new List(found);
    },
  ),
  replacing("regex_replace"),
  replacing("regex_replace_all"),
  pure(
    {
      signature: "regex_captures(pattern: string, text: string, flags?: string) -> list<dict>",
      summary: "List the matches as `{match, groups, …named groups}`",
      errors: ERRORS,
      example: 'println(regex_captures("(?P<key>[a-z]+)=([0-9]+)", "a=1")[0].key)',
    },
    (args, context) => {
      if (args.length < 2) return new List([]);
      const regex = regexOf(textArgument(args, 0), textArgument(args, 2), context);
      return new List(
        Array.from(regex.findAll(textArgument(args, 1)), ({ groups }) => {
          const map = new Map<string, Value>([
            ["match", groups[0] ?? ""],
            ["groups", new List(groups.slice(1))],
          ]);
          for (const [name, index] of regex.names) if (groups[index] !== undefined) map.set(name, groups[index]);
          return new Dict(map);
        }),
      );
    },
  ),
  pure(
    {
      signature: "regex_split(text: string, pattern: string, flags?: string) -> list<string>",
      summary: "Split a text at every match",
      errors: ERRORS,
      example: 'println(regex_split("a, b,c", ",\\\\s*"))',
    },
    (args, context) => {
      if (args.length < 2) return undefined;
      const regex = regexOf(textArgument(args, 1), textArgument(args, 2), context);
      return new List(regex.split(textArgument(args, 0)));
    },
  ),
];
