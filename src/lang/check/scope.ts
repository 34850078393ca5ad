/**
 * What names mean and what is known about them on the path being checked.
 *
 * A `Variable` is one binding with the type it was declared or first given. A `Scope` is one lexical level; it only
 * ever grows, as the walk passes declarations. A `Flow` is an immutable map of facts: for each variable narrowed on
 * this path, what its value is known to be. Branches start from the same flow and are joined afterwards; a path that
 * cannot go on (`return`, `throw`, …) is dead and adds nothing to the join.
 */

import type { Span } from "../syntax/ast.ts";
import type { FunctionSignature } from "./declarations.ts";
import { claimsIn, deleteFact, type FactMap, findFact, mergeFacts, setFact } from "./fact-map.ts";
import { sameType, type Type, UNTYPED } from "./types.ts";
import { isOpenUnion, unionOf } from "./unions.ts";

/** A variable before it has its number. */
export interface Binding {
  readonly name: string;
  /** Declared, or inferred from the first value. */
  readonly type: Type;
  readonly mutable: boolean;
  /** `var x = nil` without annotation: the first assignments widen it. */
  readonly widensFromNil: boolean;
  /** What a schema literal in it describes, for `schema_is(x, s)`. */
  readonly schema?: Type;
  /** For functions and tools. */
  readonly signature?: FunctionSignature;
  /** Where its type comes from: the annotation, or the name. */
  readonly span?: Span;
}

export interface Variable extends Binding {
  /** Counted through the module: what facts are found by. */
  readonly id: number;
}

export interface Scope {
  readonly parent?: Scope;
  readonly variables: Map<string, Variable>;
  /** Shared by all scopes of a module. */
  readonly count: { next: number };
}

export function childScope(parent?: Scope): Scope {
  return parent === undefined
    ? { variables: new Map(), count: { next: 0 } }
    : { parent, variables: new Map(), count: parent.count };
}

/** `_` binds nothing. */
export function bind(scope: Scope, binding: Binding): void {
  if (binding.name !== "_") scope.variables.set(binding.name, { ...binding, id: scope.count.next++ });
}

