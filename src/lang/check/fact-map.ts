/**
 * An immutable map from variables to facts, made for what the checker does with it all the time: change one entry of a
 * large map, and join two maps that come from the same one.
 *
 * It is a Patricia tree over the variables' numbers. A *branch* tells two halves apart by one bit of the number; the bits
 * below that one, its *prefix*, are the same in all of them. Changing an entry copies the path to it and shares the rest,
 * and `mergeFacts` does not look into what both sides share. So a function costs what it finds out, not what it finds out
 * times what it already knew.
 */

import type { Fact, Variable } from "./scope.ts";

/** `undefined` is the empty map. */
export type FactMap = Leaf | Branch | undefined;

interface Leaf {
  readonly kind: "Leaf";
  readonly fact: Fact;
  readonly claims: boolean;
}

interface Branch {
  readonly kind: "Branch";
  readonly prefix: number;
  /** A power of two, or the sign bit. */
  readonly bit: number;
  readonly zero: Leaf | Branch;
  readonly one: Leaf | Branch;
  /** Some fact below rules out types of an `unknown` value. */
  readonly claims: boolean;
}

/** What a merge makes of one variable's facts; undefined: nothing is known. The same fact on both sides stays as it is. */
export type CombineFacts = (a: Fact | undefined, b: Fact | undefined) => Fact | undefined;

export function findFact(map: FactMap, { id }: Variable): Fact | undefined {
  let node = map;
  while (node?.kind === "Branch") node = (id & node.bit) === 0 ? node.zero : node.one;
  return node?.fact.variable.id === id ? node.fact : undefined;
}

export function setFact(map: FactMap, fact: Fact): FactMap {
  return insert(map, leaf(fact));
}

export function deleteFact(map: FactMap, variable: Variable): FactMap {
  return findFact(map, variable) === undefined ? map : remove(map, variable.id);
}

/** The facts that rule out types of an `unknown` value. */
export function claimsIn(map: FactMap): readonly Fact[] {
  const found: Fact[] = [];
  const pending: FactMap[] = [map];
  while (pending.length > 0) {
    const node = pending.pop();
    if (node?.claims !== true) continue;
    if (node.kind === "Leaf") found.push(node.fact);
    else pending.push(node.one, node.zero);
  }
  return found;
}

export function mergeFacts(a: FactMap, b: FactMap, combine: CombineFacts): FactMap {
  if (a === b) return a;
  if (a === undefined) return mapFacts(b, (fact) => combine(undefined, fact));
  if (b === undefined) return mapFacts(a, (fact) => combine(fact, undefined));
  if (a.kind === "Leaf") return mergeLeaf(b, a.fact, (mine, theirs) => combine(theirs, mine));
  if (b.kind === "Leaf") return mergeLeaf(a, b.fact, combine);
  if (a.bit === b.bit && a.prefix === b.prefix) {
    return rebuilt(a, mergeFacts(a.zero, b.zero, combine), mergeFacts(a.one, b.one, combine));
  }
  if (isWithin(b.prefix, a) && isLower(a.bit, b.bit)) return mergeHalf(a, b, b.prefix, combine);
  if (isWithin(a.prefix, b) && isLower(b.bit, a.bit)) {
    return mergeHalf(b, a, a.prefix, (mine, theirs) => combine(theirs, mine));
  }
  return joined(mergeFacts(a, undefined, combine), mergeFacts(undefined, b, combine));
}

// ---- Trees -----------------------------------------------------------------------------------------------------------

function leaf(fact: Fact): Leaf {
  return { kind: "Leaf", fact, claims: fact.ruledOut.length > 0 };
}

/** A number that all keys below agree with in the bits that tell them from others. */
function keyOf(node: Leaf | Branch): number {
  return node.kind === "Leaf" ? node.fact.variable.id : node.prefix;
}

function isWithin(key: number, { prefix, bit }: Branch): boolean {
  return (key & (bit - 1)) === prefix;
}

/** Of two bits, told apart as unsigned: the sign bit is the highest. */
function isLower(a: number, b: number): boolean {
  return a >>> 0 < b >>> 0;
}

/** Two trees whose keys differ within the bits that each of them fixes. */
function joined(a: FactMap, b: FactMap): FactMap {
  if (a === undefined || b === undefined) return a ?? b;
  const [keyA, keyB] = [keyOf(a), keyOf(b)];
  const difference = keyA ^ keyB;
  const bit = difference & -difference;
  const [zero, one] = (keyA & bit) === 0 ? [a, b] : [b, a];
  return { kind: "Branch", prefix: keyA & (bit - 1), bit, zero, one, claims: a.claims || b.claims };
}

/** `branch` with other halves; itself when they are its own. */
function rebuilt(branch: Branch, zero: FactMap, one: FactMap): FactMap {
  if (zero === branch.zero && one === branch.one) return branch;
  if (zero === undefined || one === undefined) return zero ?? one;
  return { ...branch, zero, one, claims: zero.claims || one.claims };
}

function insert(map: FactMap, added: Leaf): FactMap {
  if (map === undefined) return added;
  const { id } = added.fact.variable;
  if (map.kind === "Leaf") return map.fact.variable.id === id ? added : joined(map, added);
  if (!isWithin(id, map)) return joined(map, added);
  return (id & map.bit) === 0
    ? rebuilt(map, insert(map.zero, added), map.one)
    : rebuilt(map, map.zero, insert(map.one, added));
}

function remove(map: FactMap, id: number): FactMap {
  if (map?.kind !== "Branch") return undefined;
  return (id & map.bit) === 0
    ? rebuilt(map, remove(map.zero, id), map.one)
    : rebuilt(map, map.zero, remove(map.one, id));
}

function mapFacts(map: FactMap, change: (fact: Fact) => Fact | undefined): FactMap {
  if (map === undefined) return undefined;
  if (map.kind === "Branch") return rebuilt(map, mapFacts(map.zero, change), mapFacts(map.one, change));
  const changed = change(map.fact);
  if (changed === map.fact) return map;
  return changed === undefined ? undefined : leaf(changed);
}

/** Merges one fact into a tree; `combine` gets the tree's fact first. */
function mergeLeaf(map: Leaf | Branch, fact: Fact, combine: CombineFacts): FactMap {
  const { id } = fact.variable;
  if (map.kind === "Leaf" && map.fact.variable.id === id) {
    if (map.fact === fact) return map;
    const both = combine(map.fact, fact);
    return both === map.fact ? map : both && leaf(both);
  }
  if (map.kind === "Branch" && isWithin(id, map)) return mergeHalf(map, leaf(fact), id, combine);
  const own = combine(undefined, fact);
  return joined(mergeFacts(map, undefined, combine), own && leaf(own));
}

/** `other` lies in one half of `branch`, the one that `key` belongs to. */
function mergeHalf(branch: Branch, other: Leaf | Branch, key: number, combine: CombineFacts): FactMap {
  return (key & branch.bit) === 0
    ? rebuilt(branch, mergeFacts(branch.zero, other, combine), mergeFacts(branch.one, undefined, combine))
    : rebuilt(branch, mergeFacts(branch.zero, undefined, combine), mergeFacts(branch.one, other, combine));
}
