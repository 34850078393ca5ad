/**
 * Expressions inside directives: literals, paths (`a.b[0]["c"]`), `not`, comparisons, `and`, `or`, filters
 * (`x | name: arg, arg`). From loose to tight: filter, or, and, not, comparison.
 */

import { table } from "../../base/index.ts";
import { int } from "../../vm/index.ts";
import { type Place, TemplateError } from "./template-error.ts";

export type ComparisonOperator = "==" | "!=" | "<" | "<=" | ">" | ">=";

export type Expression =
  | { readonly kind: "literal"; readonly value: undefined | boolean | number | bigint | string }
  | { readonly kind: "float"; readonly value: number }
  /** Names and keys are strings, positions numbers; the first is a name in scope. */
  | { readonly kind: "path"; readonly name: string; readonly steps: readonly (string | number)[] }
  | { readonly kind: "not"; readonly operand: Expression }
  | { readonly kind: "and" | "or"; readonly left: Expression; readonly right: Expression }
  | {
      readonly kind: "comparison";
      readonly operator: ComparisonOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: "filter";
      readonly name: string;
      readonly operand: Expression;
      readonly args: readonly Expression[];
    };

type Token =
  | { readonly kind: "name"; readonly text: string }
  | { readonly kind: "string"; readonly text: string; readonly value: string }
  | { readonly kind: "int"; readonly text: string; readonly value: number | bigint }
  | { readonly kind: "float"; readonly text: string; readonly value: number }
  | { readonly kind: "mark"; readonly text: string };

/** Parentheses and negations inside each other. */
const MAX_DEPTH = 100;

const NAME = /[\p{Alphabetic}_][\p{Alphabetic}\p{N}_]*/uy;
const NUMBER = /-?\d+(?:\.\d+)*/y;
const MARK = /\|\||&&|==|!=|<=|>=|[()[\]{}.,:|!<>]/y;

const escapes: Readonly<Record<string, string>> = table({ n: "\n", t: "\t", r: "\r" });
const comparisons: readonly string[] = ["==", "!=", "<", "<=", ">", ">="];

export function isName(text: string): boolean {
  NAME.lastIndex = 0;
  return NAME.exec(text)?.[0].length === text.length && text !== "";
}

function tokenize(source: string, place: Place): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(source)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  while (at < source.length) {
    const character = source[at] ?? "";
    if (/\s/.test(character)) {
      at += 1;
      continue;
    }
    if (character === '"' || character === "'") {
      const [value, end] = readString(source, at, place);
      tokens.push({ kind: "string", text: source.slice(at, end), value });
      at = end;
      continue;
    }
    const name = match(NAME);
    if (name !== undefined) {
      tokens.push({ kind: "name", text: name });
      continue;
    }
    const number = match(NUMBER);
    if (number !== undefined) {
      tokens.push(numberToken(number, place));
      continue;
    }
    const mark = match(MARK);
    if (mark === undefined) {
      if (character === "=") throw new TemplateError(place, "unexpected `=` (use `==`)");
      if (character === "&") throw new TemplateError(place, "unexpected `&`");
      const whole = String.fromCodePoint(source.codePointAt(at) ?? 0);
      throw new TemplateError(place, `unexpected character \`${whole}\` in expression`);
    }
    tokens.push({ kind: "mark", text: mark });
  }
  return tokens;
}

function numberToken(text: string, place: Place): Token {
  if (!text.includes(".")) {
    const exact = BigInt(text);
    if (BigInt.asIntN(64, exact) !== exact) throw new TemplateError(place, `invalid integer \`${text}\``);
    return { kind: "int", text, value: int(exact) };
  }
  const value = Number(text);
  if (Number.isNaN(value)) throw new TemplateError(place, `invalid number \`${text}\``);
  return { kind: "float", text, value };
}

function readString(source: string, start: number, place: Place): readonly [value: string, end: number] {
  const quote = source[start];
  let value = "";
  for (let at = start + 1; at < source.length; at++) {
    const character = source[at] ?? "";
    if (character === quote) return [value, at + 1];
    if (character === "\\" && at + 1 < source.length) {
      at += 1;
      const escaped = source[at] ?? "";
      value += Object.hasOwn(escapes, escaped) ? escapes[escaped] : escaped;
    } else value += character;
  }
  throw new TemplateError(place, "unterminated string literal");
}

