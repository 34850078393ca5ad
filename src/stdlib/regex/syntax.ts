/**
 * Patterns as trees. The dialect is that of Rust's `regex`: no look-around and no back-references, so that a search takes
 * time in proportion to the text whatever the pattern; `\w`, `\d`, `\s`, `\b` and case folding know all of Unicode.
 *
 * A set of characters is kept as the source of a class in JavaScript's `v` dialect, which has intersections, differences
 * and properties of its own.
 */

import { table } from "../../base/index.ts";
export type Assertion =
  | "text-start"
  | "text-end"
  | "line-start"
  | "line-end"
  | "word-boundary"
  | "not-word-boundary"
  | "word-start"
  | "word-end"
  | "word-start-half"
  | "word-end-half";

export type PatternNode =
  | { readonly kind: "empty" }
  | { readonly kind: "literal"; readonly codePoint: number; readonly ignoreCase: boolean }
  /** `source` is a bracketed class in the `v` dialect. */
  | { readonly kind: "class"; readonly source: string; readonly ignoreCase: boolean }
  | { readonly kind: "assertion"; readonly assertion: Assertion; readonly unicode: boolean }
  | { readonly kind: "capture"; readonly index: number; readonly body: PatternNode }
  | { readonly kind: "sequence"; readonly items: readonly PatternNode[] }
  | { readonly kind: "choice"; readonly items: readonly PatternNode[] }
  /** `max` is Infinity for an open end. */
  | {
      readonly kind: "repeat";
      readonly body: PatternNode;
      readonly min: number;
      readonly max: number;
      readonly greedy: boolean;
    };

export interface Pattern {
  readonly root: PatternNode;
  /** Groups, without the whole match. */
  readonly captureCount: number;
  readonly captureNames: ReadonlyMap<string, number>;
}

export interface PatternFlags {
  readonly ignoreCase: boolean;
  readonly multiLine: boolean;
  readonly dotAll: boolean;
  readonly extended: boolean;
}

export class PatternError extends Error {
  /** Where the problem is, in UTF-16 units. */
  constructor(pattern: string, problem: string, start: number, end: number) {
    const before = [...pattern.slice(0, start)].length;
    const width = Math.max(1, [...pattern.slice(start, end)].length);
    const lines = pattern.includes("\n")
      ? `    ${pattern.replaceAll("\n", "\n    ")}`
      : `    ${pattern}\n    ${" ".repeat(before)}${"^".repeat(width)}`;
    super(`regex parse error:\n${lines}\nerror: ${problem}`);
  }
}

/** Groups and brackets inside each other. */
const MAX_NESTING = 250;
/** Nodes after counted repetitions are written out. */
const MAX_SIZE = 100_000;
export const SIZE_MESSAGE = "Compiled regex exceeds size limit";

/** Any code point. (`[^]` would do, were it not for a defect of V8's `v` dialect.) */
export const ANY = "[\\p{Any}]";
export const NOT_LINE_FEED = "[^\\n]";

const WORD = "[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}]";
const ASCII_WORD = "[0-9A-Za-z_]";
export const wordClass = (unicode: boolean): string => (unicode ? WORD : ASCII_WORD);

const perlClasses: Readonly<Record<string, { readonly unicode: string; readonly ascii: string }>> = table({
  d: { unicode: "[\\p{Nd}]", ascii: "[0-9]" },
  s: { unicode: "[\\p{White_Space}]", ascii: "[\\t\\n\\v\\f\\r ]" },
  w: { unicode: WORD, ascii: ASCII_WORD },
});

const asciiClasses: Readonly<Record<string, string>> = table({
  alnum: "[0-9A-Za-z]",
  alpha: "[A-Za-z]",
  ascii: "[\\x00-\\x7F]",
  blank: "[\\t ]",
  cntrl: "[\\x00-\\x1F\\x7F]",
  digit: "[0-9]",
  graph: "[\\x21-\\x7E]",
  lower: "[a-z]",
  print: "[\\x20-\\x7E]",
  punct: "[\\x21-\\x2F\\x3A-\\x40\\x5B-\\x60\\x7B-\\x7E]",
  space: "[\\t\\n\\v\\f\\r ]",
  upper: "[A-Z]",
  word: ASCII_WORD,
  xdigit: "[0-9A-Fa-f]",
});

const controls: Readonly<Record<string, number>> = table({ a: 7, f: 12, t: 9, n: 10, r: 13, v: 11 });

const own = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined;

