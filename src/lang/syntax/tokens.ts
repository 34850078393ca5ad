/**
 * What the lexer hands to the parser.
 *
 * Keywords and punctuation are their own token kind, spelled as in the source. White space, line continuations and
 * comments are not tokens; comments are kept in a list of their own. A run of line breaks is one `newline` token, and
 * there is none before the first token. `invalid` covers text the lexer has already reported.
 */

/** Reserved words (§1.4). All of them may still follow a `.` or be a bare dict key. */
export const KEYWORDS = [
  "break",
  "catch",
  "continue",
  "deadline",
  "defer",
  "else",
  "emit",
  "enum",
  "eval_pack",
  "exclusive",
  "extends",
  "false",
  "finally",
  "fn",
  "for",
  "from",
  "guard",
  "if",
  "impl",
  "import",
  "in",
  "interface",
  "let",
  "match",
  "mutex",
  "nil",
  "override",
  "parallel",
  "pipeline",
  "pub",
  "require",
  "retry",
  "return",
  "select",
  "spawn",
  "struct",
  "throw",
  "to",
  "tool",
  "true",
  "try",
  "type",
  "var",
  "while",
  "yield",
] as const;

export type Keyword = (typeof KEYWORDS)[number];

/** Words with a meaning in one place only; ordinary names everywhere else. */
export const CONTEXTUAL_WORDS = [
  "as",
  "default",
  "description",
  "each",
  "gen",
  "max_concurrent",
  "not",
  "out",
  "settle",
  "skill",
  "stream",
  "summarize",
  "timeout",
  "where",
  "with",
] as const;

export const PUNCTUATION = [
  "...",
  "==",
  "!=",
  "&&",
  "||",
  "|>",
  "??",
  "**",
  "?.",
  "->",
  "<=",
  ">=",
  "+=",
  "-=",
  "*=",
  "/=",
  "%=",
  "=",
  "!",
  ".",
  "+",
  "-",
  "*",
  "/",
  "%",
  "<",
  ">",
  "?",
  "|",
  "{",
  "}",
  "(",
  ")",
  "[",
  "]",
  ",",
  ":",
  ";",
  "@",
] as const;

export type Punctuation = (typeof PUNCTUATION)[number];

export type TokenKind =
  | Keyword
  | Punctuation
  | "identifier"
  | "int"
  | "float"
  | "duration"
  | "string"
  | "interpolated"
  | "newline"
  | "invalid"
  | "eof";

export interface Token {
  readonly kind: TokenKind;
  /** UTF-16 offsets into the file, also inside `${}`. */
  readonly start: number;
  readonly end: number;
  /** A line break stands somewhere between the token before and this one. */
  readonly lineBreakBefore: boolean;
  /** What a `string` or `interpolated` token says; null for the others, whose text says it all. */
  readonly content: StringContent | null;
}

export interface StringContent {
  readonly style: "plain" | "raw" | "triple";
  /** Escapes resolved, indentation removed. A `string` token has at most one part, a text. */
  readonly parts: readonly StringTokenPart[];
}

export type StringTokenPart =
  | { readonly kind: "text"; readonly value: string }
  /** From `${` to `}` inclusive; the tokens end with an `eof` at the closing brace. */
  | { readonly kind: "interpolation"; readonly start: number; readonly end: number; readonly tokens: readonly Token[] };

const KEYWORD_SET: ReadonlySet<string> = new Set(KEYWORDS);

export function isKeyword(word: string): word is Keyword {
  return KEYWORD_SET.has(word);
}

/** The value of a string without interpolation. */
export function stringValue(content: StringContent): string {
  const first = content.parts[0];
  return first?.kind === "text" ? first.value : "";
}
