/**
 * A graph of objects as JSON, and back: who is held twice is one object again, and circles stay circles.
 *
 *     value := null (undefined) | true | 4 | "text" | [tag, …]
 *     [7]                    node 7
 *     ["z"]                  null             ["b", "123"]   bigint        ["n", "-0"]  numbers JSON has no word for
 *     ["f", 1.5]             float            ["d", 20]      duration
 *     ["x", name]            something that is the same in every process: code, a routine, a mark
 *     ["N", name]            a builtin        ["F", m, i]    function i of module m
 *     ["T", m, "struct", n]  a type           ["R", native]  a builtin as a value of the program
 *     ["V"]                  the machine      ["O"]          its output    ["H", owner] a task's host
 *
 *     node := ["a", …items] | ["m", …keys and values] | ["s", …items] | ["u", latin1] | ["j", compact json] | [shape, …fields]
 *
 * A *shape* is a class and the names of its fields, said once. Nothing recurses: nodes are written and filled one by one,
 * so a list of a million links costs no stack.
 *
 * Only what is known is written. A function, a symbol, an object of a class that nobody listed: the whole graph is
 * refused, with where it was found. A snapshot is complete or there is none.
 */

import { AppendList, HarnError, type Json } from "../../base/index.ts";
import type { ClassPart } from "../core/callback.ts";
import { Duration, Float } from "../value/value.ts";
import { nextShape, setField, shapeOfNames, shapeTree } from "./shapes.ts";

/**
 * JSON that nobody changes any more and of which nobody cares how often it is held: written without looking for that, which
 * is quick. What a long conversation consists of. There may be an `AppendList` of such in the place of a list.
 */
export class PlainJson {
  readonly value: Json;
  constructor(value: Json) {
    this.value = value;
  }
}

export interface EncodedGraph {
  readonly shapes: readonly (readonly string[])[];
  readonly nodes: readonly Json[];
  readonly root: Json;
}

export interface GraphWriter {
  /** The reference to something that every process has; undefined: it is part of the graph. */
  reference(object: object): Json | undefined;
  classOf(object: object): ClassPart | undefined;
  /** False: something that must not be written down. */
  admits(text: string | Uint8Array): boolean;
  /** As `compact-json.ts` writes it; undefined: there is something in it that must not be written down. */
  compact(value: Json | AppendList<unknown>): Json | undefined;
}

/**
 * `snapshot.refused`: something is alive that is no data. The run goes on; a later moment may do.
 *
 * @param duration `passing`: the next moment may do, and finding out costs nothing. Default: it may last a while
 */
export function refused(reason: string, duration: "passing" | "lasting" = "lasting"): HarnError {
  return new HarnError("snapshot.refused", `Expected nothing but data, found ${reason}`, {
    data: { reason, duration },
  });
}

/** @throws HarnError `snapshot.refused` */
export function encodeGraph(root: unknown, writer: GraphWriter): EncodedGraph {
  const objects: object[] = [];
  const holders: number[] = [];
  const indices = new Map<object, number>();
  const shapes: string[][] = [];
  /** By class, first field, second field … */
  const tree = shapeTree();
  const nodes: Json[] = [];
  let current = -1;

  const refuse = (what: string): never => {
    const path: string[] = [];
    for (let at = current; at >= 0 && path.length < 6; at = holders[at] as number)
      path.push(nameOf(objects[at]!, writer));
    throw refused(path.length === 0 ? what : `${what} held by ${path.join(" in ")}`);
  };

  const text = (value: string): string => (writer.admits(value) ? value : refuse("a secret"));

  const encode = (value: unknown): Json => {
    switch (typeof value) {
      case "undefined":
        return null;
      case "boolean":
        return value;
      case "string":
        return text(value);
      case "number":
        return Number.isFinite(value) && !Object.is(value, -0)
          ? value
          : ["n", Object.is(value, -0) ? "-0" : `${value}`];
      case "bigint":
        return ["b", String(value)];
      case "symbol":
      case "function":
        return refuse(`a ${typeof value}`);
      case "object":
        break;
    }
    if (value === null) return ["z"];
    const known = indices.get(value);
    if (known !== undefined) return [known];
    if (value instanceof Float) return ["f", encode(value.value)];
    if (value instanceof Duration) return ["d", encode(value.ms)];
    const reference = writer.reference(value);
    if (reference !== undefined) return reference;
    const index = objects.push(value) - 1;
    indices.set(value, index);
    holders.push(current);
    return [index];
  };

  const shapeOf = (className: string, keys: readonly string[]): number => {
    const node = shapeOfNames(nextShape(tree, className), keys);
    if (node.index < 0) node.index = shapes.push([className, ...keys.map(text)]) - 1;
    return node.index;
  };

  const fields = (className: string, record: object): Json => {
    const keys = Object.keys(record);
    const node: Json[] = [shapeOf(className, keys)];
    for (const key of keys) node.push(encode((record as Readonly<Record<string, unknown>>)[key]));
    return node;
  };

  const encodeNode = (object: object): Json => {
    if (Array.isArray(object)) return ["a", ...Array.from(object, encode)];
    if (object instanceof Map) return ["m", ...[...object].flatMap(([key, value]) => [encode(key), encode(value)])];
    if (object instanceof Set) return ["s", ...[...object].map(encode)];
    if (object instanceof Uint8Array) return writer.admits(object) ? ["u", latin1(object)] : refuse("a secret");
    if (object instanceof PlainJson) return ["j", writer.compact(object.value) ?? refuse("a secret")];
    if (object instanceof AppendList) return ["j", writer.compact(object) ?? refuse("a secret")];
    const part = writer.classOf(object);
    if (part) return fields(part.name, part.save?.(object) ?? object);
    if (!isPlain(object)) return refuse(`an object of a class without a form (${object.constructor.name})`);
    return fields("", object);
  };

  const encodedRoot = encode(root);
  for (let at = 0; at < objects.length; at++) {
    current = at;
    nodes.push(encodeNode(objects[at]!));
  }
  return { shapes, nodes, root: encodedRoot };
}

