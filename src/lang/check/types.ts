/**
 * Types as the checker sees them: plain immutable data.
 *
 * Terms: `Untyped` is the gradual type, prints as `_`, and is compatible with everything in both directions; it stands
 * wherever the program says nothing. `any` is the same as written by the user. `unknown` takes everything and gives
 * nothing back until it is narrowed. `never` has no values. A `Named` type is a builtin (`int`, `list<T>`), a declared
 * struct, enum, interface or alias, or a name the checker knows nothing about; bare `list` is `Named` without
 * arguments and is compatible with any `list<T>`. A `Param` is a type parameter inside its own declaration.
 */

export type Type =
  | DynamicType
  | { readonly kind: "Unknown" }
  | { readonly kind: "Never" }
  | NamedType
  | LiteralType
  | { readonly kind: "Union"; readonly members: readonly Type[] }
  | ShapeType
  | FnType;

/** The types that say nothing: no rule may complain about a value of such a type. */
export type DynamicType =
  | { readonly kind: "Untyped" }
  | { readonly kind: "Any" }
  | { readonly kind: "Param"; readonly name: string };

export interface NamedType {
  readonly kind: "Named";
  readonly name: string;
  readonly args: readonly Type[];
  /**
   * The type of a list literal that nothing else can reach yet, so its element type may still widen:
   * `let xs: list<float> = [1, 2]` is sound although `list` is invariant. Lost as soon as a variable holds the value.
   */
  readonly fresh?: true;
}

export interface LiteralType {
  readonly kind: "Literal";
  readonly value: string | bigint;
}

export interface ShapeType {
  readonly kind: "Shape";
  readonly fields: readonly ShapeTypeField[];
}

export interface ShapeTypeField {
  readonly name: string;
  readonly type: Type;
  readonly optional: boolean;
}

export interface FnType {
  readonly kind: "Fn";
  readonly params: readonly Type[];
  /** How many of `params` a caller must pass; the others have defaults. */
  readonly required: number;
  readonly returns: Type;
}

export const UNTYPED: Type = { kind: "Untyped" };
export const ANY: Type = { kind: "Any" };
export const UNKNOWN: Type = { kind: "Unknown" };
export const NEVER: Type = { kind: "Never" };
export const INT: Type = { kind: "Named", name: "int", args: [] };
export const FLOAT: Type = { kind: "Named", name: "float", args: [] };
export const STRING: Type = { kind: "Named", name: "string", args: [] };
export const BOOL: Type = { kind: "Named", name: "bool", args: [] };
export const NIL: Type = { kind: "Named", name: "nil", args: [] };
export const LIST: Type = { kind: "Named", name: "list", args: [] };
export const DICT: Type = { kind: "Named", name: "dict", args: [] };
export const SET: Type = { kind: "Named", name: "set", args: [] };
export const ITER: Type = { kind: "Named", name: "iter", args: [] };
export const RANGE: Type = { kind: "Named", name: "range", args: [] };
export const CLOSURE: Type = { kind: "Named", name: "closure", args: [] };

export function named(name: string, ...args: readonly Type[]): NamedType {
  return { kind: "Named", name, args };
}

export function listOf(element: Type): NamedType {
  return named("list", element);
}

export function isNamed(type: Type, name: string): boolean {
  return type.kind === "Named" && type.name === name;
}

export function isDynamic(type: Type): type is DynamicType {
  return type.kind === "Untyped" || type.kind === "Any" || type.kind === "Param";
}

export function findField(shape: ShapeType, name: string): ShapeTypeField | undefined {
  return shape.fields.find((field) => field.name === name);
}

/** Type trees may share parts; comparing and printing stop here, so that no program can make them explode. */
const COMPARE_STEPS = 10_000;
const PRINT_DEPTH = 12;
const PRINT_LENGTH = 600;

/** Structural equality; the order of shape fields does not count, that of union members does not either. */
export function sameType(a: Type, b: Type): boolean {
  return new Comparison().same(a, b);
}

class Comparison {
  private steps = 0;

  same(a: Type, b: Type): boolean {
    if (a === b) return true;
    if (a.kind !== b.kind || ++this.steps > COMPARE_STEPS) return false;
    switch (a.kind) {
      case "Untyped":
      case "Any":
      case "Unknown":
      case "Never":
        return true;
      case "Named":
        return b.kind === "Named" && a.name === b.name && this.all(a.args, b.args);
      case "Param":
        return b.kind === "Param" && a.name === b.name;
      case "Literal":
        return b.kind === "Literal" && a.value === b.value;
      case "Union":
        return (
          b.kind === "Union" &&
          a.members.length === b.members.length &&
          a.members.every((member) => b.members.some((other) => this.same(member, other)))
        );
      case "Shape":
        return (
          b.kind === "Shape" &&
          a.fields.length === b.fields.length &&
          a.fields.every((field, index) => {
            const there = b.fields[index];
            const other = there?.name === field.name ? there : findField(b, field.name);
            return other !== undefined && other.optional === field.optional && this.same(field.type, other.type);
          })
        );
      case "Fn":
        return (
          b.kind === "Fn" &&
          a.required === b.required &&
          this.all(a.params, b.params) &&
          this.same(a.returns, b.returns)
        );
    }
  }

