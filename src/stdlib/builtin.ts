/**
 * The builtin table. A builtin is its implementation and what people and tools need to know of it: the checker takes
 * its signature from here, `harn doc NAME` and the reference page its text.
 */

import type { Host } from "../base/index.ts";
import {
  type AsyncContext,
  type Control,
  type Native,
  type NativeContext,
  type Routine,
  RuntimeError,
  type Signal,
  typeName,
  type Value,
  type Vm,
} from "../vm/index.ts";

export interface Builtin {
  readonly native: Native;
  /** As in Harn: `len(value: any) -> int`, `join(items: list, separator?: string) -> string`, `print(...values)`. */
  readonly signature: string;
  /** One line, starting with a verb. */
  readonly summary: string;
  /**
   * The keys that are read of its dict of options: of the parameter called `options`, `config` or `…_or_options`. Absent
   * when it has no such dict, or reads keys of any name. The checker warns of a key that is nearly one of them.
   */
  readonly options?: readonly string[];
  /** What it reads or does outside: empty for pure functions of their arguments. */
  readonly effects: readonly Effect[];
  readonly errors?: string;
  /** A program of a few lines whose output is its `.expected`. */
  readonly example?: string;
}

export type Effect = "console" | "clock" | "random" | "fs" | "process" | "http" | "env" | "model" | "tasks" | "state";

export interface BuiltinDoc {
  readonly signature: string;
  readonly summary: string;
  readonly options?: readonly string[];
  readonly effects?: readonly Effect[];
  readonly errors?: string;
  readonly example?: string;
}

/** A builtin that answers at once. */
export function pure(doc: BuiltinDoc, impl: (args: readonly Value[], context: NativeContext) => Value): Builtin {
  return { ...entry(doc), native: { kind: "pure", name: nameOf(doc), impl } };
}

/** A builtin that waits for the host. */
export function effect(
  doc: BuiltinDoc,
  impl: (args: readonly Value[], context: AsyncContext) => Value | Promise<Value>,
): Builtin {
  return { ...entry(doc), native: { kind: "async", name: nameOf(doc), impl } };
}

/** A builtin that calls closures or moves tasks; see `Routine`. */
export function control(
  doc: BuiltinDoc,
  routine: Routine,
  start: (args: readonly Value[], control: Control) => Signal,
): Builtin {
  return { ...entry(doc), native: { kind: "control", name: nameOf(doc), routine, start } };
}

/** A builtin of the VM itself, documented. */
export function documented(native: Native, doc: BuiltinDoc): Builtin {
  return { ...entry(doc), native };
}

function entry(doc: BuiltinDoc): Omit<Builtin, "native"> {
  return {
    signature: doc.signature,
    summary: doc.summary,
    ...(doc.options === undefined ? {} : { options: doc.options.toSorted() }),
    effects: doc.effects ?? [],
    ...(doc.errors === undefined ? {} : { errors: doc.errors }),
    ...(doc.example === undefined ? {} : { example: doc.example }),
  };
}

function nameOf(doc: BuiltinDoc): string {
  const end = doc.signature.search(/[(<]/);
  return end < 0 ? doc.signature : doc.signature.slice(0, end);
}

// ---- arguments -------------------------------------------------------------------------------------------------------

/** "Expected `limit` to be a positive integer, got `0` (int)" for builtins. */
export function argumentError(builtin: string, expected: string, found: Value): RuntimeError {
  return new RuntimeError("type", `${builtin}: expected ${expected}, got ${typeName(found)}`);
}

export function stringArgument(builtin: string, name: string, value: Value): string {
  if (typeof value === "string") return value;
  throw argumentError(builtin, `\`${name}\` to be a string`, value);
}

/** What builtins of a topic remember for one run; made on first use. The key is the topic's own. */
export function runState<T>(vm: Vm, key: string, make: () => T): T {
  if (!vm.state.has(key)) vm.state.set(key, make());
  return vm.state.get(key) as T;
}

export type HostContext = { readonly host: Host };
