/** Reading and writing properties, elements and slices. */

import { RuntimeError } from "../error.ts";
import { display } from "../value/display.ts";
import { type Int, isInt } from "../value/numbers.ts";
import { charAt, textLength, textSlice } from "../value/text.ts";
import {
  Container,
  cloneContainer,
  Dict,
  EnumValue,
  List,
  listOf,
  Pair,
  RangeValue,
  StructValue,
  share,
  typeName,
  type Value,
} from "../value/value.ts";

export function getProperty(object: Value, name: string, optional: boolean): Value {
  if (object instanceof Dict || object instanceof StructValue) return share(object.map.get(name));
  if (object instanceof List) return listProperty(object, name);
  if (typeof object === "string") {
    if (name === "count") return textLength(object);
    return name === "empty" ? object === "" : undefined;
  }
  if (object instanceof EnumValue) {
    if (name === "variant") return object.variant;
    return name === "fields" ? listOf(object.fields.slice()) : undefined;
  }
  if (object instanceof Pair) {
    if (name === "first") return share(object.first);
    if (name === "second") return share(object.second);
    if (optional) return undefined;
    throw new RuntimeError("type", `cannot access property \`${name}\` on pair (expected \`first\` or \`second\`)`);
  }
  if (optional) return undefined;
  throw new RuntimeError("type", `cannot access property \`${name}\` on ${typeName(object)}`);
}

function listProperty(list: List, name: string): Value {
  switch (name) {
    case "count":
      return list.items.length;
    case "empty":
      return list.items.length === 0;
    case "first":
      return share(list.items[0]);
    case "last":
      return share(list.items[list.items.length - 1]);
    default:
      return undefined;
  }
}

/** Sets a property on a container that the caller owns. */
export function setProperty(object: Value, name: string, value: Value): void {
  if (object instanceof Dict) object.set(name, value);
  else if (object instanceof StructValue) object.map.set(name, value);
  else throw new RuntimeError("type", `cannot set property \`${name}\` on ${typeName(object)}`);
}

export function getIndex(object: Value, index: Value, optional: boolean): Value {
  if (object instanceof List) {
    if (typeof index === "number") return share(object.items[index < 0 ? object.items.length + index : index]);
    if (typeof index === "bigint") return undefined;
  } else if (object instanceof Dict || object instanceof StructValue) {
    return share(object.map.get(typeof index === "string" ? index : display(index)));
  } else if (object instanceof RangeValue) {
    if (isInt(index)) return rangeAt(object, index);
  } else if (typeof object === "string") {
    if (typeof index === "number") return charAt(object, index);
    if (typeof index === "bigint") return undefined;
  } else if (object === undefined && optional) return undefined;
  throw new RuntimeError("type", `cannot index into ${typeName(object)} with ${typeName(index)}`);
}

function rangeAt(range: RangeValue, index: Int): Value {
  const length = range.length;
  const at = index < 0 ? length + Number(index) : Number(index);
  if (at < 0 || at >= length) {
    throw new RuntimeError("runtime", `range index out of range: index ${index} for range of length ${length}`);
  }
  return range.start + at;
}

/** Sets an element of a container that the caller owns. */
export function setIndex(object: Value, index: Value, value: Value): void {
  if (object instanceof List) {
    if (!isInt(index)) {
      throw new RuntimeError("type", `list index must be an int, got ${typeName(index)}`);
    }
    const length = object.items.length;
    const at = index < 0 ? Math.max(0, length + Number(index)) : Number(index);
    if (at >= length) {
      throw new RuntimeError("runtime", `Index ${index} out of bounds for list of length ${length}`);
    }
    object.items[at] = value;
  } else if (object instanceof Dict) object.set(typeof index === "string" ? index : display(index), value);
  else if (object instanceof StructValue) object.map.set(display(index), value);
  else throw new RuntimeError("type", `cannot assign into ${typeName(object)} with ${typeName(index)}`);
}

/** The container itself when nobody else holds it, else a copy that nobody else holds. */
export function owned(value: Value): Value {
  return value instanceof Container && value.shared ? cloneContainer(value) : value;
}

/** A child of an owned container for a nested write: made owned, and put back when that took a copy. */
export function borrowProperty(object: Value, name: string): Value {
  if (object === undefined) throw new RuntimeError("type", `cannot access property \`${name}\` on nil`);
  const child =
    object instanceof Dict || object instanceof StructValue ? object.map.get(name) : getProperty(object, name, false);
  const mine = owned(child);
  if (mine !== child) setProperty(object, name, mine);
  return mine;
}

export function borrowIndex(object: Value, index: Value): Value {
  let child: Value;
  if (object instanceof List && typeof index === "number") {
    child = object.items[index < 0 ? object.items.length + index : index];
  } else if (object instanceof Dict) child = object.map.get(typeof index === "string" ? index : display(index));
  else child = getIndex(object, index, false);
  const mine = owned(child);
  if (mine !== child) setIndex(object, index, mine);
  return mine;
}

export function slice(object: Value, from: Value, to: Value): Value {
  if (object instanceof List) {
    const [start, end] = bounds(object.items.length, from, to);
    return listOf(start >= end ? [] : object.items.slice(start, end));
  }
  if (typeof object === "string") {
    const [start, end] = bounds(textLength(object), from, to);
    return start >= end ? "" : textSlice(object, start, end);
  }
  if (object instanceof RangeValue) {
    const [start, end] = bounds(object.length, from, to);
    return new RangeValue(object.start + start, object.start + Math.max(start, end), true);
  }
  throw new RuntimeError("type", `cannot slice ${typeName(object)}`);
}

function bounds(length: number, from: Value, to: Value): [number, number] {
  return [bound(length, from, 0, "start"), bound(length, to, length, "end")];
}

function bound(length: number, value: Value, missing: number, which: string): number {
  if (value === undefined) return missing;
  if (!isInt(value)) throw new RuntimeError("type", `slice ${which} must be an integer, got ${typeName(value)}`);
  const at = Number(value);
  return at < 0 ? Math.max(0, length + at) : Math.min(at, length);
}
