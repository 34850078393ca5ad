/**
 * How values are written: as JSON text that keeps key order, with marks for what JSON cannot say, and with large parts
 * moved out into blobs that are stored once.
 *
 *     {"$ref": digest}      a blob; the digest is that of its text
 *     {"$list": digest}     a list of objects (messages of a conversation), stored as a chain, see below
 *     {"$bytes": base64}    Uint8Array
 *     {"$number": "NaN"}    also Infinity, -Infinity, -0
 *     {"$bigint": "123"}
 *     {"$undefined": true}  undefined where it counts: in a list, or as a whole value
 *     {"$$ref": …}          a program's own key that begins with `$` gets one more
 *
 * A list grows by a message or two per turn and is sent whole every time. Its digest is therefore a chain: that of the
 * list without its last element, hashed with that element. A list node holds the digest of the longest prefix already
 * stored and the elements after it, so a turn costs what is new in it. The digest of a list does not depend on how
 * it was cut into nodes. What the encoder knows of a list that it has seen before is in *prefixes*, one for each length.
 *
 * Text is a function of the value alone: equal values have equal text, which is what replay compares.
 */

import { createListLines, HarnError, isJsonObject, type ListLine } from "../base/index.ts";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import type { TextDigest } from "./sha256.ts";
import type { Encoded, StoredBlob } from "./spec.ts";

/** Texts longer than this become blobs; a reference has 54 characters. */
const INLINE_LIMIT = 256;
/** How many growing lists are followed at a time; others cost a hash per element. */
const CHAINS_REMEMBERED = 16;
/** Lists deeper in a value are part of an element, which is written once anyway. */
const FOLLOWED_DEPTH = 1;
/** Deeper values are refused rather than risking the stack. */
const DEPTH_LIMIT = 1000;

export interface BlobSink {
  /** It is stored, and so is all that it refers to. */
  has(digest: string): boolean;
  put(digest: string, body: string): void;
}

/** Takes secrets out of what is about to be written. `version` changes whenever the same input may come out otherwise. */
export interface Scrubber {
  readonly version: number;
  text(text: string): string;
  bytes(bytes: Uint8Array): Uint8Array;
}

export interface ValueEncoder {
  /** @throws HarnError `journal.unencodable` for functions, symbols, cycles and values nested too deeply */
  encode(value: unknown, scrubber: Scrubber): string;
  /** The same text; stores nothing. */
  textOf(value: unknown, scrubber: Scrubber): string;
  /** Writes everything out anew, as if nothing had been stored before. */
  forget(): void;
}

/**
 * What a text refers to, what that refers to before it. Emptied once it is stored: a value that was only compared may have to be
 * stored later.
 */
type Unstored = (StoredBlob | Unstored)[];

interface ElementText {
  readonly text: string;
  /** Absent: it refers to nothing. */
  readonly unstored: Unstored | undefined;
}

/** What is known of a list up to one of its elements. */
interface Prefix extends ElementText {
  /** Of the list so far, as it would stand in line, without the last bracket. */
  readonly chars: number;
  /** Absent while the list was short enough to stand in line. */
  digest: string | undefined;
  /** The list so far is stored, and so is all that it refers to. */
  isStored: boolean;
}

