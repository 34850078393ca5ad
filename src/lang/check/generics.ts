/** Type parameters: finding out what they stand for from arguments, and putting that in their place. */

import { mapSame, printType, type ShapeType, sameType, type Type, UNTYPED } from "./types.ts";
import { unionOf } from "./unions.ts";

/** What type parameters stand for so far. Grows while the arguments of one call are read. */
export type TypeBindings = Map<string, Type>;

export interface BindingConflict {
  readonly message: string;
}

/** Binds one parameter; a second, different type for it is a conflict. Dynamic types bind nothing. */
function bindParam(name: string, type: Type, bindings: TypeBindings): BindingConflict | undefined {
  if (type.kind === "Untyped") return undefined;
  const existing = bindings.get(name);
  if (existing === undefined) {
    bindings.set(name, type);
    return undefined;
  }
  if (sameType(existing, type)) return undefined;
  return {
    message: `type parameter '${name}' was inferred as both ${printType(existing)} and ${printType(type)}`,
  };
}

const MAX_DEPTH = 60;

/** Walks a parameter's type beside an argument's and binds the names met: `list<T>` against `list<Dog>` binds `T`. */
export function bindTypes(
  param: Type,
  arg: Type,
  names: ReadonlySet<string>,
  bindings: TypeBindings,
  depth = 0,
): BindingConflict | undefined {
  if (depth > MAX_DEPTH) return undefined;
  if (param.kind === "Param") return names.has(param.name) ? bindParam(param.name, arg, bindings) : undefined;
  const inner = (paramPart: Type, argPart: Type | undefined): BindingConflict | undefined =>
    argPart === undefined ? undefined : bindTypes(paramPart, argPart, names, bindings, depth + 1);
  if (param.kind === "Named" && arg.kind === "Named" && param.name === arg.name) {
    if (param.args.length !== arg.args.length) return undefined;
    return firstConflict(param.args, (part, index) => inner(part, arg.args[index]));
  }
  if (param.kind === "Shape" && arg.kind === "Shape") {
    return firstConflict(param.fields, (field) => inner(field.type, fieldType(arg, field.name)));
  }
  if (param.kind === "Fn" && arg.kind === "Fn") {
    return (
      firstConflict(param.params, (part, index) => inner(part, arg.params[index])) ?? inner(param.returns, arg.returns)
    );
  }
  return undefined;
}

function fieldType(shape: ShapeType, name: string): Type | undefined {
  return shape.fields.find((field) => field.name === name)?.type;
}

function firstConflict<T>(
  items: readonly T[],
  bind: (item: T, index: number) => BindingConflict | undefined,
): BindingConflict | undefined {
  for (const [index, item] of items.entries()) {
    const conflict = bind(item, index);
    if (conflict !== undefined) return conflict;
  }
  return undefined;
}

/** Replaces bound parameters; of the others, those in `erase` become untyped and the rest stay. */
export function substitute(
  type: Type,
  bindings: ReadonlyMap<string, Type>,
  erase: ReadonlySet<string> = NOTHING,
): Type {
  if (bindings.size === 0 && erase.size === 0) return type;
  return replace(type, bindings, erase, 0);
}

const NOTHING: ReadonlySet<string> = new Set();

function replace(type: Type, bindings: ReadonlyMap<string, Type>, erase: ReadonlySet<string>, depth: number): Type {
  if (depth > MAX_DEPTH) return UNTYPED;
  const inner = (part: Type): Type => replace(part, bindings, erase, depth + 1);
  switch (type.kind) {
    case "Param":
      return bindings.get(type.name) ?? (erase.has(type.name) ? UNTYPED : type);
    case "Named": {
      const args = mapSame(type.args, inner);
      return args === type.args ? type : { ...type, args };
    }
    case "Union": {
      const members = mapSame(type.members, inner);
      return members === type.members ? type : unionOf(members);
    }
    case "Shape": {
      const fields = mapSame(type.fields, (field) => {
        const replaced = inner(field.type);
        return replaced === field.type ? field : { ...field, type: replaced };
      });
      return fields === type.fields ? type : { kind: "Shape", fields };
    }
    case "Fn":
      return { kind: "Fn", params: mapSame(type.params, inner), required: type.required, returns: inner(type.returns) };
    case "Untyped":
    case "Any":
    case "Unknown":
    case "Never":
    case "Literal":
      return type;
  }
}

/** Pairs parameter names with arguments, as far as both go. */
export function bindAll(names: readonly string[], args: readonly Type[]): TypeBindings {
  const bindings: TypeBindings = new Map();
  for (const [index, name] of names.entries()) {
    const arg = args[index];
    if (arg !== undefined) bindings.set(name, arg);
  }
  return bindings;
}
