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
import { sameType, type Type, UNTYPED } from "./types.ts";
import { isOpenUnion, unionOf } from "./unions.ts";

export interface Variable {
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

export interface Scope {
  readonly parent?: Scope;
  readonly variables: Map<string, Variable>;
}

export function childScope(parent?: Scope): Scope {
  return parent === undefined ? { variables: new Map() } : { parent, variables: new Map() };
}

/** `_` binds nothing. */
export function bind(scope: Scope, variable: Variable): void {
  if (variable.name !== "_") scope.variables.set(variable.name, variable);
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
  readonly type: Type;
  /** For `unknown`: the `type_of` names ruled out so far on this path, in the order met. */
  readonly ruledOut: readonly string[];
  /** For a variable that widens from nil: what may be assigned to it, once something was. */
  readonly slot?: Type;
}

export interface Flow {
  readonly facts: ReadonlyMap<Variable, Fact>;
  readonly dead: boolean;
}

export const START: Flow = { facts: new Map(), dead: false };

const NONE: readonly string[] = [];

/** What `variable` is known to be here. */
export function currentType(flow: Flow, variable: Variable): Type {
  return flow.facts.get(variable)?.type ?? variable.type;
}

export function narrowTo(flow: Flow, variable: Variable, type: Type): Flow {
  const known = flow.facts.get(variable);
  return withFact(flow, variable, { ...known, type, ruledOut: known?.ruledOut ?? NONE });
}

export function ruleOut(flow: Flow, variable: Variable, typeName: string): Flow {
  const known = flow.facts.get(variable);
  const ruledOut = known?.ruledOut ?? NONE;
  if (ruledOut.includes(typeName)) return flow;
  return withFact(flow, variable, { ...known, type: known?.type ?? variable.type, ruledOut: [...ruledOut, typeName] });
}

/** After an assignment that widened `variable`: it now holds `type`, and its slot takes that from now on. */
export function widenTo(flow: Flow, variable: Variable, type: Type): Flow {
  return withFact(flow, variable, { type, slot: type, ruledOut: NONE });
}

/** Back to what the declaration says, as after any assignment. */
export function forget(flow: Flow, variable: Variable): Flow {
  const known = flow.facts.get(variable);
  if (known === undefined) return flow;
  if (known.slot !== undefined) return widenTo(flow, variable, known.slot);
  const facts = new Map(flow.facts);
  facts.delete(variable);
  return { ...flow, facts };
}

/**
 * At a point that may be reached after any of the assignments to `variables` was run, as at the head of a loop. One that
 * widens from nil may hold anything there.
 */
export function forgetReassigned(flow: Flow, variables: Iterable<Variable>): Flow {
  let next = flow;
  for (const variable of variables) {
    next = forget(next, variable);
    if (variable.widensFromNil && next.facts.get(variable)?.slot === undefined)
      next = narrowTo(next, variable, UNTYPED);
  }
  return next;
}

/** Inside a function that may run later: variables that can change say no more than their declaration. */
export function forgetMutable(flow: Flow): Flow {
  const facts = new Map([...flow.facts].filter(([variable]) => !variable.mutable));
  return { facts, dead: false };
}

function withFact(flow: Flow, variable: Variable, fact: Fact): Flow {
  return { ...flow, facts: new Map(flow.facts).set(variable, fact) };
}

export function kill(flow: Flow): Flow {
  return flow.dead ? flow : { ...flow, dead: true };
}

/** What holds after either of two paths: only what holds on both. */
export function joinFlows(a: Flow, b: Flow): Flow {
  if (a.dead) return b;
  if (b.dead || a === b || a.facts === b.facts) return a;
  const facts = new Map<Variable, Fact>();
  for (const variable of new Set([...a.facts.keys(), ...b.facts.keys()])) {
    const fact = joinFacts(variable, a.facts.get(variable), b.facts.get(variable));
    if (fact !== undefined) facts.set(variable, fact);
  }
  return { facts, dead: false };
}

/**
 * What holds after branches that started from `before`. If none of them assigned to a variable, what was known before
 * is still true, and a branch that left a type open does not take it away.
 */
export function joinBranches(before: Flow, ends: readonly Flow[], assigned: boolean): Flow {
  const joined = ends.reduce(joinFlows, kill(before));
  if (assigned || joined.dead) return joined;
  const facts = new Map(before.facts);
  for (const [variable, fact] of joined.facts) if (!isOpen(fact.type)) facts.set(variable, fact);
  return { facts, dead: false };
}

function isOpen(type: Type): boolean {
  return type.kind === "Untyped" || isOpenUnion(type);
}

function joinFacts(variable: Variable, a: Fact | undefined, b: Fact | undefined): Fact | undefined {
  if (a === b) return a;
  // A variable that widened on one path only may still be widened by another type later, so it keeps no slot.
  if ((a === undefined || b === undefined) && !variable.widensFromNil) return undefined;
  const type = unionOf([a?.type ?? variable.type, b?.type ?? variable.type]);
  const ruledOut = (a?.ruledOut ?? NONE).filter((name) => b?.ruledOut.includes(name) === true);
  const slot = a?.slot !== undefined && b?.slot !== undefined ? unionOf([a.slot, b.slot]) : undefined;
  if (slot === undefined && ruledOut.length === 0 && sameType(type, variable.type)) return undefined;
  return { type, ruledOut, ...(slot === undefined ? {} : { slot }) };
}