export function createValueEncoder(sink: BlobSink, digestOf: TextDigest): ValueEncoder {
  /**
   * Text of list elements seen before, wherever they stand now. A value handed to the host is not changed afterwards (the
   * contract of `Json`), so a history of a thousand messages is not written out again each turn.
   */
  let elementTexts = new WeakMap<object, ElementText>();
  /** Lists of the same elements as before. */
  let lines = createListLines<object, Prefix>();
  let cachedVersion = -1;
  /** The latest lists by the text of their first element, oldest first: for elements that are made anew each time. */
  const chains = new Map<string, readonly Prefix[]>();

  /** Of what is being encoded. */
  let unstored: Unstored = [];

  const outOfLine = (text: string): string => {
    if (text.length <= INLINE_LIMIT) return text;
    const digest = digestOf(text);
    unstored.push({ digest, body: text });
    return `{"$ref":"${digest}"}`;
  };

  const elementText = (item: object, scrubber: Scrubber, depth: number): ElementText => {
    const known = elementTexts.get(item);
    if (known !== undefined) return known;
    const outer = unstored;
    const own: Unstored = [];
    unstored = own;
    const text = encodeAt(item, scrubber, depth);
    unstored = outer;
    const made = { text, unstored: own.length === 0 ? undefined : own };
    elementTexts.set(item, made);
    return made;
  };

  const store = (pieces: Unstored): void => {
    for (const piece of pieces) {
      if (Array.isArray(piece)) store(piece);
      else if (!sink.has(piece.digest)) sink.put(piece.digest, piece.body);
    }
    pieces.length = 0;
  };

  const forget = (): void => {
    elementTexts = new WeakMap();
    lines = createListLines();
  };

  /**
   * Gives each prefix of a list its digest; what the last list that began alike shares is not redone.
   *
   * @returns how many prefixes had one, or had one there
   */
  const digestPrefixes = (prefixes: readonly Prefix[]): number => {
    const head = prefixes[0]!.text;
    const last = chains.get(head);
    let old = prefixes.length;
    while (old > 0 && prefixes[old - 1]!.digest === undefined) old--;
    for (; last !== undefined && last !== prefixes && old < prefixes.length; old++) {
      const known = last[old];
      if (known?.digest === undefined || known.text !== prefixes[old]!.text) break;
      if (old > 0 && last[old - 1]!.digest !== prefixes[old - 1]!.digest) break;
      prefixes[old]!.digest = known.digest;
    }
    for (let at = old; at < prefixes.length; at++)
      prefixes[at]!.digest = digestOf(`list ${prefixes[at - 1]?.digest ?? ""} ${prefixes[at]!.text}`);
    chains.delete(head);
    chains.set(head, prefixes);
    for (const oldest of chains.keys()) {
      if (chains.size <= CHAINS_REMEMBERED) break;
      chains.delete(oldest);
    }
    return old;
  };

  /** Undefined: not all elements are objects. */
  const prefixesOf = (items: readonly unknown[], scrubber: Scrubber, depth: number): readonly Prefix[] | undefined => {
    if (!isPlainObject(items[0])) return undefined;
    // The casts: what is known of a list is of objects, and what follows is about to be looked at.
    const list = items as readonly object[];
    const follows = depth <= FOLLOWED_DEPTH;
    const line: ListLine<object, Prefix> = follows ? lines.take(list) : { items: [], notes: [] };
    const { notes } = line;
    const isList = areObjects(items, notes.length);
    /** What the last list that began alike has there, as long as they are alike. */
    let last: readonly Prefix[] | undefined;
    for (let at = notes.length; isList && at < list.length; at++) {
      const element = elementText(list[at]!, scrubber, depth + 1);
      if (at === 0) last = chains.get(element.text);
      if (last?.[at]?.text !== element.text) last = undefined;
      const chars = (notes[at - 1]?.chars ?? 0) + element.text.length + 1;
      notes.push({ ...element, chars, digest: last?.[at]?.digest, isStored: false });
    }
    if (follows) lines.keep(list, line);
    return isList ? notes : undefined;
  };

  const putNode = (prefixes: readonly Prefix[], from: number, to: number): void => {
    const previous = from === 0 ? "" : prefixes[from - 1]!.digest!;
    const texts = prefixes.slice(from, to).map(({ text }) => text);
    const body = `{"prev":"${previous}","items":[${texts.join(",")}]}`;
    unstored.push({ digest: prefixes[to - 1]!.digest!, body });
  };

  const markStored = (prefixes: readonly Prefix[], count: number): void => {
    for (let at = count - 1; at >= 0 && !prefixes[at]!.isStored; at--) {
      const prefix = prefixes[at]!;
      prefix.isStored = true;
      if (prefix.unstored !== undefined) prefix.unstored.length = 0;
    }
  };

  const refersTo = (prefixes: readonly Prefix[], from: number): void => {
    for (let at = from; at < prefixes.length; at++) {
      const pieces = prefixes[at]!.unstored;
      if (pieces !== undefined && pieces.length > 0) unstored.push(pieces);
    }
  };

  const encodeList = (prefixes: readonly Prefix[]): string => {
    const { chars } = prefixes.at(-1)!;
    if (chars < INLINE_LIMIT) {
      refersTo(prefixes, 0);
      return `[${prefixes.map(({ text }) => text).join(",")}]`;
    }
    const old = digestPrefixes(prefixes);
    let known = prefixes.length;
    while (known > 0 && !sink.has(prefixes[known - 1]!.digest!)) known--;
    markStored(prefixes, known);
    refersTo(prefixes, known);
    // What came before gets a node of its own, or a list with another end each time would be stored whole each time.
    if (known < old) putNode(prefixes, known, old);
    if (Math.max(known, old) < prefixes.length) putNode(prefixes, Math.max(known, old), prefixes.length);
    return `{"$list":"${prefixes.at(-1)!.digest!}"}`;
  };

  const encodeAt = (value: unknown, scrubber: Scrubber, depth: number): string => {
    switch (typeof value) {
      case "string":
        return outOfLine(JSON.stringify(scrubber.text(value)));
      case "number":
        return Number.isFinite(value) && !Object.is(value, -0)
          ? String(value)
          : `{"$number":"${Object.is(value, -0) ? "-0" : value}"}`;
      case "boolean":
        return value ? "true" : "false";
      case "undefined":
        return '{"$undefined":true}';
      case "bigint":
        return `{"$bigint":"${value}"}`;
      case "object":
        break;
      case "function":
      case "symbol":
        throw new HarnError("journal.unencodable", `Expected plain data in an effect, found a ${typeof value}`);
    }
    if (value === null) return "null";
    if (depth > DEPTH_LIMIT) {
      throw new HarnError("journal.unencodable", `Expected at most ${DEPTH_LIMIT} levels of nesting in an effect`);
    }
    if (value instanceof Uint8Array) return outOfLine(`{"$bytes":"${encodeBase64(scrubber.bytes(value))}"}`);
    if (Array.isArray(value)) {
      const items: readonly unknown[] = value;
      const prefixes = items.length > 1 ? prefixesOf(items, scrubber, depth) : undefined;
      if (prefixes !== undefined) return encodeList(prefixes);
      return outOfLine(`[${Array.from(items, (item) => encodeAt(item, scrubber, depth + 1)).join(",")}]`);
    }
    if (!isPlainObject(value)) {
      throw new HarnError("journal.unencodable", "Expected plain data in an effect, found an instance of a class");
    }
    let text = "{";
    for (const [key, field] of Object.entries(value)) {
      if (field === undefined) continue;
      const name = scrubber.text(key.startsWith("$") ? `$${key}` : key);
      text += `${text.length > 1 ? "," : ""}${JSON.stringify(name)}:${encodeAt(field, scrubber, depth + 1)}`;
    }
    return outOfLine(`${text}}`);
  };

  const textOf = (value: unknown, scrubber: Scrubber): string => {
    if (scrubber.version !== cachedVersion) {
      forget();
      cachedVersion = scrubber.version;
    }
    unstored = [];
    return encodeAt(value, scrubber, 0);
  };

  return {
    encode(value, scrubber) {
      const text = textOf(value, scrubber);
      store(unstored);
      return text;
    },
    textOf,
    forget,
  };
}

