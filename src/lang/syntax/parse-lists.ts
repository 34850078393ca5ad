/** Members in braces, elements between commas, and what separates them. */

import { fail, levelInside, recover, startsStatement } from "./parse-failures.ts";
import { at, atEnd, currentKind, currentToken, kindAhead, type Parser, skipNewlines, take } from "./parser-state.ts";
import type { TokenKind } from "./tokens.ts";

/** Members up to a closing brace, one parser call each, a comma between them or not; each may fail for itself. */
export function parseMembers<T>(p: Parser, open: number, parseMember: (p: Parser) => T): T[] {
  const members: T[] = [];
  if (p.panic) return members;
  const level = levelInside(p, open);
  const outerLevel = p.level;
  p.level = level;
  let tallest = p.height;
  while (true) {
    p.height = tallest;
    skipNewlines(p);
    if (atEnd(p) || at(p, "}")) break;
    const before = p.pos;
    p.height = 0;
    members.push(parseMember(p));
    tallest = Math.max(tallest, p.height);
    if (!p.panic && p.pos === before) fail(p, "}");
    if (p.panic) {
      if (!recover(p, level, before)) break;
    } else {
      skipNewlines(p);
      take(p, ",");
    }
  }
  p.level = outerLevel;
  return members;
}

/** With these a list has been left unclosed. */
const NO_ELEMENT: ReadonlySet<TokenKind> = new Set<TokenKind>([")", "]", "}"]);
const NO_ELEMENT_ON_NEW_LINE: ReadonlySet<TokenKind> = new Set<TokenKind>([
  "enum",
  "for",
  "guard",
  "impl",
  "import",
  "interface",
  "let",
  "pipeline",
  "pub",
  "return",
  "struct",
  "throw",
  "var",
  "while",
]);

function startsNoElement(p: Parser): boolean {
  const kind = currentKind(p);
  if (NO_ELEMENT.has(kind)) return true;
  return currentToken(p).lineBreakBefore && NO_ELEMENT_ON_NEW_LINE.has(kind) && kindAhead(p, 1) !== ":";
}

/**
 * Elements up to a closing bracket, separated by commas, line breaks or nothing. An error ends the list, and so does what
 * cannot be an element; the caller then misses its bracket.
 */
export function parseElements<T>(p: Parser, closer: TokenKind, parseElement: (p: Parser) => T): T[] {
  const elements: T[] = [];
  skipNewlines(p);
  while (!atEnd(p) && !at(p, closer) && !startsNoElement(p)) {
    const siblings = p.height;
    p.height = 0;
    elements.push(parseElement(p));
    p.height = Math.max(siblings, p.height);
    skipNewlines(p);
    if (take(p, ",")) skipNewlines(p);
  }
  return elements;
}

/** A `;` or line breaks between two members of a list of statements. */
export function takeSeparator(p: Parser): boolean {
  const semicolon = take(p, ";");
  const newline = at(p, "newline");
  skipNewlines(p);
  return semicolon || newline;
}

/** After a member: insists that the next one starts on a line of its own or behind a `;`. */
export function parseSeparator(p: Parser, item: string): void {
  if (!p.panic && !takeEndOfMember(p)) failSeparator(p, item);
}

/** Nothing of the member follows on its line. */
export function takeEndOfMember(p: Parser): boolean {
  return takeSeparator(p) || atEnd(p) || at(p, "}") || currentToken(p).lineBreakBefore;
}

export function failSeparator(p: Parser, item: string): void {
  const token = currentToken(p);
  const told = p.diagnostics.length;
  fail(p, `${item} separator (\`;\` or newline)`, {}, "HARN-P007");
  // The next member stands right here, unless the line means something else.
  if (startsStatement(token.kind) && p.diagnostics[told]?.code !== "HARN-P022") p.panic = false;
}
