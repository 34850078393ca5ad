/**
 * Builtins as the checker sees them: names with types written as text, so that a table of them is plain data.
 *
 * Arguments of builtins are not checked statically: builtins check them when they run, with messages of their own.
 * Parameter types serve to bind generics, so that `schema_parse(x, S)` is a `Result<S, string>`.
 */

import { parse } from "../syntax/parser.ts";
import { createSourceFile } from "../syntax/source-file.ts";
import { lowerType } from "./lower-types.ts";
import { named, type Type, UNTYPED } from "./types.ts";

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
}

/**
 * Reads a table of signatures; each type text is parsed once. A later entry of the same name replaces an earlier one.
 * Throws on a text that is not a type: the table is part of the program, not of its input.
 */
export function createBuiltinTable(signatures: readonly BuiltinSignature[]): BuiltinTable {
  const read = typeReader(signatures);
  const builtins = new Map<string, Builtin>();
  for (const signature of signatures) {
    const generics = signature.generics ?? [];
    const returns = read(signature.returns, generics);
    builtins.set(signature.name, {
      name: signature.name,
      generics,
      params: (signature.params ?? []).map((param) => read(param, generics)),
      returns,
      otherwise: read(signature.otherwise, []),
    });
  }
  const names = [...builtins.keys()].sort();
  return { names, find: (name) => builtins.get(name) };
}

/** Parses all texts of a table in one go, as the aliases of a module nobody sees. */
function typeReader(
  signatures: readonly BuiltinSignature[],
): (text: string | undefined, generics: readonly string[]) => Type {
  const texts = new Set(
    signatures.flatMap((signature) =>
      [...(signature.params ?? []), signature.returns, signature.otherwise].filter((text) => text !== undefined),
    ),
  );
  const written = [...texts].filter((text) => !isPlainName(text));
  const source = written.map((text, index) => `type T${index} = ${text}`).join("\n");
  const { module, diagnostics } = parse(createSourceFile("<builtins>", source));
  if (diagnostics.length > 0) {
    const wrong = written.find(
      (text) => parse(createSourceFile("<builtin>", `type T = ${text}`)).diagnostics.length > 0,
    );
    throw new Error(`Expected the types of builtins to be types, got \`${wrong ?? source}\``);
  }
  const parsed = new Map(
    module.items.flatMap((item) => {
      const text = item.kind === "TypeDecl" ? written[Number(item.name.name.slice(1))] : undefined;
      return item.kind === "TypeDecl" && text !== undefined ? [[text, item.type] as const] : [];
    }),
  );
  return (text, generics) => {
    if (text === undefined) return UNTYPED;
    const expr = parsed.get(text);
    const params = new Set(generics);
    if (expr !== undefined) return lowerType(expr, params);
    return isPlainName(text)
      ? lowerType({ kind: "NamedType", name: text, span: { start: 0, end: 0 } }, params)
      : named(text);
  };
}

function isPlainName(text: string): boolean {
  return /^[A-Za-z_]\w*$/.test(text) && text !== "nil";
}
