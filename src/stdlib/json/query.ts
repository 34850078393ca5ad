/**
 * A subset of jq: paths (`.a.b[0]`, `.[]`, `.[1:3]`, `.["key"]`, `..`), pipes, commas, `{key: …}`, comparisons,
 * `and`/`or`/`not`, `map(…)`, `select(…)`, `length`, `keys`, `values`, `type`, and literals. Every expression gives a
 * stream of values.
 *
 * Binding, loosest first: `|` · `,` · `and` `or` · `==` `!=` `<` `>` `<=` `>=` · `not` · primary.
 */

import {
  Bytes,
  compare,
  Dict,
  dictOf,
  equal,
  isInt,
  isNumeric,
  isTruthy,
  List,
  listOf,
  SetValue,
  StructValue,
  share,
  Thrown,
  textLength,
  typeName,
  type Value,
} from "../../vm/index.ts";
import { readJson } from "./read-json.ts";

type Step =
  | { readonly kind: "field"; readonly name: string }
  | { readonly kind: "iterate" }
  | { readonly kind: "index"; readonly index: number }
  | { readonly kind: "slice"; readonly from: number | undefined; readonly to: number | undefined };

type Comparison = "==" | "!=" | "<" | ">" | "<=" | ">=";

type Query =
  | { readonly kind: "pipe"; readonly stages: readonly Query[] }
  | { readonly kind: "comma"; readonly items: readonly Query[] }
  | { readonly kind: "path"; readonly steps: readonly Step[] }
  | { readonly kind: "descend" }
  | { readonly kind: "function"; readonly name: "length" | "keys" | "values" | "type" }
  | { readonly kind: "map"; readonly body: Query }
  | { readonly kind: "select"; readonly test: Query }
  | { readonly kind: "object"; readonly fields: readonly (readonly [string, Query])[] }
  | { readonly kind: "literal"; readonly value: Value }
  | { readonly kind: "compare"; readonly operator: Comparison; readonly left: Query; readonly right: Query }
  | { readonly kind: "and" | "or"; readonly left: Query; readonly right: Query }
  | { readonly kind: "not"; readonly body: Query };

/** All values of an expression. Throws a message as a string when the expression is malformed. */
export function runQuery(input: Value, source: string): Value[] {
  return evaluate(parseQuery(source), input).map(share);
}

// ---- evaluation --------------------------------------------------------------------------------------------------------

function evaluate(query: Query, input: Value): Value[] {
  switch (query.kind) {
    case "pipe":
      return query.stages.reduce<Value[]>(
        (stream, stage) => stream.flatMap((value) => evaluate(stage, value)),
        [input],
      );
    case "comma":
      return query.items.flatMap((item) => evaluate(item, input));
    case "path":
      return query.steps.reduce<Value[]>((stream, step) => stream.flatMap((value) => follow(step, value)), [input]);
    case "descend":
      return descendants(input);
    case "function":
      return [call(query.name, input)];
    case "map":
      return [listOf(input instanceof List ? input.items.flatMap((item) => evaluate(query.body, item)) : [])];
    case "select":
      return holds(query.test, input) ? [input] : [];
    case "object":
      return [dictOf(new Map(query.fields.map(([key, field]) => [key, evaluate(field, input)[0]])))];
    case "literal":
      return [query.value];
    case "compare":
    case "and":
    case "or":
    case "not":
      return [holds(query, input)];
  }
}

function holds(query: Query, input: Value): boolean {
  switch (query.kind) {
    case "compare":
      return compares(query.operator, evaluate(query.left, input)[0], evaluate(query.right, input)[0]);
    case "and":
      return holds(query.left, input) && holds(query.right, input);
    case "or":
      return holds(query.left, input) || holds(query.right, input);
    case "not":
      return !holds(query.body, input);
    default:
      return isTruthy(evaluate(query, input)[0]);
  }
}

function compares(operator: Comparison, left: Value, right: Value): boolean {
  if (operator === "==") return equal(left, right);
  if (operator === "!=") return !equal(left, right);
  const ordered = (isNumeric(left) && isNumeric(right)) || (typeof left === "string" && typeof right === "string");
  if (!ordered) return false;
  const order = compare(left, right);
  switch (operator) {
    case "<":
      return order < 0;
    case ">":
      return order > 0;
    case "<=":
      return order <= 0;
    case ">=":
      return order >= 0;
  }
}

const fieldsOf = (value: Value): Dict | StructValue | undefined =>
  value instanceof Dict || value instanceof StructValue ? value : undefined;