/** How a code point is written in a class of the `v` dialect. */
function classCharacter(codePoint: number): string {
  return `\\u{${codePoint.toString(16)}}`;
}

interface Flags {
  ignoreCase: boolean;
  multiLine: boolean;
  dotAll: boolean;
  extended: boolean;
  /** Quantifiers are lazy unless marked. */
  swapGreed: boolean;
  unicode: boolean;
}

/** What a piece of syntax inside brackets or after a backslash stands for. */
type Atom =
  | { readonly kind: "character"; readonly codePoint: number }
  | { readonly kind: "set"; readonly source: string };

/** @throws PatternError */
export function parsePattern(text: string, flags: PatternFlags): Pattern {
  return new Parser(text, flags).parse();
}

class Parser {
  readonly #text: string;
  #at = 0;
  #flags: Flags;
  #captures = 0;
  readonly #names = new Map<string, number>();
  #depth = 0;

  constructor(text: string, flags: PatternFlags) {
    this.#text = text;
    this.#flags = { ...flags, swapGreed: false, unicode: true };
  }

  parse(): Pattern {
    const root = this.#choice();
    if (this.#at < this.#text.length) throw this.#error("unopened group", this.#at, this.#at + 1);
    if (sizeOf(root) > MAX_SIZE) throw new PatternError(this.#text, SIZE_MESSAGE, 0, this.#text.length);
    return { root, captureCount: this.#captures, captureNames: this.#names };
  }

  // ---- characters of the pattern -------------------------------------------------------------------------------------

  #error(problem: string, start: number, end: number = this.#at): PatternError {
    return new PatternError(this.#text, problem, start, end);
  }

  #peek(): string {
    return this.#text.charAt(this.#at);
  }

  #startsWith(prefix: string): boolean {
    return this.#text.startsWith(prefix, this.#at);
  }

  #take(prefix: string): boolean {
    if (!this.#startsWith(prefix)) return false;
    this.#at += prefix.length;
    return true;
  }

  #codePoint(): number {
    const codePoint = this.#text.codePointAt(this.#at) ?? 0;
    this.#at += codePoint > 0xffff ? 2 : 1;
    return codePoint;
  }

  #skipBlank(): void {
    if (!this.#flags.extended) return;
    for (;;) {
      if (this.#peek() === "#") {
        const end = this.#text.indexOf("\n", this.#at);
        this.#at = end < 0 ? this.#text.length : end + 1;
      } else if (this.#peek() !== "" && /^\p{White_Space}$/u.test(this.#peek())) this.#at += 1;
      else return;
    }
  }

  // ---- structure -----------------------------------------------------------------------------------------------------

  #nested<T>(start: number, parse: () => T): T {
    if (++this.#depth > MAX_NESTING) {
      throw this.#error(`exceed the maximum number of nested parentheses/brackets (${MAX_NESTING})`, start, start + 1);
    }
    const result = parse();
    this.#depth -= 1;
    return result;
  }

  #choice(): PatternNode {
    const items = [this.#sequence()];
    while (this.#take("|")) items.push(this.#sequence());
    const [only] = items;
    return items.length === 1 && only !== undefined ? only : { kind: "choice", items };
  }

  #sequence(): PatternNode {
    const items: PatternNode[] = [];
    for (;;) {
      this.#skipBlank();
      const next = this.#peek();
      if (next === "" || next === "|" || next === ")") break;
      if ("*+?{".includes(next)) this.#repeatLast(items);
      else {
        const item = this.#item();
        if (item !== undefined) items.push(item);
      }
    }
    const [only] = items;
    if (only === undefined) return { kind: "empty" };
    return items.length === 1 ? only : { kind: "sequence", items };
  }

