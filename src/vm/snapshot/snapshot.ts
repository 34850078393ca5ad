/**
 * Snapshots: all that a running program is, as JSON, and a machine that goes on from there.
 *
 * Taken between two turns (`Checkpoint` in `core/checkpoints.ts`), when no JavaScript is in the middle of anything: tasks, frames,
 * registers, scopes, timers, locks, channels and what builtins keep per run are data, or the snapshot is refused.
 * A builtin that answers later is a promise and no data. If calling it again comes to the same (`isRepeatable`), the call
 * is kept, and where in the log it began: it is made again, and what it has asked for since is answered from the log.
 *
 * What is not in a snapshot: the code (functions are named by module and number; the program must be the same, which
 * whoever stores a snapshot checks by a digest), the host, what it will answer, and what an embedder has prepared.
 */

import { isJsonObject, type Json } from "../../base/index.ts";
import type { ClassPart } from "../core/callback.ts";
import type { NativeWait } from "../core/native-wait.ts";
import { END } from "../core/sources.ts";
import { UNSET } from "../module-instance.ts";
import type { Native } from "../native.ts";
import {
  type EnumType,
  type LinkedFunction,
  NativeRef,
  resultType,
  type StructType,
  type Value,
} from "../value/value.ts";
import type { Vm, VmState } from "../vm.ts";
import { createCompactor, type JsonCompactor } from "./compact-json.ts";
import { decodeGraph, type EncodedGraph, encodeGraph, malformed, refused } from "./graph.ts";
import { type SnapshotParts, vmParts } from "./parts.ts";

/**
 * Raised whenever an older snapshot can no longer be read. 1: first. 2: leaner tasks. 3: parts. 4: lists that grow, held
 * twice. An unreadable snapshot costs time, nothing else.
 */
export const SNAPSHOT_VERSION = 4;

/** How what builtins keep under a key of the run's state is written, where it is more than data. */
export interface StatePart {
  readonly key: string;
  /** Undefined: nothing worth keeping. @throws `refused` while it cannot be written. */
  readonly save: (state: never, vm: Vm) => unknown;
  /** `present` is what an embedder has put there before the run went on. */
  readonly restore: (saved: unknown, vm: Vm, present: unknown) => unknown;
}

export interface VmSnapshotParts extends SnapshotParts {
  readonly states: readonly StatePart[];
}

export interface SnapshotOptions {
  readonly parts: VmSnapshotParts;
  /** False: something that must not be written down, such as a secret. Default: everything may. */
  readonly admits?: (text: string | Uint8Array) => boolean;
  /** Remembers from one snapshot to the next; default: starts anew. Made with the same `admits`. */
  readonly compactor?: JsonCompactor;
}

interface SavedModule {
  readonly id: string;
  readonly slots: readonly Value[];
  readonly structs: ReadonlyMap<string, StructType["methods"]>;
  readonly enums: ReadonlyMap<string, EnumType["methods"]>;
}

interface SavedRun {
  readonly vm: VmState;
  readonly modules: readonly SavedModule[];
  readonly state: ReadonlyMap<string, unknown>;
}

/** @throws HarnError `snapshot.refused`, naming what cannot be written */
export function captureVm(
  vm: Vm,
  { parts, admits = () => true, compactor = createCompactor(admits) }: SnapshotOptions,
): Json {
  for (const call of vm.openCalls) checkCall(call, vm);
  compactor.begin();
  const names = namesOf(vm, parts);
  const states = new Map(parts.states.map((part) => [part.key, part]));
  const state = new Map<string, unknown>();
  for (const [key, kept] of vm.state) {
    const part = states.get(key);
    const saved = part ? part.save(kept as never, vm) : kept;
    if (saved !== undefined) state.set(key, saved);
  }
  const saved: SavedRun = {
    vm: vm.save(),
    modules: [...vm.modules.values()].map(({ code, slots, structTypes, enumTypes }) => ({
      id: code.id,
      slots,
      structs: methodsOf(structTypes),
      enums: methodsOf(enumTypes),
    })),
    state,
  };
  const graph = encodeGraph(saved, {
    reference: (object) => {
      if (object === vm) return ["V"];
      if (object === vm.output) return ["O"];
      const name = names.references.get(object);
      if (name !== undefined) return name;
      if (object instanceof NativeRef) {
        const native = names.references.get(object.native);
        return native && ["R", native];
      }
      const owner = vm.hosts.ownerOf(object);
      return owner === undefined ? undefined : ["H", owner];
    },
    classOf: (object) => names.classes.get(Object.getPrototypeOf(object) as object),
    admits,
    compact: (value) => compactor.compact(value),
  });
  return { version: SNAPSHOT_VERSION, names: compactor.shapes, ...graph } as unknown as Json;
}

/**
 * Puts a snapshot into a machine that has loaded the same modules and not run. Hand what it gives to `Vm.continue`.
 *
 * @param compactor new, with the parts that the snapshot refers to; for the run's later snapshots
 * @throws HarnError `snapshot.malformed` for anything but a snapshot of this version of this program
 */
