/**
 * Runtime values.
 *
 * | Harn            | here                                                                                   |
 * |-----------------|----------------------------------------------------------------------------------------|
 * | nil             | `undefined`                                                                            |
 * | bool            | `boolean`                                                                              |
 * | int             | `number` while |n| < 2^53, else `bigint`; always within 64 bits, wrapping (`numbers.ts`) |
 * | float           | `Float`: boxed, since 4 and 4.0 are different values                                   |
 * | string          | `string`; lengths and indices count code points (`text.ts`)                            |
 * | everything else | a class of this file                                                                   |
 *
 * **Containers are values.** A write changes the variable it goes through and nothing else. Lists, dicts, sets and
 * structs therefore carry `shared`: false means exactly one place holds them, and a write may happen in place; true
 * means somebody else may look, and a write copies first. Whoever stores a container a second time (a variable copy, an
 * element read out of a container, an argument kept by a builtin) calls {@link share}. Cloning marks the children of
 * the clone shared, since two containers then hold them.
 */

import type { FunctionProto } from "../../bytecode/index.ts";
import type { ModuleInstance } from "../module-instance.ts";
import type { Native } from "../native.ts";
import { checkItemCount } from "./size-limits.ts";
import { compareText } from "./text.ts";

export type Value = undefined | boolean | number | bigint | string | HeapValue;

/** Any value that is a JavaScript object. */
export type HeapValue =
  | Float
  | Duration
  | Bytes
  | List
  | Dict
  | SetValue
  | StructValue
  | EnumValue
  | RangeValue
  | Pair
  | Closure
  | NativeRef
  | Opaque;

/** The name `type_of` gives. Kinds beyond the core (channels, handles, iterators …) are subclasses of {@link Opaque}. */
export abstract class HeapBase {
  abstract readonly typeName: string;
}

export class Float extends HeapBase {
  readonly value: number;
  constructor(value: number) {
    super();
    this.value = value;
  }
  get typeName(): string {
    return "float";
  }
}

export class Duration extends HeapBase {
  /** Milliseconds; may be negative. */
  readonly ms: number;
  constructor(ms: number) {
    super();
    this.ms = ms;
  }
  get typeName(): string {
    return "duration";
  }
}

export class Bytes extends HeapBase {
  readonly data: Uint8Array;
  constructor(data: Uint8Array) {
    super();
    this.data = data;
  }
  get typeName(): string {
    return "bytes";
  }
}

/** Things with an owner mark. */
export abstract class Container extends HeapBase {
  shared = false;
}

export class List extends Container {
  items: Value[];
  constructor(items: Value[]) {
    super();
    this.items = items;
  }
  get typeName(): string {
    return "list";
  }
}

export class Dict extends Container {
  map: Map<string, Value>;
  #sortedKeys: string[] | undefined = undefined;
  constructor(map: Map<string, Value>) {
    super();
    this.map = map;
  }
  get typeName(): string {
    return "dict";
  }
  /** Keys in code-point order, the order in which everything sees a dict. Do not mutate. */
  keys(): readonly string[] {
    const known = this.#sortedKeys;
    if (known !== undefined && known.length === this.map.size) return known;
    const keys = [...this.map.keys()].sort(compareText);
    this.#sortedKeys = keys;
    return keys;
  }
  set(key: string, value: Value): void {
    this.map.set(key, value);
  }
  delete(key: string): void {
    if (this.map.delete(key)) this.#sortedKeys = undefined;
  }
}

/** Insertion-ordered; no two items are structurally equal (`structuralKey`): whoever makes one sees to that. */
export class SetValue extends Container {
  items: Value[];
  constructor(items: Value[]) {
    super();
    this.items = items;
  }
  get typeName(): string {
    return "set";
  }
}

/** A declared struct of one module. */
export interface StructType {
  readonly name: string;
  /** Declared order. */
  readonly fields: readonly string[];
  readonly methods: Map<string, Closure>;
}

export class StructValue extends Container {
  readonly type: StructType;
  map: Map<string, Value>;
  constructor(type: StructType, map: Map<string, Value>) {
    super();
    this.type = type;
    this.map = map;
  }
  get typeName(): string {
    return "struct";
  }
  keys(): readonly string[] {
    return [...this.map.keys()].sort(compareText);
  }
}

export interface EnumType {
  readonly name: string;
  readonly methods: Map<string, Closure>;
}

export class EnumValue extends HeapBase {
  readonly type: EnumType;
  readonly variant: string;
  /** Never written after construction. */
  readonly fields: readonly Value[];
  constructor(type: EnumType, variant: string, fields: readonly Value[]) {
    super();
    this.type = type;
    this.variant = variant;
    this.fields = fields;
  }
  get typeName(): string {
    return "enum";
  }
}

export class RangeValue extends HeapBase {
  readonly start: number;
  readonly end: number;
  readonly exclusive: boolean;
  constructor(start: number, end: number, exclusive: boolean) {
    super();
    this.start = start;
    this.end = end;
    this.exclusive = exclusive;
  }
  get typeName(): string {
    return "range";
  }
  get length(): number {
    return Math.max(0, this.end - this.start + (this.exclusive ? 0 : 1));
  }
  /** @throws TooLarge */
  toItems(): number[] {
    const { length, start } = this;
    checkItemCount(length);
    const items: number[] = [];
    for (let i = 0; i < length; i++) items.push(start + i);
    return items;
  }
}

