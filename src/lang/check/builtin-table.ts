/**
 * Builtins as the checker sees them: names with types written as text, so that a table of them is plain data.
 *
 * Arguments of builtins are not checked statically: builtins check them when they run, with messages of their own.
 * Parameter types serve to bind generics, so that `schema_parse(x, S)` is a `Result<S, string>`.
 */

import { parse } from "../syntax/parser.ts";
import { createSourceFile } from "../syntax/source-file.ts";
import { lowerType } from "./lower-types.ts";
import { type Type, UNTYPED } from "./types.ts";

/** One builtin. Types are written as in the language: `"list<T>"`, `"string | nil"`, `"{ok: bool, data: T}"`. */
export interface BuiltinSignature {
  readonly name: string;
  /** Type parameters, bound from arguments or given explicitly. Default: none. */
  readonly generics?: readonly string[];
  /** Types by position. Default: not known. */
  readonly params?: readonly string[];
  /** Default: not known, or the arguments decide. */
  readonly returns?: string;
  /** What it returns when a type parameter could not be bound. Default: not known. */
  readonly otherwise?: string;
}

export interface Builtin {
  readonly name: string;
  readonly generics: readonly string[];
  readonly params: readonly Type[];
  readonly returns: Type;
  readonly otherwise: Type;
}

export interface BuiltinTable {
  readonly names: readonly string[];
  find(name: string): Builtin | undefined;
  /** The names of all methods that values of a builtin type have. Undefined where that is not known. */
  methodsOf(type: string): readonly string[] | undefined;
  /** What a builtin takes. Undefined where that is not known. */
  argumentsOf(name: string): BuiltinArguments | undefined;
}

/** Names of methods by builtin type. */
export type MethodNames = Readonly<Record<string, readonly string[]>>;

export interface BuiltinArguments {
  /** More than these are dropped. Absent: it takes any number. */
  readonly most?: number;
  /** Absent: it has no options, or does not say which. */
  readonly options?: BuiltinOptions;
}

/** The dict of options that a builtin takes as its last argument. */
export interface BuiltinOptions {
  /** Where it may stand, from 0. */
  readonly positions: readonly number[];
  /** The keys that are read. */
  readonly names: readonly string[];
}

/**
 * A table of signatures. An entry's types are read when it is first looked up: a program uses a few of a thousand. A
 * later entry of the same name replaces an earlier one.
 *
 * `find` throws on a text that is not a type: the table is part of the program, not of its input.
 */
export function createBuiltinTable(
  signatures: readonly BuiltinSignature[],
  methods: MethodNames = {},
  taken: ReadonlyMap<string, BuiltinArguments> = new Map(),
): BuiltinTable {
  const written = new Map(signatures.map((signature) => [signature.name, signature]));
  const read = new Map<string, Builtin>();
  let names: readonly string[] | undefined;
  return {
    get names() {
      names ??= [...written.keys()].sort();
      return names;
    },
    methodsOf(type) {
      return Object.hasOwn(methods, type) ? methods[type] : undefined;
    },
    argumentsOf(name) {
      return taken.get(name);
    },
    find(name) {
      const known = read.get(name);
      if (known !== undefined) return known;
      const signature = written.get(name);
      if (signature === undefined) return undefined;
      const builtin = readSignature(signature);
      read.set(name, builtin);
      return builtin;
    },
  };
}

function readSignature({ name, generics = [], params = [], returns, otherwise }: BuiltinSignature): Builtin {
  return {
    name,
    generics,
    params: params.map((param) => readType(param, generics)),
    returns: readType(returns, generics),
    otherwise: readType(otherwise, []),
  };
}

function readType(text: string | undefined, generics: readonly string[]): Type {
  if (text === undefined) return UNTYPED;
  const params = new Set(generics);
  if (isPlainName(text)) return lowerType({ kind: "NamedType", name: text, span: { start: 0, end: 0 } }, params);
  // As the alias of a module nobody sees.
  const { module, diagnostics } = parse(createSourceFile("<builtin>", `type T = ${text}`));
  const alias = module.items[0];
  if (diagnostics.length > 0 || alias?.kind !== "TypeDecl") {
    throw new Error(`Expected the types of builtins to be types, got \`${text}\``);
  }
  return lowerType(alias.type, params);
}

function isPlainName(text: string): boolean {
  return /^[A-Za-z_]\w*$/.test(text) && text !== "nil";
}
