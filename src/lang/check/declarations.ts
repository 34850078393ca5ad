/**
 * What a program declares about types, lowered once: aliases, enums, structs, interfaces, `impl` methods, and the
 * signatures of functions. A `TypeTable` is one lexical level of it; inner levels hide outer ones by name.
 */

import { table } from "../../base/index.ts";
import type { Span } from "../syntax/ast.ts";
import type { Type } from "./types.ts";
import { named, UNTYPED } from "./types.ts";

export type Variance = "invariant" | "in" | "out";

export interface TypeParameter {
  readonly name: string;
  readonly variance: Variance;
}

export type TypeDeclaration = AliasDeclaration | EnumDeclaration | StructDeclaration | InterfaceDeclaration;

interface DeclarationHead {
  readonly name: string;
  readonly params: readonly TypeParameter[];
}

export interface AliasDeclaration extends DeclarationHead {
  readonly kind: "Alias";
  readonly body: Type;
}

export interface EnumDeclaration extends DeclarationHead {
  readonly kind: "Enum";
  readonly variants: readonly EnumVariant[];
}

export interface EnumVariant {
  readonly name: string;
  readonly fields: readonly EnumField[];
}

export interface EnumField {
  readonly name: string;
  readonly type: Type;
}

export interface StructDeclaration extends DeclarationHead {
  readonly kind: "Struct";
  readonly fields: readonly StructField[];
}

export interface StructField {
  readonly name: string;
  readonly type: Type;
  readonly optional: boolean;
  /** Absent for a struct that came in by import. */
  readonly span?: Span;
}

export interface InterfaceDeclaration extends DeclarationHead {
  readonly kind: "Interface";
  readonly associatedTypes: readonly { readonly name: string; readonly defaultType?: Type }[];
  readonly methods: readonly MethodSignature[];
}

/** A method without its `self`. */
export interface MethodSignature {
  readonly name: string;
  readonly params: readonly ParameterSignature[];
  readonly required: number;
  readonly hasRest: boolean;
  readonly typeParams: readonly string[];
  /** `Untyped` when not annotated. */
  readonly returns: Type;
}

export interface ParameterSignature {
  readonly name: string;
  /** `Untyped` when not annotated. */
  readonly type: Type;
  /** Where it is declared, when that is in the file being checked. */
  readonly span?: Span;
}

export interface FunctionSignature {
  readonly name: string;
  readonly params: readonly ParameterSignature[];
  /** How many arguments a call must pass: parameters without a default, the rest parameter not counted. */
  readonly required: number;
  readonly hasRest: boolean;
  readonly typeParams: readonly string[];
  readonly where: readonly { readonly param: string; readonly bound: string }[];
  readonly returns: Type;
  readonly deprecated?: Deprecation;
}

export interface Deprecation {
  readonly since?: string;
  readonly use?: string;
}

/** One lexical level of type names. */
export interface TypeTable {
  readonly parent?: TypeTable;
  readonly declarations: ReadonlyMap<string, TypeDeclaration>;
  /** Methods by the name of the type they are declared for. */
  readonly methods: ReadonlyMap<string, readonly MethodSignature[]>;
  /**
   * At the outermost level: names that may be declared where the checker cannot see them (an import that did not
   * resolve, or a type mentioned by an imported declaration). Nothing is said against values of such types.
   */
  readonly isForeign?: (name: string) => boolean;
}

export function findType(table: TypeTable, name: string): TypeDeclaration | undefined {
  for (let level: TypeTable | undefined = table; level !== undefined; level = level.parent) {
    const found = level.declarations.get(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

export function findTypeOfKind<K extends TypeDeclaration["kind"]>(
  table: TypeTable,
  name: string,
  kind: K,
): Extract<TypeDeclaration, { readonly kind: K }> | undefined {
  const found = findType(table, name);
  return found?.kind === kind ? (found as Extract<TypeDeclaration, { readonly kind: K }>) : undefined;
}

/** The methods of every `impl` block for `name` in sight, or `undefined` when there is none. */
export function findMethods(table: TypeTable, name: string): readonly MethodSignature[] | undefined {
  let found: readonly MethodSignature[] | undefined;
  for (let level: TypeTable | undefined = table; level !== undefined; level = level.parent) {
    const here = level.methods.get(name);
    if (here !== undefined) found = found === undefined ? here : [...found, ...here];
  }
  return found;
}

const BUILTIN_TYPES: ReadonlySet<string> = new Set(
  "int float string bool nil list dict set bytes closure duration range iter Generator Stream Pair Schema".split(" "),
);

/** True for a name that is declared nowhere in sight but may be declared elsewhere. */
export function isForeignName(table: TypeTable, name: string): boolean {
  if (BUILTIN_TYPES.has(name) || findType(table, name) !== undefined) return false;
  for (let level: TypeTable | undefined = table; level !== undefined; level = level.parent) {
    if (level.isForeign !== undefined) return level.isForeign(name);
  }
  return false;
}

/** Whether `name` is a type, or may be one that the checker cannot see. */
export function isTypeName(table: TypeTable, name: string): boolean {
  return BUILTIN_TYPES.has(name) || findType(table, name) !== undefined || isForeignName(table, name);
}

/** The names of all types in sight. */
export function typeNames(table: TypeTable): readonly string[] {
  const names = [...BUILTIN_TYPES];
  for (let level: TypeTable | undefined = table; level !== undefined; level = level.parent) {
    names.push(...level.declarations.keys());
  }
  return names;
}

/** Every struct name in sight, inner levels first. */
export function structNames(table: TypeTable): readonly string[] {
  const names: string[] = [];
  for (let level: TypeTable | undefined = table; level !== undefined; level = level.parent) {
    for (const declaration of level.declarations.values()) {
      if (declaration.kind === "Struct") names.push(declaration.name);
    }
  }
  return names;
}

const BUILTIN_VARIANCE: Readonly<Record<string, readonly Variance[]>> = table({
  list: ["invariant"],
  dict: ["invariant", "invariant"],
  set: ["invariant"],
  iter: ["out"],
  Generator: ["out"],
  Stream: ["out"],
  Pair: ["out", "out"],
});

/** How the type parameters of `name` may vary; what nobody declared is invariant, the safe reading. */
export function varianceOf(table: TypeTable, name: string, index: number): Variance {
  const declared = findType(table, name);
  if (declared !== undefined) return declared.params[index]?.variance ?? "invariant";
  return Object.hasOwn(BUILTIN_VARIANCE, name) ? (BUILTIN_VARIANCE[name]?.[index] ?? "invariant") : "invariant";
}

/** What every program sees before its own declarations: `Result<T, E>`. */
export const PRELUDE: TypeTable = {
  declarations: new Map<string, TypeDeclaration>([
    [
      "Result",
      {
        kind: "Enum",
        name: "Result",
        params: [
          { name: "T", variance: "out" },
          { name: "E", variance: "out" },
        ],
        variants: [
          { name: "Ok", fields: [{ name: "value", type: { kind: "Param", name: "T" } }] },
          { name: "Err", fields: [{ name: "error", type: { kind: "Param", name: "E" } }] },
        ],
      },
    ],
  ]),
  methods: new Map(),
};

/** The type a declaration's name means when it is written without arguments. */
export function bareType(declaration: TypeDeclaration): Type {
  return named(declaration.name, ...declaration.params.map(() => UNTYPED));
}