export class Pair extends HeapBase {
  readonly first: Value;
  readonly second: Value;
  constructor(first: Value, second: Value) {
    super();
    this.first = first;
    this.second = second;
  }
  get typeName(): string {
    return "pair";
  }
}

/** A function with the values it captured. */
export class Closure extends HeapBase {
  readonly proto: LinkedFunction;
  readonly captured: readonly Value[];
  constructor(proto: LinkedFunction, captured: readonly Value[]) {
    super();
    this.proto = proto;
    this.captured = captured;
  }
  get typeName(): string {
    return "closure";
  }
}

/** A builtin as a value, or a function of the program that a builtin stands for. */
export class NativeRef extends HeapBase {
  readonly native: Native;
  constructor(native: Native) {
    super();
    this.native = native;
  }
  get typeName(): string {
    const { native } = this;
    return native.kind === "control" && (native.standsFor ?? native.isClosure) ? "closure" : "builtin";
  }
  get closure(): Closure | undefined {
    return this.native.kind === "control" ? this.native.standsFor : undefined;
  }
}

/** Base of handles whose identity is what matters: channels, tasks, iterators, atomics … */
export abstract class Opaque extends Container {
  /** How the value prints. */
  abstract display(): string;
  /** `==` between two of a kind; identity unless a kind says otherwise. */
  equals(other: Opaque): boolean {
    return this === other;
  }
}

/** A function made ready to run: constants are values, builtin names are resolved, the module is known. */
export interface LinkedFunction {
  readonly proto: FunctionProto;
  readonly name: string;
  readonly module: ModuleInstance;
  readonly code: Int32Array;
  readonly constants: readonly Value[];
  readonly functions: readonly LinkedFunction[];
  readonly natives: readonly (Native | undefined)[];
  readonly paramCount: number;
  readonly registerCount: number;
  readonly captures: readonly number[];
  readonly isPlain: boolean;
  readonly hasRest: boolean;
}

/** Marks a container as held in more than one place; returns its argument. */
export function share(value: Value): Value {
  if (typeof value === "object" && value instanceof Container) value.shared = true;
  return value;
}

function shareAll(values: Iterable<Value>): void {
  for (const value of values) if (typeof value === "object" && value instanceof Container) value.shared = true;
}

/** A fresh list of values that other places hold too. Takes the array over. */
export function listOf(items: Value[]): List {
  shareAll(items);
  return new List(items);
}

/** A fresh dict of values that other places hold too. Takes the map over. */
export function dictOf(map: Map<string, Value>): Dict {
  shareAll(map.values());
  return new Dict(map);
}

/** A fresh dict of fresh values, from a plain record. */
export function record(fields: Readonly<Record<string, Value>>): Dict {
  return new Dict(new Map(Object.entries(fields)));
}

/** An unshared copy, one level deep. */
export function cloneContainer<T extends Container>(value: T): T {
  if (value instanceof List) return listOf(value.items.slice()) as Container as T;
  if (value instanceof Dict) return dictOf(new Map(value.map)) as Container as T;
  if (value instanceof StructValue) {
    shareAll(value.map.values());
    return new StructValue(value.type, new Map(value.map)) as Container as T;
  }
  if (value instanceof SetValue) {
    shareAll(value.items);
    return new SetValue(value.items.slice()) as Container as T;
  }
  return value;
}

/** The name `type_of` gives. */
export function typeName(value: Value): string {
  switch (typeof value) {
    case "undefined":
      return "nil";
    case "boolean":
      return "bool";
    case "number":
    case "bigint":
      return "int";
    case "string":
      return "string";
    default:
      return (value as HeapBase).typeName;
  }
}

export function isTruthy(value: Value): boolean {
  switch (typeof value) {
    case "boolean":
      return value;
    case "undefined":
      return false;
    case "number":
      return value !== 0;
    case "bigint":
      return value !== 0n;
    case "string":
      return value !== "";
    default:
      if (value instanceof Float) return value.value !== 0;
      if (value instanceof List || value instanceof SetValue) return value.items.length > 0;
      if (value instanceof Dict) return value.map.size > 0;
      if (value instanceof Bytes) return value.data.length > 0;
      if (value instanceof Duration) return value.ms !== 0;
      return true;
  }
}

export function isCallable(value: Value): value is Closure | NativeRef {
  return value instanceof Closure || value instanceof NativeRef;
}

// ---- Result ----------------------------------------------------------------------------------------------------------

export const resultType: EnumType = { name: "Result", methods: new Map() };

export function ok(value: Value): EnumValue {
  return new EnumValue(resultType, "Ok", [value]);
}

export function err(value: Value): EnumValue {
  return new EnumValue(resultType, "Err", [value]);
}

export function isResult(value: Value): value is EnumValue {
  return value instanceof EnumValue && value.type.name === "Result";
}
