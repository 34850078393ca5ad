/**
 * The state of one check. It is the only thing that changes while a module is checked: where the walk is (names in
 * sight, flow, function), and what it has reported. Everything it points to is immutable or only grows.
 */

import type { Diagnostic, Label } from "../diagnostics/diagnostic.ts";
import { oneLine } from "../diagnostics/display-text.ts";
import type { Block, Expr, Item, Span } from "../syntax/ast.ts";
import type { SourceFile } from "../syntax/source-file.ts";
import type { BuiltinTable } from "./builtin-table.ts";
import { CHECK_RULES, type CheckRule } from "./codes.ts";
import type { TypeTable } from "./declarations.ts";
import type { TypeParamNames } from "./lower-types.ts";
import { type Binding, bind, type Flow, lookup, type Scope, type Variable } from "./scope.ts";
import type { Type } from "./types.ts";

export interface Checker {
  readonly file: SourceFile;
  readonly builtins: BuiltinTable;
  readonly calls: CallTargets;
  readonly walk: Walk;
  readonly diagnostics: Diagnostic[];
  types: TypeTable;
  typeParams: TypeParamNames;
  /** Interface bounds of the type parameters in sight. */
  bounds: ReadonlyMap<string, string>;
  scope: Scope;
  flow: Flow;
  frame: Frame;
  /** Undefined variables that have been told of: once each is enough. */
  readonly undefinedTold: Set<string>;
  /** How many assignments the walk has met: tells whether evaluating something changed any variable. */
  assignments: number;
}

/** How the files that check expressions, statements and declarations call each other without importing each other. */
export interface Walk {
  expression(checker: Checker, expr: Expr): Type;
  /** Checks a block in a scope of its own; its value is that of its last item. */
  block(checker: Checker, block: Block): Type;
  item(checker: Checker, item: Item): Type;
}

/** What a call may name besides what is in scope. */
export interface CallTargets {
  /** False when an import could not be resolved: then any name may have come from it. */
  readonly importsResolved: boolean;
  readonly imported: ReadonlySet<string>;
  /** Functions and variables bound anywhere in the file: function names are found at run time, through the caller. */
  readonly boundSomewhere: ReadonlySet<string>;
  /** A pipeline of the file extends one of another file, whose variables it sees. */
  readonly inheritsUnseen: boolean;
}

/** The innermost function-like body around the walk. */
export interface Frame {
  /** False at the top level, where `try*` and `emit` have nowhere to go. */
  readonly isFunction: boolean;
  /** What `return` must give, and where that was said. */
  readonly returns?: Expectation;
  /** Inside a `gen fn`: what it emits. */
  readonly emits?: Expectation;
  /** The types returned so far, for closures without a declared return type. */
  readonly returned: Type[];
}

export interface Expectation {
  readonly type: Type;
  readonly span: Span;
}

export const TOP_LEVEL: Frame = { isFunction: false, returned: [] };

export interface ReportExtras {
  readonly labels?: readonly Label[];
  readonly hint?: string;
}

export function report(
  checker: Checker,
  rule: CheckRule,
  span: Span,
  message: string,
  extras: ReportExtras = {},
): void {
  const { code, severity } = CHECK_RULES[rule];
  checker.diagnostics.push({
    code,
    severity,
    message: oneLine(message),
    span,
    ...(extras.labels === undefined || extras.labels.length === 0 ? {} : { labels: extras.labels }),
    ...(extras.hint === undefined ? {} : { hint: oneLine(extras.hint) }),
  });
}

/** A label for the place an expectation came from, if that is in this file. */
export function labelAt(span: Span | undefined, message: string): readonly Label[] {
  return span === undefined ? [] : [{ span, message }];
}

/** Runs `body` with other surroundings and puts the old ones back. The flow afterwards is what `body` left. */
export function within<T>(
  checker: Checker,
  inside: Partial<Pick<Checker, "types" | "typeParams" | "bounds" | "scope" | "flow" | "frame">>,
  body: () => T,
): T {
  const { types, typeParams, bounds, scope, frame } = checker;
  Object.assign(checker, inside);
  const result = body();
  Object.assign(checker, { types, typeParams, bounds, scope, frame });
  return result;
}

/** Binds an immutable variable in the current scope. */
export function bindValue(checker: Checker, name: string, type: Type, span?: Span): void {
  bind(checker.scope, valueBinding(name, type, span));
}

function valueBinding(name: string, type: Type, span?: Span): Binding {
  return { name, type, mutable: false, widensFromNil: false, ...(span === undefined ? {} : { span }) };
}

/** The variables in sight with one of these names. */
export function variablesNamed(scope: Scope, names: Iterable<string>): readonly Variable[] {
  return [...names].flatMap((name) => lookup(scope, name) ?? []);
}