/** Reads what stands in one directive. Messages name the directive's place. */
export class ExpressionReader {
  readonly #tokens: readonly Token[];
  readonly #place: Place;
  #at = 0;
  #depth = 0;

  constructor(source: string, place: Place) {
    this.#tokens = tokenize(source, place);
    this.#place = place;
  }

  error(problem: string): TemplateError {
    return new TemplateError(this.#place, problem);
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#at];
  }

  /** Takes a mark or word. */
  take(text: string): boolean {
    const token = this.#peek();
    if (token === undefined || token.text !== text || (token.kind !== "mark" && token.kind !== "name")) return false;
    this.#at += 1;
    return true;
  }

  takeName(): string | undefined {
    const token = this.#peek();
    if (token?.kind !== "name") return undefined;
    this.#at += 1;
    return token.text;
  }

  expectEnd(): void {
    const token = this.#peek();
    if (token !== undefined) throw this.error(`unexpected token \`${token.text}\` in expression`);
  }

  /** @param commas whether a comma separates arguments of a filter; inside `with { … }` it separates bindings */
  expression(commas = true): Expression {
    let operand = this.#or();
    while (this.take("|")) {
      const name = this.takeName();
      if (name === undefined) throw this.error("expected filter name after `|`");
      const args: Expression[] = [];
      if (this.take(":")) {
        do args.push(this.#or());
        while (commas && this.take(","));
      }
      operand = { kind: "filter", name, operand, args };
    }
    return operand;
  }

  #or(): Expression {
    let left = this.#and();
    while (this.take("||") || this.take("or")) left = { kind: "or", left, right: this.#and() };
    return left;
  }

  #and(): Expression {
    let left = this.#not();
    while (this.take("&&") || this.take("and")) left = { kind: "and", left, right: this.#not() };
    return left;
  }

  #not(): Expression {
    if (!this.take("!") && !this.take("not")) return this.#comparison();
    return this.#nested(() => ({ kind: "not", operand: this.#not() }));
  }

  #nested(read: () => Expression): Expression {
    if (++this.#depth > MAX_DEPTH) throw this.error(`expression is nested more than ${MAX_DEPTH} deep`);
    const expression = read();
    this.#depth -= 1;
    return expression;
  }

  #comparison(): Expression {
    const left = this.#primary();
    const token = this.#peek();
    if (token?.kind !== "mark" || !comparisons.includes(token.text)) return left;
    this.#at += 1;
    return { kind: "comparison", operator: token.text as ComparisonOperator, left, right: this.#primary() };
  }

  #primary(): Expression {
    const token = this.#peek();
    if (token === undefined) throw this.error("expected expression");
    this.#at += 1;
    switch (token.kind) {
      case "string":
      case "int":
        return { kind: "literal", value: token.value };
      case "float":
        return { kind: "float", value: token.value };
      case "name":
        return this.#named(token.text);
      case "mark":
        break;
    }
    if (token.text === "(") {
      return this.#nested(() => {
        const inner = this.expression();
        if (!this.take(")")) throw this.error("expected `)`");
        return inner;
      });
    }
    if (token.text === "!") return this.#nested(() => ({ kind: "not", operand: this.#primary() }));
    throw this.error(`unexpected token \`${token.text}\``);
  }

  #named(name: string): Expression {
    if (name === "true" || name === "false") return { kind: "literal", value: name === "true" };
    if (name === "nil") return { kind: "literal", value: undefined };
    if (name === "not") return this.#nested(() => ({ kind: "not", operand: this.#primary() }));
    if (name === "and" || name === "or") throw this.error(`unexpected token \`${name}\``);
    const steps: (string | number)[] = [];
    for (;;) {
      if (this.take(".")) {
        const field = this.takeName();
        if (field === undefined) throw this.error("expected identifier after `.`");
        steps.push(field);
      } else if (this.take("[")) {
        const token = this.#peek();
        if (token?.kind !== "int" && token?.kind !== "string") {
          throw this.error("expected integer or string inside `[...]`");
        }
        this.#at += 1;
        steps.push(token.kind === "int" ? Number(token.value) : token.value);
        if (!this.take("]")) throw this.error("expected `]`");
      } else return { kind: "path", name, steps };
    }
  }
}