/** Items of a list or set, values of a dict in key order. */
function children(value: Value): readonly Value[] {
  if (value instanceof List || value instanceof SetValue) return value.items;
  const fields = fieldsOf(value);
  return fields ? fields.keys().map((key) => fields.map.get(key)) : [];
}

function follow(step: Step, value: Value): readonly Value[] {
  switch (step.kind) {
    case "field":
      return [fieldsOf(value)?.map.get(step.name)];
    case "iterate":
      return children(value);
    case "index":
      return [value instanceof List ? value.items.at(step.index) : undefined];
    case "slice":
      return [listOf(value instanceof List ? value.items.slice(step.from, step.to) : [])];
  }
}

function descendants(value: Value): Value[] {
  const out: Value[] = [];
  const pending = [value];
  while (pending.length > 0) {
    const next = pending.pop();
    out.push(next);
    pending.push(...children(next).toReversed());
  }
  return out;
}

function call(name: "length" | "keys" | "values" | "type", input: Value): Value {
  const fields = fieldsOf(input);
  switch (name) {
    case "length":
      if (typeof input === "string") return textLength(input);
      if (input instanceof Bytes) return input.data.length;
      if (input === undefined) return 0;
      return input instanceof List || input instanceof SetValue ? input.items.length : (fields?.map.size ?? 1);
    case "keys":
      if (input instanceof List) return new List(input.items.map((_, index) => index));
      return new List(fields ? [...fields.keys()] : []);
    case "values":
      return listOf([...children(input)]);
    case "type":
      return jsonTypeName(input);
  }
}

function jsonTypeName(value: Value): string {
  if (value === undefined) return "null";
  if (typeof value === "boolean") return "boolean";
  if (isNumeric(value)) return "number";
  if (value instanceof List || value instanceof SetValue) return "array";
  return fieldsOf(value) ? "object" : typeName(value);
}

// ---- parsing -----------------------------------------------------------------------------------------------------------

const TOKEN =
  /\s*(?:("(?:[^"\\]|\\.)*")|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|([A-Za-z_][A-Za-z0-9_]*)|(\.\.|==|!=|<=|>=|[.[\](){}|,:<>]))/y;

interface Token {
  readonly kind: "string" | "number" | "name" | "mark" | "end";
  readonly text: string;
  readonly at: number;
}

/** Parentheses and calls inside each other. */
const MAX_DEPTH = 200;

class QueryParser {
  readonly source: string;
  readonly tokens: Token[] = [];
  next = 0;
  depth = 0;

  constructor(source: string) {
    this.source = source;
    TOKEN.lastIndex = 0;
    for (let at = 0; source.slice(at).trim() !== ""; ) {
      TOKEN.lastIndex = at;
      const match = TOKEN.exec(source);
      if (!match) {
        const rest = source.slice(at).trim();
        throw new Thrown(
          rest.startsWith('"') ? "jq: unterminated string literal" : `jq: unexpected input near '${rest}'`,
        );
      }
      const [, string, number, name, mark] = match;
      const kind = string ? "string" : number ? "number" : name ? "name" : "mark";
      const text = string ?? number ?? name ?? mark ?? "";
      at = TOKEN.lastIndex;
      this.tokens.push({ kind, text, at: at - text.length });
    }
    this.tokens.push({ kind: "end", text: "", at: source.length });
  }

  get token(): Token {
    return this.tokens[Math.min(this.next, this.tokens.length - 1)] as Token;
  }

  fail(problem: string): never {
    throw new Thrown(`jq: ${problem} near '${this.source.slice(this.token.at)}'`);
  }

  take(): Token {
    const token = this.token;
    this.next += 1;
    return token;
  }

  /** Consumes a mark or word when it comes next. */
  accept(...texts: string[]): string | undefined {
    const { kind, text } = this.token;
    if ((kind !== "mark" && kind !== "name") || !texts.includes(text)) return undefined;
    this.next += 1;
    return text;
  }

  expect(text: string): void {
    if (this.accept(text) === undefined) this.fail(`expected '${text}'`);
  }

  pipe(allowComma: boolean): Query {
    if (++this.depth > MAX_DEPTH) throw new Thrown(`jq: nested deeper than ${MAX_DEPTH} levels`);
    const stages = [allowComma ? this.comma() : this.logic()];
    while (this.accept("|")) stages.push(allowComma ? this.comma() : this.logic());
    this.depth -= 1;
    return stages.length === 1 ? (stages[0] as Query) : { kind: "pipe", stages };
  }