function areObjects(items: readonly unknown[], from: number): boolean {
  for (let at = from; at < items.length; at++) if (!isPlainObject(items[at])) return false;
  return true;
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * Reads stored values back. Every call gives fresh objects, which the caller owns.
 *
 * @param blob body of a blob by digest
 * @throws HarnError `journal.corrupt` when a blob is missing or malformed
 */
export function createValueDecoder(blob: (digest: string) => string | undefined): (encoded: Encoded) => unknown {
  const open = (digest: string): Encoded => {
    const body = blob(digest);
    if (body === undefined) throw new HarnError("journal.corrupt", `Expected blob \`${digest}\`, found none`);
    return parseStoredJson(body, `blob \`${digest}\``);
  };

  const decodeChain = (last: string): unknown[] => {
    const nodes: (readonly Encoded[])[] = [];
    for (let digest = last; digest !== ""; ) {
      const node = open(digest);
      if (!isJsonObject(node) || typeof node.prev !== "string" || !Array.isArray(node.items)) {
        throw new HarnError("journal.corrupt", `Expected a list node in blob \`${digest}\``);
      }
      nodes.push(node.items);
      digest = node.prev;
    }
    return nodes.reverse().flatMap((items) => items.map(decode));
  };

  const decodeMark = (name: string, content: Encoded): unknown => {
    switch (name) {
      case "$ref":
        return decode(open(String(content)));
      case "$list":
        return decodeChain(String(content));
      case "$bytes":
        return decodeBase64(String(content));
      case "$number":
        return Number(content);
      case "$bigint":
        return BigInt(String(content));
      case "$undefined":
        return undefined;
    }
    throw new HarnError("journal.corrupt", `Expected a known mark in a stored value, found \`${name}\``);
  };

  const decode = (encoded: Encoded): unknown => {
    if (typeof encoded !== "object" || encoded === null) return encoded;
    if (Array.isArray(encoded)) return encoded.map(decode);
    const fields = Object.entries(encoded);
    const first = fields[0];
    if (fields.length === 1 && first?.[0].startsWith("$") && !first[0].startsWith("$$")) {
      return decodeMark(first[0], first[1] ?? null);
    }
    const object: Record<string, unknown> = {};
    for (const [stored, field] of fields) {
      const key = stored.startsWith("$$") ? stored.slice(1) : stored;
      const value = decode(field ?? null);
      // Assigning `__proto__` would set the prototype instead of a field.
      if (key === "__proto__") {
        Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
      } else {
        object[key] = value;
      }
    }
    return object;
  };

  return decode;
}

/** @throws HarnError `journal.corrupt`, naming `what`, for text that is not JSON */
export function parseStoredJson(text: string, what: string): Encoded {
  try {
    return JSON.parse(text) as Encoded;
  } catch (cause) {
    throw new HarnError("journal.corrupt", `Expected JSON in ${what}`, { cause });
  }
}
