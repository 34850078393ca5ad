/** Methods and properties of builtin values: one that is not there gives nil at run time, which is rarely meant. */

import { closestName } from "../diagnostics/suggest.ts";
import type { Ident } from "../syntax/ast.ts";
import { type Checker, report } from "./checker.ts";
import { FOREIGN_MEMBERS } from "./foreign-names.ts";
import { methodsOf } from "./subtype.ts";
import type { Type } from "./types.ts";

/** The types whose members are these and no others; what a dict has are its keys. */
const PROPERTIES: ReadonlyMap<string, readonly string[]> = new Map([
  ["list", ["count", "empty", "first", "last"]],
  ["range", ["count", "empty", "first", "last"]],
  ["set", ["count", "empty"]],
  ["string", ["count", "empty"]],
]);

/** Warns when values of type `receiver` have no method, or no property, called `member` but one that is meant. */
export function checkMember(checker: Checker, receiver: Type, member: Ident, kind: "method" | "property"): void {
  const type = builtinName(receiver);
  const properties = type === undefined ? undefined : PROPERTIES.get(type);
  const methods = type === undefined ? undefined : checker.builtins.methodsOf(type);
  if (type === undefined || properties === undefined || methods === undefined) return;
  const { name, span } = member;
  if (properties.includes(name) || (kind === "method" && methods.includes(name))) return;
  if (methodsOf(checker.types, type)?.some((method) => method.name === name) === true) return;
  const candidates = kind === "method" ? methods : [...properties, ...methods];
  const hint = methods.includes(name) ? `Call it: \`.${name}()\`` : meantMember(name, candidates);
  // A name that is like nothing may be asked for to see whether it is there.
  if (hint !== undefined) report(checker, "unknownMember", span, `${type} has no ${kind} '${name}'`, { hint });
}

function meantMember(name: string, candidates: readonly string[]): string | undefined {
  const foreign = FOREIGN_MEMBERS[name];
  if (foreign !== undefined) return foreign;
  const closest = closestName(name, [...candidates, ...Object.keys(FOREIGN_MEMBERS)]);
  if (closest === undefined) return undefined;
  return candidates.includes(closest) ? `Did you mean \`${closest}\`?` : FOREIGN_MEMBERS[closest];
}

function builtinName(type: Type): string | undefined {
  if (type.kind === "Literal") return typeof type.value === "string" ? "string" : undefined;
  return type.kind === "Named" ? type.name : undefined;
}
