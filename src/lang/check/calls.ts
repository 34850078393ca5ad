/** Calls: what a name stands for, arity, arguments, type arguments, interface bounds, and the result. */

import type { Expr, Ident, NodeOf, Span } from "../syntax/ast.ts";
import { resolveAlias } from "./aliases.ts";
import type { Builtin } from "./builtin-table.ts";
import { type Checker, labelAt, report } from "./checker.ts";
import { constructStruct } from "./constructors.ts";
import {
  bareType,
  type FunctionSignature,
  findTypeOfKind,
  type MethodSignature,
  type ParameterSignature,
  type StructDeclaration,
} from "./declarations.ts";
import { checkCallTarget, unknownTypeHint } from "./defined-names.ts";
import { type Argument, inferArguments, inferEntries } from "./elements.ts";
import { bindTypes, substitute, type TypeBindings } from "./generics.ts";
import { checkOptions } from "./known-options.ts";
import { lowerType } from "./lower-types.ts";
import { aliasNamed, literalKey, schemaType } from "./schema-types.ts";
import { currentType, kill, lookup, type Variable } from "./scope.ts";
import { interfaceMismatch, isAssignable, shapeMismatchDetail } from "./subtype.ts";
import { type FnType, NEVER, named, printType, type Type, UNTYPED } from "./types.ts";
import { checkUnknownExhausted } from "./unknown-coverage.ts";

type Call = NodeOf<"Call">;

/** What a call may be checked against. */
type Callable = FunctionSignature | MethodSignature;

export function inferCall(checker: Checker, call: Call): Type {
  const { name } = call.callee;
  const variable = lookup(checker.scope, name);
  if (variable === undefined) {
    const schema = name === "schema_of" ? schemaOf(checker, call) : undefined;
    if (schema !== undefined) return schema;
    if (name === "unreachable") return checkUnreachable(checker, call);
    checkCallTarget(checker, call.callee);
  }
  const struct = variable === undefined ? findTypeOfKind(checker.types, name, "Struct") : undefined;
  if (struct !== undefined) return callStruct(checker, call, struct);
  const args = inferArguments(checker, call.args);
  if (variable !== undefined) return callVariable(checker, call, variable, args);
  const payload = args[0]?.type ?? UNTYPED;
  if (name === "Ok") return named("Result", payload, UNTYPED);
  if (name === "Err") return named("Result", UNTYPED, payload);
  checkOptions(checker, call);
  const builtin = checker.builtins.find(name);
  return builtin === undefined ? UNTYPED : callBuiltin(checker, call, builtin, args);
}

// ---- What the name stands for ------------------------------------------------------------------------------------------

function schemaOf(checker: Checker, call: Call): Type | undefined {
  const [argument] = call.args;
  if (call.args.length !== 1 || argument?.kind !== "Identifier") return undefined;
  const alias = aliasNamed(checker, argument.name);
  return alias === undefined ? undefined : named("Schema", alias);
}

/** `unreachable(x)` claims that `x` has no values left; without a variable it only claims to be unreachable. */
function checkUnreachable(checker: Checker, call: Call): Type {
  const args = inferArguments(checker, call.args);
  const [first] = args;
  if (first?.expr.kind === "Identifier") {
    const type = resolveAlias(checker.types, first.type);
    if (type.kind !== "Never" && type.kind !== "Untyped") {
      report(
        checker,
        "reachableUnreachable",
        call.span,
        `unreachable() argument has type \`${printType(first.type)}\` — not all cases are handled`,
        { hint: `Handle ${printType(first.type)} before this point` },
      );
    }
  }
  checkUnknownExhausted(checker, call.span, "unreachable()");
  checker.flow = kill(checker.flow);
  return NEVER;
}

function callVariable(checker: Checker, call: Call, variable: Variable, args: readonly Argument[]): Type {
  const { signature } = variable;
  if (signature === undefined) {
    const type = resolveAlias(checker.types, currentType(checker.flow, variable));
    return type.kind === "Fn" ? callFnType(checker, type, args) : UNTYPED;
  }
  checkDeprecation(checker, signature, call.callee);
  return callSignature(checker, `Function '${signature.name}'`, signature, call, args);
}

/** `Name({field: value})` builds a struct like `Name {field: value}`. */
function callStruct(checker: Checker, call: Call, struct: StructDeclaration): Type {
  const [fields] = call.args;
  if (call.args.length === 1 && fields?.kind === "DictLiteral") {
    return constructStruct(checker, struct, inferEntries(checker, fields.entries), call.span);
  }
  inferArguments(checker, call.args);
  return bareType(struct);
}