  #repeatLast(items: PatternNode[]): void {
    const start = this.#at;
    const body = items.pop();
    if (body === undefined) throw this.#error("repetition operator missing expression", start, start + 1);
    const [min, max] = this.#bounds();
    const lazy = this.#take("?");
    items.push({ kind: "repeat", body, min, max, greedy: lazy === this.#flags.swapGreed });
  }

  #bounds(): readonly [number, number] {
    const start = this.#at;
    if (this.#take("*")) return [0, Number.POSITIVE_INFINITY];
    if (this.#take("+")) return [1, Number.POSITIVE_INFINITY];
    if (this.#take("?")) return [0, 1];
    this.#take("{");
    const end = this.#text.indexOf("}", this.#at);
    if (end < 0) throw this.#error("unclosed counted repetition", start, this.#text.length);
    const counts = /^\s*(\d+)\s*(?:(,)\s*(\d*)\s*)?$/.exec(this.#text.slice(this.#at, end));
    this.#at = end + 1;
    if (counts === null) throw this.#error("repetition quantifier expects a valid decimal", start);
    const min = Number(counts[1]);
    const max = counts[2] === undefined ? min : counts[3] === "" ? Number.POSITIVE_INFINITY : Number(counts[3]);
    if (min > max) throw this.#error("invalid repetition count range, the start must be <= the end", start);
    if (min > MAX_SIZE || (max !== Number.POSITIVE_INFINITY && max > MAX_SIZE)) throw this.#error(SIZE_MESSAGE, start);
    return [min, max];
  }

  /** Undefined for what only changes flags. */
  #item(): PatternNode | undefined {
    const start = this.#at;
    const { ignoreCase, multiLine, dotAll, unicode } = this.#flags;
    switch (this.#peek()) {
      case "(":
        return this.#nested(start, () => this.#group());
      case "[":
        return { kind: "class", source: this.#nested(start, () => this.#bracket()), ignoreCase };
      case ".":
        this.#at += 1;
        return { kind: "class", source: dotAll ? ANY : NOT_LINE_FEED, ignoreCase: false };
      case "^":
        this.#at += 1;
        return { kind: "assertion", assertion: multiLine ? "line-start" : "text-start", unicode };
      case "$":
        this.#at += 1;
        return { kind: "assertion", assertion: multiLine ? "line-end" : "text-end", unicode };
      case "\\": {
        const assertion = this.#assertion();
        if (assertion !== undefined) return { kind: "assertion", assertion, unicode };
        const atom = this.#escape();
        if (atom.kind === "set") return { kind: "class", source: atom.source, ignoreCase };
        return { kind: "literal", codePoint: atom.codePoint, ignoreCase };
      }
    }
    return { kind: "literal", codePoint: this.#codePoint(), ignoreCase };
  }

  #group(): PatternNode | undefined {
    const start = this.#at;
    this.#at += 1;
    for (const look of ["?=", "?!", "?<=", "?<!"]) {
      if (this.#startsWith(look)) {
        const problem = "look-around, including look-ahead and look-behind, is not supported";
        throw this.#error(problem, start, this.#at + look.length);
      }
    }
    const outer = this.#flags;
    let index = 0;
    if (this.#take("?P<") || this.#take("?<")) {
      index = ++this.#captures;
      this.#name(index);
    } else if (this.#take("?")) {
      this.#flags = this.#flagChanges(start);
      if (this.#take(")")) return undefined;
      this.#take(":");
    } else index = ++this.#captures;

    // A change of flags inside holds to the end of the group.
    this.#flags = { ...this.#flags };
    const body = this.#choice();
    if (!this.#take(")")) throw this.#error("unclosed group", start, start + 1);
    this.#flags = outer;
    return index === 0 ? body : { kind: "capture", index, body };
  }

  #name(index: number): void {
    const start = this.#at;
    const end = this.#text.indexOf(">", start);
    if (end < 0) throw this.#error("unclosed capture group name", start, this.#text.length);
    const name = this.#text.slice(start, end);
    this.#at = end + 1;
    if (name === "") throw this.#error("empty capture group name", start, end);
    if (!/^[\p{Alphabetic}_][\p{Alphabetic}\p{N}_.[\]]*$/u.test(name)) {
      throw this.#error("invalid capture group character", start, end);
    }
    if (this.#names.has(name)) throw this.#error("duplicate capture group name", start, end);
    this.#names.set(name, index);
  }

  #flagChanges(start: number): Flags {
    const flags = { ...this.#flags };
    let on = true;
    for (let first = true; ; first = false) {
      const flag = this.#peek();
      if (flag === ":" || flag === ")") {
        if (first && flag === ")") throw this.#error("repetition operator missing expression", start + 1, start + 2);
        return flags;
      }
      const at = this.#at;
      if (flag === "") throw this.#error("unclosed group", start, start + 1);
      this.#at += 1;
      switch (flag) {
        case "-":
          if (!on) throw this.#error("flag negation operator repeated", at);
          on = false;
          break;
        case "i":
          flags.ignoreCase = on;
          break;
        case "m":
          flags.multiLine = on;
          break;
        case "s":
          flags.dotAll = on;
          break;
        case "x":
          flags.extended = on;
          break;
        case "U":
          flags.swapGreed = on;
          break;
        case "u":
          flags.unicode = on;
          break;
        default:
          throw this.#error("unrecognized flag", at);
      }
    }
  }

  // ---- escapes -------------------------------------------------------------------------------------------------------

  #assertion(): Assertion | undefined {
    const table: readonly (readonly [string, Assertion])[] = [
      ["\\b{start-half}", "word-start-half"],
      ["\\b{end-half}", "word-end-half"],
      ["\\b{start}", "word-start"],
      ["\\b{end}", "word-end"],
      ["\\<", "word-start"],
      ["\\>", "word-end"],
      ["\\b", "word-boundary"],
      ["\\B", "not-word-boundary"],
      ["\\A", "text-start"],
      ["\\z", "text-end"],
    ];
    return table.find(([text]) => this.#take(text))?.[1];
  }

  #escape(): Atom {
    const start = this.#at;
    this.#at += 1;
    if (this.#at >= this.#text.length) {
      throw this.#error("incomplete escape sequence, reached end of pattern prematurely", start);
    }
    const character = this.#peek();
    const lower = character.toLowerCase();
    const perl = own(perlClasses, lower);
    if (perl !== undefined) {
      this.#at += 1;
      const source = this.#flags.unicode ? perl.unicode : perl.ascii;
      return { kind: "set", source: character === lower ? source : `[^${source}]` };
    }
    if (lower === "p") return { kind: "set", source: this.#property(start) };
    if (/[0-9]/.test(character)) {
      this.#at += 1;
      throw this.#error("backreferences are not supported", start);
    }
    if (character === "x" || character === "u" || character === "U") return this.#hexadecimal(start);
    const control = own(controls, character);
    if (control !== undefined) {
      this.#at += 1;
      return { kind: "character", codePoint: control };
    }
    const codePoint = this.#codePoint();
    // Letters stay free for later meanings; anything else may be escaped, needed or not.
    if (/[A-Za-z<>]/.test(character) || codePoint > 0x7f) throw this.#error("unrecognized escape sequence", start);
    return { kind: "character", codePoint };
  }

  #hexadecimal(start: number): Atom {
    const width = { x: 2, u: 4, U: 8 }[this.#peek()] ?? 2;
    this.#at += 1;
    const rest = this.#text.slice(this.#at);
    const found = rest.startsWith("{") ? /^\{([^}]*)\}/.exec(rest) : new RegExp(`^([\\s\\S]{${width}})`).exec(rest);
    const digits = found?.[1];
    if (found === null || digits === undefined) {
      throw this.#error("incomplete escape sequence, reached end of pattern prematurely", start, this.#text.length);
    }
    this.#at += found[0].length;
    if (digits === "") throw this.#error("hexadecimal literal empty", start);
    if (!/^[0-9A-Fa-f]+$/.test(digits)) throw this.#error("invalid hexadecimal digit", start);
    const codePoint = Number.parseInt(digits, 16);
    if (codePoint > 0x10ffff || (codePoint >= 0xd800 && codePoint <= 0xdfff)) {
      throw this.#error("hexadecimal literal is not a Unicode scalar value", start);
    }
    return { kind: "character", codePoint };
  }

  #property(start: number): string {
    let negated = this.#peek() === "P";
    this.#at += 1;
    let name: string;
    if (this.#take("{")) {
      const end = this.#text.indexOf("}", this.#at);
      if (end < 0) throw this.#error("unclosed Unicode class", start, this.#text.length);
      name = this.#text.slice(this.#at, end);
      this.#at = end + 1;
    } else name = String.fromCodePoint(this.#codePoint());
    if (name.startsWith("^")) {
      negated = !negated;
      name = name.slice(1);
    }
    const unequal = /^(.*)!=(.*)$/.exec(name);
    if (unequal !== null) {
      negated = !negated;
      name = `${unequal[1]}=${unequal[2]}`;
    }
    const property = propertySource(name.replace(":", "="));
    if (property === undefined) throw this.#error("Unicode property not found", start);
    return negated ? `[^${property}]` : `[${property}]`;
  }

  // ---- brackets ------------------------------------------------------------------------------------------------------

  /** A class of the `v` dialect. Operators take everything to their left: `a-f0-9&&[^0]--3`. */
  #bracket(): string {
    const start = this.#at;
    this.#at += 1;
    const negated = this.#take("^");
    let items = "";
    this.#skipBlank();
    while (this.#take("-")) items += "\\-";
    if (items === "" && this.#take("]")) items += "\\]";

    let left: string | undefined;
    let operator = "";
    const close = (): string => {
      const right = `[${items}]`;
      items = "";
      if (left === undefined) return right;
      return operator === "~~" ? `[[${left}--${right}][${right}--${left}]]` : `[${left}${operator}${right}]`;
    };
    for (;;) {
      this.#skipBlank();
      if (this.#at >= this.#text.length) throw this.#error("unclosed character class", start, start + 1);
      if (this.#take("]")) break;
      const found = ["&&", "--", "~~"].find((each) => this.#take(each));
      if (found !== undefined) {
        left = close();
        operator = found;
      } else items += this.#bracketItem();
    }
    const whole = close();
    return negated ? `[^${whole}]` : whole;
  }

  #bracketItem(): string {
    const start = this.#at;
    if (this.#peek() === "[") return this.#asciiClass() ?? this.#nested(start, () => this.#bracket());
    const from = this.#bracketAtom();
    this.#skipBlank();
    const isRange =
      this.#peek() === "-" && !this.#startsWith("--") && !/^-\s*\]/.test(this.#text.slice(this.#at, this.#at + 8));
    if (!isRange) return from.kind === "set" ? from.source : classCharacter(from.codePoint);
    this.#at += 1;
    this.#skipBlank();
    const to = this.#bracketAtom();
    if (from.kind === "set" || to.kind === "set") {
      throw this.#error("invalid range boundary, must be a literal", start);
    }
    if (from.codePoint > to.codePoint) {
      throw this.#error("invalid character class range, the start must be <= the end", start);
    }
    return `${classCharacter(from.codePoint)}-${classCharacter(to.codePoint)}`;
  }

  #bracketAtom(): Atom {
    if (this.#at >= this.#text.length) throw this.#error("unclosed character class", this.#at - 1, this.#at);
    if (this.#peek() === "\\") return this.#escape();
    return { kind: "character", codePoint: this.#codePoint() };
  }

  /** `[:alpha:]`, inside brackets. */
  #asciiClass(): string | undefined {
    const found = /^\[:(\^?)([a-z]+):\]/.exec(this.#text.slice(this.#at, this.#at + 16));
    const source = found === null ? undefined : own(asciiClasses, found[2] ?? "");
    if (found === null || source === undefined) return undefined;
    this.#at += found[0].length;
    return found[1] === "^" ? `[^${source}]` : source;
  }
}

const propertyKeys: Readonly<Record<string, string>> = table({
  gc: "General_Category",
  generalcategory: "General_Category",
  sc: "Script",
  script: "Script",
  scx: "Script_Extensions",
  scriptextensions: "Script_Extensions",
});

/** The platform's spelling of a property; it is strict where the dialect is not. */
function propertySource(name: string): string | undefined {
  const [key, value] = name.includes("=") ? name.split("=", 2) : ["", name];
  const spellings = spellingsOf(value ?? "");
  if (key !== "") {
    const known = own(propertyKeys, (key ?? "").toLowerCase().replaceAll(/[_\- ]/g, ""));
    return known === undefined ? undefined : firstValid(spellings.map((each) => `\\p{${known}=${each}}`));
  }
  if (/^any$/i.test(name)) return "\\p{Any}";
  if (/^ascii$/i.test(name)) return "\\p{ASCII}";
  return firstValid([
    ...spellings.map((each) => `\\p{General_Category=${each}}`),
    ...spellings.map((each) => `\\p{${each}}`),
    ...spellings.map((each) => `\\p{Script=${each}}`),
  ]);
}

function spellingsOf(name: string): string[] {
  const words = name.split(/[_\- ]+/).map((word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase());
  return [name, words.join("_"), name.toUpperCase()].filter((each) => /^[A-Za-z0-9_]+$/.test(each));
}

function firstValid(sources: readonly string[]): string | undefined {
  return sources.find((source) => {
    try {
      new RegExp(source, "v");
      return true;
    } catch {
      return false;
    }
  });
}

/** Nodes when every counted repetition is written out; Infinity when there is no end of it. */
function sizeOf(node: PatternNode): number {
  switch (node.kind) {
    case "empty":
    case "literal":
    case "class":
    case "assertion":
      return 1;
    case "capture":
      return 2 + sizeOf(node.body);
    case "sequence":
    case "choice":
      return node.items.reduce((sum, item) => sum + 1 + sizeOf(item), 0);
    case "repeat": {
      const copies = node.max === Number.POSITIVE_INFINITY ? node.min + 1 : node.max;
      return (1 + sizeOf(node.body)) * Math.max(1, copies);
    }
  }
}
