/** Templates as trees. */

import { cutTemplate, type Piece } from "./directives.ts";
import { type Expression, ExpressionReader, isName } from "./expression.ts";
import { type Place, TemplateError } from "./template-error.ts";

export type TemplateNode =
  | { readonly kind: "text"; readonly text: string }
  /** `{{ name }}` and nothing else: shown as written where the name is not known. */
  | { readonly kind: "name"; readonly name: string; readonly place: Place }
  | { readonly kind: "expression"; readonly expression: Expression; readonly place: Place }
  | {
      readonly kind: "if";
      readonly branches: readonly { readonly condition: Expression; readonly body: readonly TemplateNode[] }[];
      readonly otherwise: readonly TemplateNode[];
      readonly place: Place;
    }
  | {
      readonly kind: "for";
      readonly valueName: string;
      readonly keyName?: string;
      readonly items: Expression;
      readonly body: readonly TemplateNode[];
      /** Instead of the body when there are no items. */
      readonly empty: readonly TemplateNode[];
      readonly place: Place;
    }
  | {
      readonly kind: "include";
      readonly path: Expression;
      readonly bindings: readonly (readonly [name: string, value: Expression])[];
      readonly place: Place;
    };

type Directive = Extract<Piece, { kind: "directive" }>;

/** Blocks inside each other. */
const MAX_BLOCKS = 200;

const LITERALS: readonly string[] = ["true", "false", "nil"];

const firstWord = (body: string): string => /^\S*/.exec(body)?.[0] ?? "";

/** @throws TemplateError */
export function parseTemplate(source: string): readonly TemplateNode[] {
  return new TemplateParser(cutTemplate(source)).parse();
}

class TemplateParser {
  readonly #pieces: readonly Piece[];
  #at = 0;
  #depth = 0;

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces;
  }

  parse(): readonly TemplateNode[] {
    return this.#block([]).nodes;
  }

  /** Up to a directive that starts with one of the words, which is taken, or the end of the template. */
  #block(stops: readonly string[]): { readonly nodes: readonly TemplateNode[]; readonly stop: Directive | undefined } {
    const nodes: TemplateNode[] = [];
    for (let piece = this.#pieces[this.#at]; piece !== undefined; piece = this.#pieces[this.#at]) {
      this.#at += 1;
      if (piece.kind === "text") nodes.push(piece);
      else if (stops.includes(firstWord(piece.body))) return { nodes, stop: piece };
      else nodes.push(this.#directive(piece));
    }
    return { nodes, stop: undefined };
  }

  #directive({ body, place }: Directive): TemplateNode {
    const word = firstWord(body);
    const rest = (): ExpressionReader => new ExpressionReader(body.slice(word.length), place);
    switch (word) {
      case "end":
      case "else":
      case "elif":
        throw new TemplateError(place, `unexpected \`{{ ${word} }}\``);
      case "if":
        return this.#nested(place, () => this.#if(rest(), place));
      case "for":
        return this.#nested(place, () => this.#for(rest(), place));
      case "include":
        return include(rest(), place);
    }
    if (isName(body) && !LITERALS.includes(body)) return { kind: "name", name: body, place };
    return { kind: "expression", expression: wholeExpression(new ExpressionReader(body, place)), place };
  }

  #nested(place: Place, parse: () => TemplateNode): TemplateNode {
    if (++this.#depth > MAX_BLOCKS) throw new TemplateError(place, `blocks are nested more than ${MAX_BLOCKS} deep`);
    const node = parse();
    this.#depth -= 1;
    return node;
  }

  #if(reader: ExpressionReader, place: Place): TemplateNode {
    const branches: { condition: Expression; body: readonly TemplateNode[] }[] = [];
    let condition = wholeExpression(reader);
    for (;;) {
      const { nodes, stop } = this.#block(["end", "else", "elif"]);
      branches.push({ condition, body: nodes });
      if (stop === undefined) throw new TemplateError(place, "`{{ if }}` missing matching `{{ end }}`");
      const word = firstWord(stop.body);
      if (word === "elif") {
        condition = wholeExpression(new ExpressionReader(stop.body.slice(word.length), stop.place));
        continue;
      }
      const otherwise = word === "else" ? this.#elseBody(stop.place) : [];
      return { kind: "if", branches, otherwise, place };
    }
  }

  #for(reader: ExpressionReader, place: Place): TemplateNode {
    const first = reader.takeName();
    if (first === undefined) throw new TemplateError(place, "invalid for-loop variable");
    const second = reader.take(",") ? reader.takeName() : "";
    if (second === undefined) throw new TemplateError(place, "invalid for-loop variables");
    if (!reader.take("in")) throw new TemplateError(place, "expected `in` in for-loop");
    const items = wholeExpression(reader);
    const { nodes, stop } = this.#block(["end", "else"]);
    if (stop === undefined) throw new TemplateError(place, "`{{ for }}` missing matching `{{ end }}`");
    const empty = firstWord(stop.body) === "else" ? this.#elseBody(place) : [];
    const names = second === "" ? { valueName: first } : { keyName: first, valueName: second };
    return { kind: "for", ...names, items, body: nodes, empty, place };
  }

  #elseBody(place: Place): readonly TemplateNode[] {
    const { nodes, stop } = this.#block(["end"]);
    if (stop === undefined) throw new TemplateError(place, "`{{ else }}` missing matching `{{ end }}`");
    return nodes;
  }
}

function wholeExpression(reader: ExpressionReader): Expression {
  const expression = reader.expression();
  reader.expectEnd();
  return expression;
}

function include(reader: ExpressionReader, place: Place): TemplateNode {
  const path = reader.expression();
  const bindings: (readonly [string, Expression])[] = [];
  if (reader.take("with")) {
    if (!reader.take("{")) throw reader.error("expected `{ ... }` after `with`");
    while (!reader.take("}")) {
      const name = reader.takeName();
      if (name === undefined) throw reader.error("invalid include binding key");
      if (!reader.take(":")) throw reader.error("expected `key: value` in include bindings");
      bindings.push([name, reader.expression(false)]);
      if (reader.take("}")) break;
      if (!reader.take(",")) throw reader.error("expected `,` or `}` in include bindings");
    }
  }
  reader.expectEnd();
  return { kind: "include", path, bindings, place };
}