function checkDeprecation(checker: Checker, signature: FunctionSignature, callee: Ident): void {
  const { deprecated } = signature;
  if (deprecated === undefined) return;
  const since = deprecated.since === undefined ? "" : ` (since ${deprecated.since})`;
  report(checker, "deprecatedCall", callee.span, `\`${signature.name}\` is deprecated${since}`, {
    ...(deprecated.use === undefined ? {} : { hint: `Use \`${deprecated.use}\` instead` }),
  });
}

// ---- Functions -----------------------------------------------------------------------------------------------------------

/** What is called, with the type arguments written at the call. */
interface CallSite {
  readonly typeArgs: Call["typeArgs"];
  readonly span: Span;
}

export function callSignature(
  checker: Checker,
  what: string,
  signature: Callable,
  site: CallSite,
  args: readonly Argument[],
): Type {
  const explicit = checkTypeArguments(checker, what, signature.typeParams, site);
  checkArity(checker, what, signature, site.span, args);
  const bindings = checkArguments(checker, signature.params, new Set(signature.typeParams), explicit, args);
  if ("where" in signature) checkBounds(checker, signature, bindings, site.span);
  const returns = substitute(signature.returns, bindings, new Set(signature.typeParams));
  if (returns.kind === "Never") {
    checkUnknownExhausted(checker, site.span, `${signature.name}()`);
    checker.flow = kill(checker.flow);
  }
  return returns;
}

function checkTypeArguments(
  checker: Checker,
  what: string,
  typeParams: readonly string[],
  site: CallSite,
): TypeBindings {
  const bindings: TypeBindings = new Map();
  const { typeArgs } = site;
  if (typeArgs.length === 0) return bindings;
  if (typeParams.length === 0) {
    report(checker, "typeArguments", site.span, `${what} does not declare type parameters`, {
      hint: "Remove the type arguments",
    });
  } else if (typeArgs.length !== typeParams.length) {
    const message = `${what} expects ${typeParams.length} type arguments, got ${typeArgs.length}`;
    report(checker, "typeArguments", site.span, message);
  } else {
    for (const [index, name] of typeParams.entries()) {
      const arg = typeArgs[index];
      if (arg !== undefined) bindings.set(name, lowerType(arg, checker.typeParams));
    }
  }
  return bindings;
}

function checkArity(checker: Checker, what: string, signature: Callable, span: Span, args: readonly Argument[]): void {
  const { required, params } = signature;
  if (signature.hasRest || args.some((arg) => arg.expr.kind === "Spread")) return;
  if (args.length >= required && args.length <= params.length) return;
  const expected = required === params.length ? String(required) : `${required}-${params.length}`;
  report(checker, "argumentCount", span, `${what} expects ${expected} arguments, got ${args.length}`, {
    hint: `Pass ${expected} arguments; missing ones would be nil, extra ones are dropped`,
  });
}

/** What a builtin does with too few arguments it says itself, at run time; what it gets beyond them it never sees. */
function checkDropped(checker: Checker, what: string, call: Call, args: readonly Argument[]): void {
  const most = checker.builtins.argumentsOf(call.callee.name)?.most;
  const dropped = most === undefined ? undefined : args[most];
  if (dropped === undefined || args.some((arg) => arg.expr.kind === "Spread")) return;
  const hint = PRINTS.has(call.callee.name)
    ? 'Only the first is printed; put several values into one string: `"${a} ${b}"`'
    : "Extra arguments are dropped";
  const message = `${what} takes ${most === 1 ? "1 argument" : `${most} arguments`}, got ${args.length}`;
  report(checker, "argumentCount", dropped.expr.span, message, { hint });
}

const PRINTS: ReadonlySet<string> = new Set(["eprint", "eprintln", "log", "print", "println"]);

/**
 * Checks arguments by position against parameters and finds out what the type parameters stand for. Behind a spread
 * argument positions are not known, so nothing is said there.
 */
