/**
 * Resolving aliases. Aliases stay by name inside types, so that messages show what the user wrote and recursive ones
 * cost nothing; a rule that looks at a type resolves its head first.
 */

import { findTypeOfKind, type TypeTable } from "./declarations.ts";
import { bindAll, substitute } from "./generics.ts";
import { mapSame, type Type, UNTYPED } from "./types.ts";
import { membersOf, unionOf } from "./unions.ts";

/** How deep one alias may lead through others. */
const MAX_DEPTH = 64;

/** Expansions in one resolution: `type S<T> = S<S<T>>` doubles with every one, and so does not get deep. */
const MAX_EXPANSIONS = 2_000;

/** More combinations than this are not distributed one by one. */
const MAX_DISTRIBUTED = 64;

/**
 * `type` with the alias at its head expanded until there is none, and so for each member of a union. A chain of
 * aliases that never ends says nothing.
 */
export function resolveAlias(types: TypeTable, type: Type): Type {
  return resolve({ types, expansions: 0 }, type, 0);
}

interface Resolution {
  readonly types: TypeTable;
  expansions: number;
}

function resolve(run: Resolution, type: Type, depth: number): Type {
  if (type.kind === "Union") {
    const members = mapSame(type.members, (member) => resolve(run, member, depth + 1));
    return members === type.members ? type : unionOf(members);
  }
  if (type.kind !== "Named") return type;
  const alias = findTypeOfKind(run.types, type.name, "Alias");
  if (alias === undefined) return type;
  if (depth > MAX_DEPTH || ++run.expansions > MAX_EXPANSIONS) return UNTYPED;
  const names = alias.params.map((param) => param.name);
  if (names.length === 0) return resolve(run, alias.body, depth + 1);
  const args = type.args.map((arg) => resolve(run, arg, depth + 1));
  const body = distribute(names, args, (bound) => substitute(alias.body, bindAll(names, bound), new Set(names)));
  return resolve(run, body, depth + 1);
}

/**
 * A generic alias distributes over closed unions: `Box<A | B>` is `Box<A> | Box<B>`, so that each instance fixes its
 * parameter consistently.
 */
function distribute(
  names: readonly string[],
  args: readonly Type[],
  instantiate: (args: readonly Type[]) => Type,
): Type {
  let combinations: (readonly Type[])[] = [[]];
  for (const arg of args.slice(0, names.length)) {
    const members = membersOf(arg);
    if (combinations.length * members.length > MAX_DISTRIBUTED) return instantiate(args);
    combinations = combinations.flatMap((prefix) => members.map((member) => [...prefix, member]));
  }
  return unionOf(combinations.map(instantiate));
}
