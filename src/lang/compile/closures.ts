/** Function bodies: `fn`, closures, tools, methods, task bodies. */

import type { FunctionProto } from "../../bytecode/index.ts";
import type { Block, Expr, NodeOf, Param, Span } from "../syntax/ast.ts";
import { walkItems } from "../syntax/visit-children.ts";
import { containsYield, mentionedName } from "./analysis.ts";
import { compileBlock, DISCARD } from "./blocks.ts";
import { FunctionScope } from "./function-scope.ts";
import { compileDict } from "./literals.ts";
import { compileTo } from "./operands.ts";
import { typeToTest } from "./schema.ts";

export interface FunctionSource {
  readonly name: string;
  readonly params: readonly Param[];
  readonly body: Block;
  readonly span: Span;
  /** `last`: the body's last value is the function's; `nil`: only `return` gives one. */
  readonly implicitResult: "last" | "nil";
  readonly kind: FunctionProto["kind"];
}

/** Emits a function's code and answers its index among the functions of `f`, and what it captures. */
export function compileFunction(f: FunctionScope, source: FunctionSource): { index: number; captures: number } {
  const proto = buildFunction(f, source);
  return { index: f.asm.function(proto), captures: proto.captures.length };
}

function buildFunction(f: FunctionScope, source: FunctionSource): FunctionProto {
  const { params } = source;
  const names = params.map((param) => param.name);
  const inner = new FunctionScope(f.unit, f, names, source.span, outerNames(source, names));
  inner.at(source.span);
  compileDefaults(inner, params);
  compileChecks(inner, params);
  // The body is a scope of its own: it may redeclare a parameter.
  if (source.implicitResult === "last") {
    const result = inner.temp();
    compileBlock(inner, source.body, result);
    inner.asm.emit("Return", result);
  } else {
    compileBlock(inner, source.body, DISCARD);
    inner.asm.emit("ReturnNil");
  }
  const firstDefault = params.findIndex((param) => param.defaultValue !== undefined || param.rest);
  return inner.finish({
    name: source.name,
    paramNames: names,
    requiredCount: firstDefault < 0 ? params.length : firstDefault,
    hasRest: params.at(-1)?.rest ?? false,
    kind: source.kind,
  });
}

/** An explicit nil argument counts as given; only a missing one takes the default. */
function compileDefaults(f: FunctionScope, params: readonly Param[]): void {
  params.forEach((param, index) => {
    if (!param.defaultValue) return;
    const given = f.asm.label();
    f.at(param.span);
    f.asm.emit("JumpIfArg", index, given);
    compileTo(f, param.defaultValue, index);
    f.asm.place(given);
  });
}

function compileChecks(f: FunctionScope, params: readonly Param[]): void {
  params.forEach((param, index) => {
    if (!param.type || param.rest) return;
    const type = typeToTest(param.type, f.unit.facts);
    if (type.kind === "any") return;
    f.at(param.span);
    f.asm.emit("CheckParam", index, f.asm.string(param.name), f.constant({ kind: "type", type }));
  });
}

/** Names that the function mentions and does not have as parameters. */
function outerNames(source: FunctionSource, own: readonly string[]): string[] {
  const names = new Set<string>();
  const defaults = source.params.flatMap((param) => param.defaultValue ?? []);
  for (const node of walkItems([...defaults, ...source.body.items])) {
    const name = mentionedName(node);
    if (name !== undefined) names.add(name);
  }
  for (const name of own) names.delete(name);
  return [...names].sort();
}

/** `{ x -> … }` and `fn(x) { … }`. */
export function compileClosure(f: FunctionScope, expr: NodeOf<"Closure">, target: number): void {
  const { index } = compileFunction(f, {
    name: "<closure>",
    params: expr.params,
    body: expr.body,
    span: expr.span,
    implicitResult: "last",
    kind: containsYield(expr.body) ? "generator" : "plain",
  });
  f.asm.emit("Closure", target, index);
}

export function fnSource(decl: NodeOf<"FnDecl">, name: string = decl.name.name): FunctionSource {
  return {
    name,
    params: decl.params,
    body: decl.body,
    span: decl.span,
    implicitResult: "nil",
    kind: decl.isStream ? "stream" : containsYield(decl.body) ? "generator" : "plain",
  };
}

/** The body of `spawn` or `parallel` as a closure in a register. */
export function compileTaskBody(
  f: FunctionScope,
  name: string,
  variable: string | undefined,
  body: Block,
  target: number,
): void {
  const params: Param[] = variable === undefined ? [] : [{ name: variable, rest: false, span: body.span }];
  const { index } = compileFunction(f, { name, params, body, span: body.span, implicitResult: "last", kind: "plain" });
  f.asm.emit("Closure", target, index);
}

/** `Name { field: value }`. An imported struct is made by its constructor. */
export function compileStructLiteral(f: FunctionScope, expr: NodeOf<"StructLiteral">, target: number): void {
  const { asm } = f;
  const name = expr.name.name;
  const fields = f.unit.facts.structs.get(name);
  const dict = f.temp();
  compileDict(f, expr.entries, dict);
  if (fields) {
    asm.emit("Struct", target, f.constant({ kind: "struct", name, fields }), dict);
    return;
  }
  const call: Expr = { kind: "Identifier", name, span: expr.name.span };
  const callee = f.temp();
  compileTo(f, call, callee);
  asm.emit("Call", target, callee, dict, 1);
}
