/**
 * Signatures of builtins written in one line, as documentation shows them:
 * `name<T>(first: type, second?: type, ...rest: type) -> type`, every part behind the name optional.
 */

import type { BuiltinArguments, BuiltinSignature } from "./builtin-table.ts";

/** Reads such a line. Parameters without a type may be anything. Throws on a line that is not of this form. */
export function readBuiltinSignature(text: string): BuiltinSignature {
  const match = /^\s*([A-Za-z_][\w.]*)\s*(?:<([^>]*)>)?\s*\(/.exec(text);
  const name = match?.[1];
  const open = match?.[0].length;
  const close = open === undefined ? undefined : closingParen(text, open);
  const tail = close === undefined ? undefined : /^\s*(?:->\s*(\S[\s\S]*?))?\s*$/.exec(text.slice(close + 1));
  if (name === undefined || open === undefined || close === undefined || !tail) {
    throw new Error(`Expected a signature like \`name(a: int) -> string\`, got \`${text}\``);
  }
  const generics = splitTopLevel(match?.[2] ?? "");
  const params = splitTopLevel(text.slice(open, close));
  // A rest parameter takes any number of arguments, so positions end before it.
  const positional = params.filter((param) => !param.startsWith("..."));
  const returns = tail[1];
  return {
    name,
    ...(generics.length === 0 ? {} : { generics }),
    params: positional.map((param) => param.slice(param.indexOf(":") + 1 || param.length).trim() || "any"),
    ...(returns === undefined ? {} : { returns }),
  };
}

/** Where the dict of options may stand in such a line: the parameters called `options`, `config` or `…_or_options`. */
export function optionPositions(text: string): readonly number[] {
  return paramsOf(text).flatMap((param, index) => (/^(?:config|(?:\w+_or_)?options)\b/.test(param) ? [index] : []));
}

/** What builtins say of their arguments, by the name in their signatures. */
export function declaredArguments(
  builtins: readonly { readonly signature: string; readonly options?: readonly string[] }[],
): ReadonlyMap<string, BuiltinArguments> {
  return new Map(
    builtins.map(({ signature, options }) => {
      const params = paramsOf(signature);
      const takesAnyNumber = params.some((param) => param.startsWith("..."));
      const taken: BuiltinArguments = {
        ...(takesAnyNumber ? {} : { most: params.length }),
        ...(options === undefined ? {} : { options: { positions: optionPositions(signature), names: options } }),
      };
      return [readBuiltinSignature(signature).name, taken];
    }),
  );
}

function paramsOf(text: string): readonly string[] {
  const open = text.indexOf("(") + 1;
  return splitTopLevel(text.slice(open, closingParen(text, open) ?? open));
}

function closingParen(text: string, from: number): number | undefined {
  let depth = 1;
  for (let index = from; index < text.length; index++) {
    if (text[index] === "(") depth++;
    else if (text[index] === ")" && --depth === 0) return index;
  }
  return undefined;
}

/** Splits at the commas outside all brackets. The `>` of an arrow closes nothing. */
function splitTopLevel(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let part = "";
  for (const [index, char] of [...text].entries()) {
    if ("([{<".includes(char)) depth++;
    if (")]}".includes(char) || (char === ">" && text[index - 1] !== "-")) depth--;
    if (char === "," && depth === 0) {
      parts.push(part);
      part = "";
    } else {
      part += char;
    }
  }
  return [...parts, part].map((each) => each.trim()).filter((each) => each !== "");
}