export function restoreVm(
  vm: Vm,
  snapshot: Json,
  parts: VmSnapshotParts,
  compactor: JsonCompactor = createCompactor(() => true),
): VmState {
  if (!isJsonObject(snapshot) || snapshot["version"] !== SNAPSHOT_VERSION) malformed("another version");
  const { references, classes } = namesOf(vm, parts);
  const named = new Map<string, object>();
  for (const [object, name] of references) named.set(JSON.stringify(name), object);
  const classNames = new Map<string, ClassPart>();
  for (const part of classes.values()) classNames.set(part.name, part);
  const resolve = (reference: readonly Json[]): unknown => {
    const [tag, first] = reference;
    if (tag === "V") return vm;
    if (tag === "O") return vm.output;
    if (tag === "H") return vm.hosts.named(String(first));
    if (tag === "R") return vm.nativeRef(resolve(first as readonly Json[]) as Native);
    if (tag === "T" && reference[2] === "enum") return module(vm, reference[1]).enumType(String(reference[3]));
    return named.get(JSON.stringify(reference)) ?? malformed(JSON.stringify(reference));
  };
  compactor.load(snapshot["names"] as unknown as readonly (readonly string[])[]);
  const run = decodeGraph(snapshot as unknown as EncodedGraph, {
    resolve,
    classNamed: (name) => classNames.get(name),
    expand: (form) => compactor.expand(form) ?? malformed("JSON in another form"),
    make: (part) => part.make?.(vm) ?? (Object.create(part.type.prototype) as object),
  }) as SavedRun;
  for (const { id, slots, structs, enums } of run.modules) {
    const instance = vm.modules.get(id) ?? malformed(`module ${id}`);
    slots.forEach((value, slot) => {
      instance.slots[slot] = value;
    });
    for (const [name, methods] of structs) copyMethods(methods, instance.structType(name, []).methods);
    for (const [name, methods] of enums) copyMethods(methods, instance.enumType(name).methods);
  }
  const states = new Map(parts.states.map((part) => [part.key, part]));
  for (const [key, saved] of run.state) {
    const part = states.get(key);
    vm.state.set(key, part ? part.restore(saved, vm, vm.state.get(key)) : saved);
  }
  return run.vm;
}

/** Before anything is written: a refusal should cost nothing. */
function checkCall(call: NativeWait, vm: Vm): void {
  const what = `a call of \`${call.native.name}\` under way`;
  if (vm.isLeft(call)) throw refused(`${what} for which nobody waits`, "passing");
  if (call.mark !== undefined && call.isData) return;
  if (call.native.isRepeatable !== true) throw refused(what, "passing");
  if (call.calls > 0) throw refused(`${what} that has called back into the program`, "passing");
}

interface Names {
  readonly references: ReadonlyMap<object, Json>;
  /** By prototype. */
  readonly classes: ReadonlyMap<object, ClassPart>;
}

/** Everything that is referred to by name: built anew for each snapshot, since modules make types while they run. */
function namesOf(vm: Vm, parts: SnapshotParts): Names {
  const references = new Map<object, Json>([
    [END, ["x", "end"]],
    [UNSET, ["x", "unset"]],
    [resultType, ["x", "Result"]],
  ]);
  for (const constant of [...vmParts.constants, ...parts.constants]) references.set(constant, ["x", constant.name]);
  const native = (each: Native, name: string): void => {
    references.set(each, ["N", name]);
    if (each.kind === "control" && !references.has(each.routine)) references.set(each.routine, ["x", `of ${name}`]);
  };
  for (const [type, methods] of vm.methods) for (const [name, each] of methods) native(each, `${type}.${name}`);
  for (const [name, each] of vm.natives) native(each, name);
  let number = 0;
  for (const { main, structTypes, enumTypes } of vm.modules.values()) {
    let index = 0;
    const pending: LinkedFunction[] = [main];
    for (let fn = pending.pop(); fn; fn = pending.pop()) {
      references.set(fn, ["F", number, index++]);
      pending.push(...fn.functions);
    }
    for (const [name, type] of structTypes) references.set(type, ["T", number, "struct", name]);
    for (const [name, type] of enumTypes) if (type !== resultType) references.set(type, ["T", number, "enum", name]);
    number += 1;
  }
  const classes = new Map<object, ClassPart>();
  for (const part of [...vmParts.classes, ...parts.classes]) classes.set(part.type.prototype, part);
  return { references, classes };
}

function module(vm: Vm, number: Json | undefined) {
  return [...vm.modules.values()][Number(number)] ?? malformed(`module ${String(number)}`);
}

function methodsOf<T extends StructType | EnumType>(types: ReadonlyMap<string, T>): ReadonlyMap<string, T["methods"]> {
  return new Map([...types].filter(([, type]) => type.methods.size > 0).map(([name, { methods }]) => [name, methods]));
}

function copyMethods(from: StructType["methods"], to: StructType["methods"]): void {
  for (const [name, method] of from) to.set(name, method);
}