export interface GraphReader {
  /** What `compact` has written. */
  expand(form: Json): unknown;
  resolve(reference: readonly Json[]): unknown;
  classNamed(name: string): ClassPart | undefined;
  make(part: ClassPart): object;
}

/** @throws HarnError `snapshot.malformed` */
export function decodeGraph({ shapes, nodes, root }: EncodedGraph, reader: GraphReader): unknown {
  const parts = shapes.map(([name = ""]) => (name === "" ? undefined : (reader.classNamed(name) ?? malformed(name))));
  const shells = nodes.map((node): unknown => {
    const [tag, body] = listOf(node);
    if (typeof tag === "number") {
      const part = parts[tag];
      return part ? reader.make(part) : {};
    }
    switch (String(tag)) {
      case "a":
        return [];
      case "m":
        return new Map();
      case "s":
        return new Set();
      case "u":
        return fromLatin1(String(body));
      case "j":
        return reader.expand(body as Json);
    }
    return malformed(tag);
  });

  const decode = (value: Json | undefined): unknown => {
    if (value === null) return undefined;
    if (typeof value !== "object") return value;
    const reference = listOf(value);
    const [tag, first] = reference;
    if (typeof tag === "number") return tag < shells.length ? shells[tag] : malformed(tag);
    switch (String(tag)) {
      case "z":
        return null;
      case "b":
        return BigInt(String(first));
      case "n":
        return Number(first);
      case "f":
        return new Float(decode(first) as number);
      case "d":
        return new Duration(decode(first) as number);
    }
    return reader.resolve(reference);
  };

  nodes.forEach((node, index) => {
    const [tag, ...body] = listOf(node);
    const shell = shells[index];
    if (tag === "j") return;
    if (typeof tag === "number") {
      const [, ...keys] = shapes[tag] as readonly string[];
      keys.forEach((key, at) => {
        setField(shell as object, key, decode(body[at]));
      });
    } else if (Array.isArray(shell)) for (const item of body) shell.push(decode(item));
    else if (shell instanceof Set) for (const item of body) shell.add(decode(item));
    else if (shell instanceof Map) {
      for (let at = 0; at + 1 < body.length; at += 2) shell.set(decode(body[at]), decode(body[at + 1]));
    }
  });
  return decode(root);
}

function nameOf(object: object, writer: GraphWriter): string {
  if (Array.isArray(object)) return "list";
  return writer.classOf(object)?.name ?? (isPlain(object) ? "record" : object.constructor.name.toLowerCase());
}

function isPlain(object: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(object);
  return prototype === Object.prototype || prototype === null;
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : malformed(value);
}

export function malformed(found: unknown): never {
  throw new HarnError("snapshot.malformed", `Expected a snapshot of this version, found \`${String(found)}\` in it`);
}

const CHUNK = 8192;

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return text;
}

function fromLatin1(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}
