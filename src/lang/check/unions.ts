/** Building and taking apart unions, and the two set operations narrowing needs: intersection and subtraction. */

import {
  findField,
  INT,
  isDynamic,
  isNamed,
  NEVER,
  NIL,
  type ShapeType,
  STRING,
  sameType,
  type Type,
  UNTYPED,
} from "./types.ts";

/** An inferred union with more distinct members than this says no more than "anything". */
const MAX_INFERRED_MEMBERS = 48;

export function membersOf(type: Type): readonly Type[] {
  return type.kind === "Union" ? type.members : [type];
}

/** The union of `types`: flattened, without `never`, without repeats; one member collapses to itself, none to `never`. */
export function unionOf(types: readonly Type[], maxMembers: number = MAX_INFERRED_MEMBERS): Type {
  const members: Type[] = [];
  for (const type of types) {
    for (const member of membersOf(type)) {
      if (member.kind === "Never" || members.some((known) => sameType(known, member))) continue;
      members.push(member);
      if (members.length > maxMembers) return UNTYPED;
    }
  }
  const [first] = members;
  if (first === undefined) return NEVER;
  return members.length === 1 ? first : { kind: "Union", members };
}

export function withNil(type: Type): Type {
  return unionOf([type, NIL]);
}

export function withoutNil(type: Type): Type {
  return unionOf(membersOf(type).filter((member) => !isNamed(member, "nil")));
}

export function includesNil(type: Type): boolean {
  return membersOf(type).some((member) => isNamed(member, "nil"));
}

/** True for a union with a member that may be anything, nil included. */
export function isOpenUnion(type: Type): boolean {
  return type.kind === "Union" && type.members.some(isDynamic);
}

/** A literal's base type; anything else as it is. */
export function widenLiteral(type: Type): Type {
  if (type.kind === "Literal") return typeof type.value === "string" ? STRING : INT;
  return type;
}

/** The part of `current` that also is `other`, or `undefined` when they have nothing in common. Aliases are resolved. */
export function intersectTypes(current: Type, other: Type): Type | undefined {
  if (current.kind === "Untyped" || current.kind === "Any" || current.kind === "Unknown") return other;
  if (other.kind === "Untyped" || other.kind === "Any" || other.kind === "Unknown") return current;
  if (current.kind === "Union" || other.kind === "Union") {
    const kept = membersOf(current).flatMap((mine) =>
      membersOf(other).flatMap((theirs) => intersectTypes(mine, theirs) ?? []),
    );
    return kept.length === 0 ? undefined : unionOf(kept);
  }
  if (current.kind === "Literal") {
    if (other.kind === "Literal") return current.value === other.value ? current : undefined;
    return literalFits(current.value, other) ? current : undefined;
  }
  if (other.kind === "Literal") return literalFits(other.value, current) ? other : undefined;
  if (current.kind === "Shape") {
    if (other.kind === "Shape") return intersectShapes(current, other);
    return isNamed(other, "dict") ? current : undefined;
  }
  if (other.kind === "Shape") return isNamed(current, "dict") ? other : undefined;
  if (current.kind === "Named" && other.kind === "Named" && current.name === other.name) {
    if (current.args.length === 0) return other;
    if (other.args.length !== current.args.length) return current;
    const args: Type[] = [];
    for (const [index, arg] of current.args.entries()) {
      const common = intersectTypes(arg, other.args[index] ?? UNTYPED);
      if (common === undefined) return undefined;
      args.push(common);
    }
    return { kind: "Named", name: current.name, args };
  }
  return sameType(current, other) ? current : undefined;
}

function literalFits(value: string | bigint, type: Type): boolean {
  return typeof value === "string" ? isNamed(type, "string") : isNamed(type, "int") || isNamed(type, "float");
}

/** Shapes are open (width subtyping), so only a contradicting field keeps them apart; the tested shape is the result. */
function intersectShapes(current: ShapeType, tested: ShapeType): Type | undefined {
  for (const field of tested.fields) {
    const mine = findField(current, field.name);
    if (mine?.type.kind === "Literal" && field.type.kind === "Literal" && mine.type.value !== field.type.value) {
      return undefined;
    }
  }
  return tested;
}

/** What is left of `current` once the members that `covered` accepts are ruled out; `never` when nothing is. */
export function subtractMembers(current: Type, covered: (member: Type) => boolean): Type {
  return unionOf(membersOf(current).filter((member) => !covered(member)));
}

/**
 * The field that tells the members of a tagged shape union apart: the first one of the first member that is required
 * in every member and has a different literal type in each. Members must be resolved shapes.
 */
export function discriminantField(members: readonly Type[]): string | undefined {
  const shapes = members.filter((member) => member.kind === "Shape");
  const [first] = shapes;
  if (first === undefined || shapes.length < 2 || shapes.length !== members.length) return undefined;
  return first.fields.find((candidate) => {
    const seen = new Set<string | bigint>();
    return shapes.every((shape) => {
      const field = findField(shape, candidate.name);
      if (field === undefined || field.optional || field.type.kind !== "Literal") return false;
      if (seen.has(field.type.value)) return false;
      seen.add(field.type.value);
      return true;
    });
  })?.name;
}

/** Splits a tagged shape union into the members whose `field` is `tag` and the rest. */
export function splitByTag(
  members: readonly Type[],
  field: string,
  tag: string | bigint,
): { readonly matching: readonly Type[]; readonly rest: readonly Type[] } {
  const matching: Type[] = [];
  const rest: Type[] = [];
  for (const member of members) {
    const type = member.kind === "Shape" ? findField(member, field)?.type : undefined;
    (type?.kind === "Literal" && type.value === tag ? matching : rest).push(member);
  }
  return { matching, rest };
}