  private all(as: readonly Type[], bs: readonly Type[]): boolean {
    return as.length === bs.length && as.every((a, index) => this.same(a, bs[index] ?? UNTYPED));
  }
}

/** The canonical text of a type, as messages show it: `{name: string, age?: int}`, `list<int>`, `string | nil`. */
export function printType(type: Type): string {
  const text = print(type, 0);
  return text.length > PRINT_LENGTH ? `${text.slice(0, PRINT_LENGTH)}…` : text;
}

function print(type: Type, depth: number): string {
  if (depth > PRINT_DEPTH) return "…";
  const inner = (part: Type): string => print(part, depth + 1);
  switch (type.kind) {
    case "Untyped":
      return "_";
    case "Any":
      return "any";
    case "Unknown":
      return "unknown";
    case "Never":
      return "never";
    case "Named":
      return type.args.length === 0 ? type.name : `${type.name}<${joinTypes(type.args, ", ", inner)}>`;
    case "Param":
      return type.name;
    case "Literal":
      return typeof type.value === "string"
        ? `"${type.value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`
        : String(type.value);
    case "Union":
      return joinTypes(type.members, " | ", inner);
    case "Shape": {
      const fields = type.fields.map((field) => `${field.name}${field.optional ? "?" : ""}: ${inner(field.type)}`);
      return `{${fields.join(", ")}}`;
    }
    case "Fn":
      return `fn(${joinTypes(type.params, ", ", inner)}) -> ${inner(type.returns)}`;
  }
}

function joinTypes(types: readonly Type[], separator: string, printOne: (type: Type) => string): string {
  const parts: string[] = [];
  let length = 0;
  for (const type of types) {
    if (length > PRINT_LENGTH) {
      parts.push("…");
      break;
    }
    const part = printOne(type);
    parts.push(part);
    length += part.length;
  }
  return parts.join(separator);
}

/**
 * The biggest type a variable may carry, counted in nodes with shared parts counted again. Beyond it the checker keeps
 * only the outline, because `let b = {l: a, r: a}`, repeated, doubles with every line.
 */
const SETTLED_SIZE = 4_000;

/** What a variable remembers of a value's type: no freshness, bounded size. */
export function settle(type: Type): Type {
  if (sizeOf(type, SETTLED_SIZE) >= SETTLED_SIZE) return outline(type);
  return withoutFreshness(type);
}

function outline(type: Type): Type {
  if (type.kind === "Shape") return DICT;
  if (type.kind === "Named") return named(type.name);
  if (type.kind === "Fn") return CLOSURE;
  return UNTYPED;
}

function sizeOf(type: Type, limit: number): number {
  let size = 1;
  const add = (part: Type): void => {
    if (size < limit) size += sizeOf(part, limit - size);
  };
  switch (type.kind) {
    case "Named":
      type.args.forEach(add);
      break;
    case "Union":
      type.members.forEach(add);
      break;
    case "Shape":
      for (const field of type.fields) add(field.type);
      break;
    case "Fn":
      type.params.forEach(add);
      add(type.returns);
      break;
    case "Untyped":
    case "Any":
    case "Unknown":
    case "Never":
    case "Param":
    case "Literal":
      break;
  }
  return size;
}

function withoutFreshness(type: Type): Type {
  switch (type.kind) {
    case "Named": {
      const args = mapSame(type.args, withoutFreshness);
      return args === type.args && type.fresh === undefined ? type : { kind: "Named", name: type.name, args };
    }
    case "Union": {
      const members = mapSame(type.members, withoutFreshness);
      return members === type.members ? type : { kind: "Union", members };
    }
    case "Shape": {
      const fields = mapSame(type.fields, (field) => {
        const inner = withoutFreshness(field.type);
        return inner === field.type ? field : { ...field, type: inner };
      });
      return fields === type.fields ? type : { kind: "Shape", fields };
    }
    case "Fn": {
      const returns = withoutFreshness(type.returns);
      return returns === type.returns ? type : { ...type, returns };
    }
    case "Untyped":
    case "Any":
    case "Unknown":
    case "Never":
    case "Param":
    case "Literal":
      return type;
  }
}

/** `map` that gives back its input when nothing changed, so that unchanged trees stay shared. */
export function mapSame<T>(items: readonly T[], change: (item: T) => T): readonly T[] {
  let changed = false;
  const mapped = items.map((item) => {
    const next = change(item);
    changed ||= next !== item;
    return next;
  });
  return changed ? mapped : items;
}