function checkArguments(
  checker: Checker,
  params: readonly ParameterSignature[],
  names: ReadonlySet<string>,
  explicit: TypeBindings,
  args: readonly Argument[],
): TypeBindings {
  const bindings: TypeBindings = new Map(explicit);
  const pairs: { arg: Argument; expr: Expr; param: ParameterSignature; index: number }[] = [];
  for (const [index, arg] of args.entries()) {
    const param = params[index];
    if (param === undefined || arg.expr.kind === "Spread") break;
    pairs.push({ arg, expr: arg.expr, param, index });
  }
  const conflicting = new Set<number>();
  for (const { arg, expr, param, index } of pairs) {
    const conflict = bindArgument(checker, param.type, expr, arg.type, names, bindings);
    if (conflict === undefined || explicit.size > 0) continue;
    conflicting.add(index);
    report(checker, "bindingConflict", expr.span, conflict, {
      labels: labelAt(param.span, "parameter declared here"),
      hint: "Give the type arguments explicitly, or pass arguments of one type",
    });
  }
  for (const { arg, expr, param, index } of pairs) {
    const expected = substitute(param.type, bindings, names);
    if (conflicting.has(index) || isAssignable(checker.types, expected, arg.type)) continue;
    const detail = shapeMismatchDetail(checker.types, expected, arg.type);
    report(
      checker,
      "argumentMismatch",
      expr.span,
      `Argument ${index + 1} ('${param.name}'): expected ${printType(expected)}, got ${printType(arg.type)}${detail === undefined ? "" : ` (${detail})`}`,
      {
        labels: labelAt(param.span, `parameter \`${param.name}\` declared here`),
        ...unknownTypeHint(checker, expected),
      },
    );
  }
  return bindings;
}

/**
 * Binds type parameters from one argument. `Schema<T>` binds from the argument's text: an alias, `schema_of(Alias)` or
 * a schema literal, also inside a dict literal of options.
 */
function bindArgument(
  checker: Checker,
  param: Type,
  expr: Expr,
  type: Type,
  names: ReadonlySet<string>,
  bindings: TypeBindings,
): string | undefined {
  if (param.kind === "Named" && param.name === "Schema" && param.args[0] !== undefined) {
    const described = schemaType(checker, expr);
    if (described !== undefined) return bindTypes(param.args[0], described, names, bindings)?.message;
  }
  if (param.kind === "Shape" && expr.kind === "DictLiteral") {
    for (const entry of expr.entries) {
      const key = literalKey(entry);
      const field = param.fields.find((candidate) => candidate.name === key);
      if (field === undefined || entry.kind !== "Entry") continue;
      const found = type.kind === "Shape" ? type.fields.find((candidate) => candidate.name === key)?.type : undefined;
      const conflict = bindArgument(checker, field.type, entry.value, found ?? UNTYPED, names, bindings);
      if (conflict !== undefined) return conflict;
    }
    return undefined;
  }
  return bindTypes(param, type, names, bindings)?.message;
}

function checkBounds(checker: Checker, signature: FunctionSignature, bindings: TypeBindings, span: Span): void {
  for (const { param, bound } of signature.where) {
    const type = bindings.get(param);
    const reason = type === undefined ? undefined : interfaceMismatch(checker.types, type, bound);
    if (type === undefined || reason === undefined) continue;
    report(
      checker,
      "interfaceNotSatisfied",
      span,
      `Type '${printType(type)}' does not satisfy interface '${bound}': ${reason} (required by constraint \`where ${param}: ${bound}\`)`,
      { hint: `Add what is missing to an \`impl ${printType(type)} { … }\` block` },
    );
  }
}

// ---- Function values and builtins --------------------------------------------------------------------------------------

/** A call through a value of function type. */
export function callFnType(checker: Checker, type: FnType, args: readonly Argument[]): Type {
  for (const [index, { expr, type: actual }] of args.entries()) {
    const expected = type.params[index];
    if (expected === undefined || expr.kind === "Spread") break;
    if (isAssignable(checker.types, expected, actual)) continue;
    const message = `Argument ${index + 1}: expected ${printType(expected)}, got ${printType(actual)}`;
    report(checker, "argumentMismatch", expr.span, message);
  }
  return type.returns;
}

function callBuiltin(checker: Checker, call: Call, builtin: Builtin, args: readonly Argument[]): Type {
  const what = `Builtin function '${builtin.name}'`;
  const bindings = checkTypeArguments(checker, what, builtin.generics, call);
  checkDropped(checker, what, call, args);
  const names = new Set(builtin.generics);
  for (const [index, { expr, type }] of args.entries()) {
    const param = builtin.params[index];
    if (param === undefined || expr.kind === "Spread") break;
    bindArgument(checker, param, expr, type, names, bindings);
  }
  const isBound = builtin.generics.every((name) => bindings.has(name));
  const returns = isBound ? substitute(builtin.returns, bindings) : builtin.otherwise;
  if (returns.kind === "Never") checker.flow = kill(checker.flow);
  return returns;
}