export function lookup(scope: Scope, name: string): Variable | undefined {
  for (let level: Scope | undefined = scope; level !== undefined; level = level.parent) {
    const found = level.variables.get(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The names of the functions in sight, inner levels first. */
export function functionNames(scope: Scope): readonly string[] {
  const names: string[] = [];
  for (let level: Scope | undefined = scope; level !== undefined; level = level.parent) {
    for (const variable of level.variables.values()) if (variable.signature !== undefined) names.push(variable.name);
  }
  return names;
}

// ---- Flow ------------------------------------------------------------------------------------------------------------

export interface Fact {
  readonly variable: Variable;
  readonly type: Type;
  /** For `unknown`: the `type_of` names ruled out so far on this path, in the order met. */
  readonly ruledOut: readonly string[];
  /** For a variable that widens from nil: what may be assigned to it, once something was. */
  readonly slot?: Type;
}

/** Apart for variables that can and that cannot change: a function that runs later knows the second still. */
export interface Flow {
  readonly ofMutable: FactMap;
  readonly ofImmutable: FactMap;
  readonly dead: boolean;
}

export const START: Flow = { ofMutable: undefined, ofImmutable: undefined, dead: false };

const NONE: readonly string[] = [];

export function factAbout(flow: Flow, variable: Variable): Fact | undefined {
  return findFact(variable.mutable ? flow.ofMutable : flow.ofImmutable, variable);
}

/** What `variable` is known to be here. */
export function currentType(flow: Flow, variable: Variable): Type {
  return factAbout(flow, variable)?.type ?? variable.type;
}

/** The variables of type `unknown` some of whose types are ruled out here. */
export function openClaims(flow: Flow): readonly Fact[] {
  return [...claimsIn(flow.ofImmutable), ...claimsIn(flow.ofMutable)].filter(({ type }) => type.kind === "Unknown");
}

export function narrowTo(flow: Flow, variable: Variable, type: Type): Flow {
  const known = factAbout(flow, variable);
  return withFact(flow, { ...known, variable, type, ruledOut: known?.ruledOut ?? NONE });
}

export function ruleOut(flow: Flow, variable: Variable, typeName: string): Flow {
  const known = factAbout(flow, variable);
  const ruledOut = known?.ruledOut ?? NONE;
  if (ruledOut.includes(typeName)) return flow;
  return withFact(flow, { ...known, variable, type: known?.type ?? variable.type, ruledOut: [...ruledOut, typeName] });
}

/** After an assignment that widened `variable`: it now holds `type`, and its slot takes that from now on. */
export function widenTo(flow: Flow, variable: Variable, type: Type): Flow {
  return withFact(flow, { variable, type, slot: type, ruledOut: NONE });
}

/** Back to what the declaration says, as after any assignment. */
export function forget(flow: Flow, variable: Variable): Flow {
  const known = factAbout(flow, variable);
  if (known === undefined) return flow;
  if (known.slot !== undefined) return widenTo(flow, variable, known.slot);
  return variable.mutable
    ? { ...flow, ofMutable: deleteFact(flow.ofMutable, variable) }
    : { ...flow, ofImmutable: deleteFact(flow.ofImmutable, variable) };
}

/**
 * At a point that may be reached after any of the assignments to `variables` was run, as at the head of a loop. One that
 * widens from nil may hold anything there.
 */
export function forgetReassigned(flow: Flow, variables: Iterable<Variable>): Flow {
  let next = flow;
  for (const variable of variables) {
    next = forget(next, variable);
    if (variable.widensFromNil && factAbout(next, variable)?.slot === undefined)
      next = narrowTo(next, variable, UNTYPED);
  }
  return next;
}

/** Inside a function that may run later: variables that can change say no more than their declaration. */
export function forgetMutable(flow: Flow): Flow {
  return { ...START, ofImmutable: flow.ofImmutable };
}

function withFact(flow: Flow, fact: Fact): Flow {
  return fact.variable.mutable
    ? { ...flow, ofMutable: setFact(flow.ofMutable, fact) }
    : { ...flow, ofImmutable: setFact(flow.ofImmutable, fact) };
}

export function kill(flow: Flow): Flow {
  return flow.dead ? flow : { ...flow, dead: true };
}

/** What holds after either of two paths: only what holds on both. */
export function joinFlows(a: Flow, b: Flow): Flow {
  if (a.dead) return b;
  if (b.dead || a === b) return a;
  return merge(a, b, joinFacts);
}

/**
 * What holds after branches that started from `before`. If none of them assigned to a variable, what was known before
 * is still true, and a branch that left a type open does not take it away.
 */
export function joinBranches(before: Flow, ends: readonly Flow[], assigned: boolean): Flow {
  const joined = ends.reduce(joinFlows, kill(before));
  if (assigned || joined.dead) return joined;
  return merge(before, joined, (known, found) => (found === undefined || isOpen(found.type) ? known : found));
}

function merge(a: Flow, b: Flow, combine: typeof joinFacts): Flow {
  return {
    ofMutable: mergeFacts(a.ofMutable, b.ofMutable, combine),
    ofImmutable: mergeFacts(a.ofImmutable, b.ofImmutable, combine),
    dead: false,
  };
}

function isOpen(type: Type): boolean {
  return type.kind === "Untyped" || isOpenUnion(type);
}

function joinFacts(a: Fact | undefined, b: Fact | undefined): Fact | undefined {
  const variable = (a ?? b)?.variable;
  if (a === b || variable === undefined) return a;
  // A variable that widened on one path only may still be widened by another type later, so it keeps no slot.
  if ((a === undefined || b === undefined) && !variable.widensFromNil) return undefined;
  const type = unionOf([a?.type ?? variable.type, b?.type ?? variable.type]);
  const ruledOut = (a?.ruledOut ?? NONE).filter((name) => b?.ruledOut.includes(name) === true);
  const slot = a?.slot !== undefined && b?.slot !== undefined ? unionOf([a.slot, b.slot]) : undefined;
  if (slot === undefined && ruledOut.length === 0 && sameType(type, variable.type)) return undefined;
  return { variable, type, ruledOut, ...(slot === undefined ? {} : { slot }) };
}
