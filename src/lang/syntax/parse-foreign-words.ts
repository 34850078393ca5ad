/** Statements that begin with a word of another language, or with a misspelt one. */

import { type ForeignWord, foreignWord } from "./foreign-syntax.ts";
import { describeToken, failWith, here } from "./parse-failures.ts";
import { at, currentToken, kindAhead, type Parser, tokenText } from "./parser-state.ts";
import { isKeyword, type Keyword, type Token } from "./tokens.ts";

/**
 * Where a statement that began at token index `before` does not end as one does: its first word, or the one behind its
 * last brace, may come from another language or be misspelt, as in `def f()` or `} elif x {`. Says so, having taken back
 * what was told since (`told` diagnostics were there). The answer is where the list goes on: "again" at the first word,
 * which has been corrected, "next" behind the statement.
 */
export function tryReadForeignWord(p: Parser, before: number, told: number): "again" | "next" | undefined {
  if (p.panic || p.speculating) return undefined;
  if (readForeignWord(p, before, told)) return "again";
  if (p.panic || p.tokens[p.pos - 1]!.kind !== "}") return undefined;
  return readForeignWord(p, p.pos, p.diagnostics.length) ? "next" : undefined;
}

/** True when the parser goes on at the word or behind it. In panic afterwards: said so, but there is nothing to go on with. */
function readForeignWord(p: Parser, index: number, told: number): boolean {
  const token = p.tokens[index]!;
  if (token.kind !== "identifier") return false;
  // `word(…)` is a call, unless a body follows.
  if (p.tokens[index + 1]!.kind === "(" && index !== p.pos && !at(p, "{")) return false;
  const word = foreignWord(tokenText(p, token));
  if (word === undefined) return false;
  p.pos = index;
  const takenBack = p.diagnostics.splice(told);
  tellForeignWord(p, word);
  // Where nothing is told, since an error around there was told before, what was wrong with the statement stays told.
  if (p.diagnostics.length === told) p.diagnostics.push(...takenBack);
  if (word.readAs === undefined && word.skip === undefined) return false;
  readOn(p, word);
  return true;
}

/** The same before a declaration, as behind an attribute: `@step def plan(goal)`. */
export function readForeignWords(p: Parser): void {
  while (at(p, "identifier") && (kindAhead(p, 1) === "identifier" || isKeyword(kindAhead(p, 1)))) {
    const word = foreignWord(tokenText(p, currentToken(p)));
    if (word === undefined || (word.readAs === undefined && word.skip === undefined)) return;
    tellForeignWord(p, word);
    readOn(p, word);
  }
}

function tellForeignWord(p: Parser, word: ForeignWord): void {
  const got = describeToken(p, currentToken(p));
  failWith(p, "HARN-P022", `Expected ${word.expected}, got ${got} at ${here(p)}`, { hint: word.hint });
}

function readOn(p: Parser, word: ForeignWord): void {
  p.panic = false;
  if (word.readAs === undefined) p.pos++;
  else respell(p, p.pos, word.readAs);
}

/** The tokens are the parser's own: nobody else sees them. */
function respell(p: Parser, index: number, kind: Keyword): void {
  (p.tokens as Token[])[index] = { ...p.tokens[index]!, kind };
}

/**
 * Before a body, when what stands before it was not understood: its `{` may still stand on the same line. What is inside
 * is then read as usual, so that an error in a head hides none in the body.
 */
export function resumeAtBody(p: Parser): void {
  if (!p.panic || !p.mayResume || p.speculating) return;
  const { depth, partner } = p.brackets;
  const end = Math.min(p.tokens.length, p.pos + MAX_RESUME_DISTANCE);
  for (let index = p.pos; index < end; index++) {
    const { kind } = p.tokens[index]!;
    if (depth[index]! > p.level) continue;
    if (depth[index]! < p.level || kind === "newline" || kind === ";" || kind === "}" || kind === "eof") return;
    if (kind !== "{" || partner[index]! < 0) continue;
    p.pos = index;
    p.panic = false;
    return;
  }
}

/** Tokens between an error and the body it may be followed by. */
const MAX_RESUME_DISTANCE = 100;