  comma(): Query {
    const items = [this.logic()];
    while (this.accept(",")) items.push(this.logic());
    return items.length === 1 ? (items[0] as Query) : { kind: "comma", items };
  }

  logic(): Query {
    let left = this.comparison();
    for (;;) {
      const word = this.accept("and", "or");
      if (!word) return left;
      left = { kind: word as "and" | "or", left, right: this.comparison() };
    }
  }

  comparison(): Query {
    const left = this.unary();
    const operator = this.accept("==", "!=", "<=", ">=", "<", ">");
    return operator ? { kind: "compare", operator: operator as Comparison, left, right: this.unary() } : left;
  }

  unary(): Query {
    let negations = 0;
    while (this.accept("not")) negations += 1;
    let query = this.primary();
    for (; negations > 0; negations--) query = { kind: "not", body: query };
    return query;
  }

  primary(): Query {
    const { kind, text } = this.token;
    if (kind === "string") return { kind: "literal", value: this.string() };
    if (kind === "number") {
      this.next += 1;
      return { kind: "literal", value: this.number(text) };
    }
    if (kind === "name") return this.word();
    if (this.accept("(")) {
      const inner = this.pipe(true);
      this.expect(")");
      return inner;
    }
    if (this.accept("..")) return { kind: "descend" };
    if (text === ".") return this.path();
    if (this.accept("{")) return this.object();
    return this.fail("expected expression");
  }

  word(): Query {
    const { text } = this.take();
    switch (text) {
      case "true":
      case "false":
        return { kind: "literal", value: text === "true" };
      case "null":
      case "nil":
        return { kind: "literal", value: undefined };
      case "length":
      case "keys":
      case "values":
      case "type":
        return { kind: "function", name: text };
      case "map":
        return { kind: "map", body: this.argument() };
      case "select":
        return { kind: "select", test: this.argument() };
      default:
        throw new Thrown(`jq: unknown identifier '${text}'`);
    }
  }

  argument(): Query {
    this.expect("(");
    const query = this.pipe(true);
    this.expect(")");
    return query;
  }

  number(text: string): Value {
    try {
      return readJson(text);
    } catch (error) {
      throw new Thrown(`jq: invalid number literal: ${(error as Error).message}`);
    }
  }

  string(): string {
    try {
      return readJson(this.take().text) as string;
    } catch (error) {
      throw new Thrown(`jq: invalid string literal: ${(error as Error).message}`);
    }
  }

  path(): Query {
    this.expect(".");
    const steps: Step[] = [];
    if (this.token.kind === "name" && !this.#spaceBefore()) steps.push({ kind: "field", name: this.take().text });
    for (;;) {
      if (this.accept("[")) steps.push(this.bracket());
      else if (this.accept(".")) {
        if (this.accept("[")) steps.push(this.bracket());
        else if (this.token.kind === "name") steps.push({ kind: "field", name: this.take().text });
        else this.fail("expected field name");
      } else return { kind: "path", steps };
    }
  }

  /** `. and .x`: a word after a space is no field. */
  #spaceBefore(): boolean {
    return /\s/.test(this.source[this.token.at - 1] ?? "");
  }

  bracket(): Step {
    if (this.accept("]")) return { kind: "iterate" };
    if (this.token.kind === "string") {
      const name = this.string();
      this.expect("]");
      return { kind: "field", name };
    }
    const from = this.integer();
    if (this.accept(":")) {
      const to = this.integer();
      this.expect("]");
      return { kind: "slice", from, to };
    }
    this.expect("]");
    if (from === undefined) throw new Thrown("jq: expected array index or slice bound");
    return { kind: "index", index: from };
  }

  integer(): number | undefined {
    if (this.token.kind !== "number") return undefined;
    const value = this.number(this.take().text);
    if (!isInt(value)) throw new Thrown("jq: expected array index or slice bound");
    return Number(value);
  }

  object(): Query {
    const fields: [string, Query][] = [];
    while (!this.accept("}")) {
      const { kind } = this.token;
      if (kind !== "string" && kind !== "name") this.fail("expected object key");
      const key = kind === "string" ? this.string() : this.take().text;
      this.expect(":");
      fields.push([key, this.pipe(false)]);
      if (this.accept("}")) break;
      this.expect(",");
    }
    return { kind: "object", fields };
  }
}

function parseQuery(source: string): Query {
  const parser = new QueryParser(source);
  const query = parser.pipe(true);
  if (parser.token.kind !== "end") parser.fail("unexpected input");
  return query;
}
