/**
 * Patterns of file names: `*` and `?` inside a name, `**` across folders, `[a-z]`, `[!a-z]`, `{one,other}`, `\` before a
 * character that is meant. Names that start with a dot match like others.
 */

import picomatch from "picomatch";

export interface GlobPattern {
  /** Folder names before the first special character: the walk may start there. */
  readonly prefix: readonly string[];
  /** How deep below the start a match can lie; Infinity with `**`. */
  readonly maxDepth: number;
  readonly matches: (relativePath: string) => boolean;
}

/** A message when the pattern is none. */
export type GlobResult = { readonly pattern: GlobPattern } | { readonly message: string };

export function compileGlob(text: string): GlobResult {
  const problem = findProblem(text);
  if (problem !== undefined) return { message: `error parsing glob '${text}': ${problem}` };
  const matches = picomatch(text, { dot: true, nonegate: true, noextglob: true, posix: true });
  // A slash inside braces belongs to a name of the list, not to the path.
  const names = text.includes("{") ? undefined : text.split("/");
  const plain = names?.findIndex((name) => /[*?[{\\]/.test(name)) ?? 0;
  return {
    pattern: {
      prefix: names === undefined ? [] : names.slice(0, plain < 0 ? names.length - 1 : plain),
      maxDepth: names === undefined || text.includes("**") ? Number.POSITIVE_INFINITY : names.length,
      matches,
    },
  };
}

function findProblem(text: string): string | undefined {
  let braces = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === "\\") {
      if (at + 1 === text.length) return "dangling '\\'";
      at += 1;
    } else if (character === "[") {
      // A `]` that comes first is one of the characters.
      const first = text[at + 1] === "!" || text[at + 1] === "^" ? at + 2 : at + 1;
      const end = text.indexOf("]", first + 1);
      if (end < 0) return "unclosed character class; missing ']'";
      at = end;
    } else if (character === "{") braces += 1;
    else if (character === "}") {
      if (braces === 0) return "unopened alternate group; missing '{' (maybe escape '}' with '[}]'?)";
      braces -= 1;
    }
  }
  return braces > 0 ? "unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)" : undefined;
}
