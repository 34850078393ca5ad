/**
 * JSON in which the names of an object's fields are written once per kind of object: a conversation of ten thousand messages
 * is mostly names otherwise.
 *
 *     compact := scalar | [-1, …items] | [shape, …fields]
 *
 * What a list holds is taken to be never changed: an item is looked at and put into its form once, and that is remembered from
 * one snapshot to the next.
 */

import { isJsonObject, type Json } from "../../base/index.ts";

const LIST = -1;

export interface JsonCompactor {
  /** Undefined: something in it must not be written down. */
  compact(value: Json): Json | undefined;
  /** Names by shape, for all that was compacted so far. */
  readonly shapes: readonly (readonly string[])[];
}

/** @param admits false for a text that must not be written down; all that is remembered was admitted */
export function createCompactor(admits: (text: string) => boolean): JsonCompactor {
  const shapes: string[][] = [];
  const root: ShapeNode = { next: new Map(), index: -1 };
  const known = new WeakMap<object, Json>();
  let isAdmitted = true;

  const text = (value: string): string => {
    if (!admits(value)) isAdmitted = false;
    return value;
  };

  const shapeOf = (names: readonly string[]): number => {
    let node = root;
    for (const name of names) {
      let next = node.next.get(name);
      if (next === undefined) {
        next = { next: new Map(), index: -1 };
        node.next.set(name, next);
      }
      node = next;
    }
    if (node.index >= 0) return node.index;
    // Shapes go into every later snapshot.
    if (!names.every(admits)) isAdmitted = false;
    else node.index = shapes.push([...names]) - 1;
    return node.index;
  };

  const encode = (value: Json): Json => {
    if (typeof value === "string") return text(value);
    if (Array.isArray(value)) {
      const list: Json[] = [LIST];
      for (const item of value as readonly Json[]) list.push(encodeItem(item));
      return list;
    }
    if (!isJsonObject(value)) return value;
    const names = Object.keys(value).filter((name) => value[name] !== undefined);
    const fields: Json[] = [shapeOf(names)];
    for (const name of names) fields.push(encode(value[name] as Json));
    return fields;
  };

  const encodeItem = (item: Json): Json => {
    if (typeof item !== "object" || item === null) return encode(item);
    let form = known.get(item);
    if (form === undefined) {
      form = encode(item);
      if (isAdmitted) known.set(item, form);
    }
    return form;
  };

  return {
    compact(value) {
      isAdmitted = true;
      const form = encode(value);
      return isAdmitted ? form : undefined;
    },
    shapes,
  };
}

interface ShapeNode {
  readonly next: Map<string, ShapeNode>;
  /** -1: a beginning only. */
  index: number;
}

/** What was compacted; undefined for anything else. */
export function expandJson(form: Json, shapes: readonly (readonly string[])[]): Json | undefined {
  let isSound = true;
  const expand = (value: Json): Json => {
    if (!Array.isArray(value)) return value;
    const form = value as readonly Json[];
    const tag = form[0];
    if (tag === LIST) {
      const list: Json[] = [];
      for (let at = 1; at < form.length; at++) list.push(expand(form[at] as Json));
      return list;
    }
    const names = typeof tag === "number" ? shapes[tag] : undefined;
    if (names === undefined || names.length !== form.length - 1) {
      isSound = false;
      return null;
    }
    const object: Record<string, Json> = {};
    for (let at = 0; at < names.length; at++) {
      const name = names[at]!;
      const field = expand(form[at + 1] as Json);
      // Assigning `__proto__` would set the prototype instead of a field.
      if (name === "__proto__") Object.defineProperty(object, name, { value: field, ...OWN });
      else object[name] = field;
    }
    return object;
  };
  const value = expand(form);
  return isSound ? value : undefined;
}

const OWN = { writable: true, enumerable: true, configurable: true } as const;
