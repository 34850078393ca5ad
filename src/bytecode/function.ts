/** What the compiler produces and the VM runs: plain data, serialisable, versioned by {@link FORMAT_VERSION}. */

/** Raised by one whenever old bytecode can no longer be run as it is. 1: first. 2: `ForEnd`. */
export const FORMAT_VERSION = 3;

/** A value known at compile time. */
export type Constant =
  | { readonly kind: "nil" }
  | { readonly kind: "bool"; readonly value: boolean }
  /** 64-bit, wrapping. */
  | { readonly kind: "int"; readonly value: bigint }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "duration"; readonly ms: bigint }
  | { readonly kind: "list"; readonly items: readonly Constant[] }
  | { readonly kind: "dict"; readonly entries: readonly (readonly [string, Constant])[] }
  /** Field names of a struct in declared order. */
  | { readonly kind: "struct"; readonly name: string; readonly fields: readonly string[] }
  /** A type to check an argument against. */
  | { readonly kind: "type"; readonly type: TypeTest };

/** The part of a type that is checked at run time (language spec, runtime enforcement of annotations). */
export type TypeTest =
  | { readonly kind: "any" }
  /** A primitive or container by its `type_of` name; `int` and `float` accept each other. */
  | { readonly kind: "named"; readonly name: string }
  | { readonly kind: "list"; readonly items?: TypeTest }
  | { readonly kind: "dict"; readonly values?: TypeTest }
  | {
      readonly kind: "shape";
      readonly fields: readonly { readonly name: string; readonly type: TypeTest; readonly optional: boolean }[];
    }
  | { readonly kind: "union"; readonly members: readonly TypeTest[] }
  | { readonly kind: "literals"; readonly values: readonly (string | bigint)[] }
  | { readonly kind: "interface"; readonly name: string; readonly methods: readonly string[] };

/** Kinds of error that `Raise` may name: those the machine itself fails with. */
export const ERROR_KINDS = [
  "type",
  "runtime",
  "division",
  "overflow",
  "undefined-variable",
  "undefined-builtin",
  "immutable",
] as const;

export type ErrorKind = (typeof ERROR_KINDS)[number];

/** Where control goes when an instruction in `[start, end)` fails. Inner handlers come first. */
export interface Handler {
  readonly start: number;
  readonly end: number;
  readonly target: number;
  /** Receives the caught error. */
  readonly register: number;
  /** Cancellation runs `finally` handlers and passes by `catch` handlers. */
  readonly kind: "catch" | "finally";
  /** How many scopes (deadline, mutex) of this frame stay open in the handler. */
  readonly scopeDepth: number;
}

export interface FunctionProto {
  readonly name: string;
  readonly paramNames: readonly string[];
  /** Parameters before the first with a default. */
  readonly requiredCount: number;
  /** The last parameter collects the remaining arguments. */
  readonly hasRest: boolean;
  /** Called, it returns a generator or stream over its body. */
  readonly kind: "plain" | "generator" | "stream";
  readonly registerCount: number;
  /** Parent registers whose values a closure takes along; they fill the registers after the parameters. */
  readonly captures: readonly number[];
  readonly code: Int32Array;
  readonly constants: readonly Constant[];
  readonly functions: readonly FunctionProto[];
  /** Builtin names that `b` operands refer to. */
  readonly natives: readonly string[];
  readonly handlers: readonly Handler[];
  /** Triples of (first word, source line, source column), ascending. */
  readonly places: Int32Array;
}

/** `binding` names of another module's exports are put into `slot` before this module starts. */
export interface ImportBinding {
  readonly module: string;
  readonly name: string;
  readonly slot: number;
}

/** One compiled file. */
export interface ModuleCode {
  readonly version: typeof FORMAT_VERSION;
  /** Identity in the module graph, e.g. an absolute path or `std/text`. */
  readonly id: string;
  /** What traces show. */
  readonly file: string;
  readonly slotNames: readonly string[];
  readonly imports: readonly ImportBinding[];
  /** Modules to start before this one, in order. */
  readonly dependencies: readonly string[];
  readonly exports: readonly { readonly name: string; readonly slot: number }[];
  /** Functions that capture nothing: `main.functions[index]` is in `slot` before any module starts. */
  readonly hoisted: readonly { readonly slot: number; readonly index: number }[];
  /** Runs once when the module starts; for the entry file it is the whole program. */
  readonly main: FunctionProto;
}
