/**
 * The module that an input is run as: the session's declarations made anew, its variables with the values they have, then
 * the input's own items. Around these stand calls that tell the session what came of them:
 *
 *     __session_value("x")      the value of a variable of an earlier input
 *     __session_keep("x", x)    what it is now
 *     __session_show(e)         the value of the input
 *     __session_done()          the input is over; returns when nothing that it started runs any more
 */

import {
  type Expr,
  type Item,
  isDeclaration,
  isStatement,
  type Module,
  type NodeOf,
  peelAttributes,
  type Span,
} from "../../lang/index.ts";
import { namesOf, patternNames } from "./transcript.ts";

export const sessionCalls = {
  value: "__session_value",
  keep: "__session_keep",
  show: "__session_show",
  done: "__session_done",
} as const;

export interface SessionVariable {
  readonly name: string;
  readonly mutable: boolean;
}

export interface LineModule {
  readonly module: Module;
  /** The variables that the input declares. */
  readonly declared: readonly SessionVariable[];
  readonly hasPipelines: boolean;
}

/**
 * @param module transcript and input, parsed
 * @param start where the input begins
 */
export function lineModule(module: Module, start: number, before: readonly SessionVariable[]): LineModule {
  const earlier = module.items.filter((item) => item.span.start < start && item.kind !== "LetStmt");
  const input = module.items.filter((item) => item.span.start >= start);
  const anew = new Set(input.flatMap(namesOf));
  const kept = before.filter(({ name }) => !anew.has(name));
  const declared: SessionVariable[] = [];

  const items: Item[] = kept.map(({ name, mutable }) => letOf(name, mutable, sessionValue(name, nowhere)));
  // What the input declares anew takes the place of what was declared.
  items.push(...earlier.filter((item) => !namesOf(item).some((name) => anew.has(name)) || namesOf(item).length === 0));
  input.forEach((item, index) => {
    if (item.kind === "LetStmt") {
      const names = patternNames(item.pattern);
      items.push(withEarlierValues(item, new Set(names)));
      for (const name of names) declared.push({ name, mutable: item.mutable });
      items.push(...names.map((name) => keep(name, item.span)));
    } else if (isPipeline(item)) return;
    else if (isRunAsItIs(item)) items.push(item);
    else items.push(observed(item, index === input.length - 1, [...kept, ...declared]));
  });
  items.push(call(sessionCalls.done, [], { start: module.span.end, end: module.span.end }));
  return { module: { ...module, items }, declared, hasPipelines: input.some(isPipeline) };
}

const isPipeline = (item: Item): boolean => peelAttributes(item).item.kind === "PipelineDecl";

const nowhere: Span = { start: 0, end: 0 };

/** Declarations, and statements that end the input or come at its end. */
function isRunAsItIs(outer: Item): boolean {
  const { item } = peelAttributes(outer);
  return isDeclaration(item) || leavesOrBinds.has(item.kind);
}

const leavesOrBinds: ReadonlySet<Item["kind"]> = new Set<Item["kind"]>([
  "LetStmt",
  "ReturnStmt",
  "ThrowStmt",
  "BreakStmt",
  "ContinueStmt",
  "DeferStmt",
]);

/** Whatever it comes to, variables it has set stay set. */
function observed(item: Item, isLast: boolean, variables: readonly SessionVariable[]): Item {
  const shown = isLast && isExpression(item) ? call(sessionCalls.show, [item], item.span) : item;
  const mutable = variables.filter((each) => each.mutable);
  if (mutable.length === 0) return shown;
  return {
    kind: "Try",
    body: { items: [shown], span: item.span },
    finallyBody: { items: mutable.map(({ name }) => keep(name, item.span)), span: item.span },
    span: item.span,
  };
}

function isExpression(item: Item): item is Expr {
  return item.kind !== "ErrorNode" && item.kind !== "AttributedDecl" && !isDeclaration(item) && !isStatement(item);
}

/** In `let x = x + 1` the right-hand `x` is the earlier one. */
function withEarlierValues(item: NodeOf<"LetStmt">, names: ReadonlySet<string>): Item {
  return { ...item, value: replaceNames(item.value, names) as Expr };
}

function replaceNames(node: unknown, names: ReadonlySet<string>): unknown {
  if (Array.isArray(node)) return node.map((each) => replaceNames(each, names));
  if (typeof node !== "object" || node === null) return node;
  const expr = node as Partial<Expr>;
  if (expr.kind === "Identifier" && expr.name !== undefined && expr.span !== undefined && names.has(expr.name))
    return sessionValue(expr.name, expr.span);
  // A parameter of that name is another variable.
  if (expr.kind === "Closure" && expr.params?.some(({ name }) => names.has(name))) return node;
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, replaceNames(value, names)]));
}

function letOf(name: string, mutable: boolean, value: Expr): Item {
  return { kind: "LetStmt", mutable, pattern: { kind: "NamePattern", name, span: nowhere }, value, span: nowhere };
}

const keep = (name: string, span: Span): Expr =>
  call(sessionCalls.keep, [text(name, span), { kind: "Identifier", name, span }], span);

const sessionValue = (name: string, span: Span): Expr => call(sessionCalls.value, [text(name, span)], span);

const text = (value: string, span: Span): Expr => ({ kind: "StringLiteral", value, style: "plain", span });

const call = (name: string, args: readonly Expr[], span: Span): Expr => ({
  kind: "Call",
  callee: { name, span },
  typeArgs: [],
  args,
  span,
});
