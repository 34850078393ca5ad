/**
 * Snapshots beside the logs of a folder, in two files each.
 *
 *     <run>.snapshot      a line that says which part of the log it follows, and the snapshot; replaced as a whole
 *     <run>.parts-<seq>   the parts that it refers to; only appended to
 *
 *     {"format":"harn-journal-snapshot","run":{…},"seq":1200,"from":{"bytes":81234,"seq":1196},"parts":{…},"digest":…}
 *     parts := (id " " length " " crc "\n" text "\n")*        length in bytes, CRC-32 in hexadecimal
 *
 * The snapshot tells how long the file of parts was: what lies behind is of one that was never finished, and is written over.
 * Nothing is made to survive a power cut, since a snapshot is never needed: both files say by checksums whether they are whole,
 * and the snapshot whether its parts are the ones that it was written with.
 *
 * When most of the file is of parts that are no longer referred to, another one takes its place.
 */

import { crc32, isJsonObject, type Json, type JsonObject } from "../base/index.ts";
import { decodeRunInfo } from "./entry-codec.ts";
import { andThen, repeatWhile } from "./maybe-promise.ts";
import { createTextDigest, type TextDigest } from "./sha256.ts";
import type {
  MaybePromise,
  PartChanges,
  RefusedSnapshot,
  RunInfo,
  SnapshotDraft,
  SnapshotState,
  StoredSnapshot,
} from "./spec.ts";

export interface SnapshotFolder {
  /** Bytes from a place on; undefined when there is no such file, or it ends before. */
  readFrom(name: string, offset: number): MaybePromise<Uint8Array | undefined>;
  /**
   * Puts a whole file in the place of another; whatever happens to the process, one of the two is there afterwards. What fails
   * leaves nothing behind, since the log needs the room.
   */
  replace(name: string, bytes: Uint8Array): MaybePromise<void>;
  /** Writes from a place on, where the file then ends; makes the file. What fails leaves the file ending at that place. */
  writeFrom(name: string, offset: number, bytes: Uint8Array): MaybePromise<void>;
  /** With what a stopped process has left of another one in its place. A file that is not there is no error. */
  remove(name: string): MaybePromise<void>;
}

/** A place in a log: every entry from `seq` on lies behind it. */
export interface LogMark {
  readonly bytes: number;
  readonly seq: number;
}

export interface FoundSnapshot extends StoredSnapshot {
  readonly info: RunInfo;
  readonly from: LogMark;
}

export interface SnapshotFiles {
  /** @param from the part of the log that it follows */
  save(run: RunInfo, snapshot: SnapshotDraft, from: Json): MaybePromise<void>;
  refuse(id: string, why: RefusedSnapshot): MaybePromise<void>;
  look(id: string): MaybePromise<SnapshotState | undefined>;
  /** Undefined when there is none, or it is not sound: the log is there without it. */
  load(id: string): MaybePromise<FoundSnapshot | undefined>;
  remove(id: string): MaybePromise<void>;
  /** The log ends before `seq`: a snapshot of more is of an end that was lost, and not of what is written instead. */
  removeBeyond(id: string, seq: number): MaybePromise<void>;
}

const FORMAT = "harn-journal-snapshot";
const SUFFIX = ".snapshot";
const AGAIN = "-again";
/** A file of parts may be so much longer than what counts in it. */
const GARBAGE_BYTES = 1_048_576;

/** A file of parts, as far as a snapshot refers to it. */
interface PartsFile {
  readonly name: string;
  readonly bytes: number;
  /** Of the checksums of all parts, in order. */
  readonly check: number;
  /** Where the text of each part is that counts. */
  readonly places: Map<number, { readonly start: number; readonly end: number }>;
}

/** @param list names of all files in the folder */
export function createSnapshotFiles(
  folder: SnapshotFolder,
  list: () => MaybePromise<readonly string[]>,
  digestOf: TextDigest = createTextDigest(),
): SnapshotFiles {
  const encoder = new TextEncoder();
  const files = new Map<string, PartsFile>();

  const readHead = (id: string): MaybePromise<{ readonly head: JsonObject; readonly body: Uint8Array } | undefined> =>
    andThen(folder.readFrom(id + SUFFIX, 0), (bytes) => bytes && parseHead(bytes));

  /** Removes files of parts but the one that counts; a process that was stopped in between left another one. */
  const removeParts = (id: string, but?: string): MaybePromise<void> =>
    andThen(list(), (names) => {
      const old = names.filter((name) => isPartsOf(id, name) && name !== but);
      return repeatWhile(() => {
        const name = old.pop();
        return name === undefined ? false : andThen(folder.remove(name), () => true);
      });
    });

  const grow = (file: PartsFile, added: PartChanges["added"], dropped: readonly number[]): MaybePromise<PartsFile> => {
    const places = new Map(file.places);
    for (const part of dropped) places.delete(part);
    const fresh = [...added].filter(([part]) => !places.has(part));
    const { bytes, check, at } = written(fresh, file, encoder);
    for (const [part, place] of at) places.set(part, place);
    const grown = { name: file.name, bytes: file.bytes + bytes.length, check, places };
    return bytes.length === 0 ? grown : andThen(folder.writeFrom(file.name, file.bytes, bytes), () => grown);
  };

  /** The parts that count, in another file. */
  const rewrite = (file: PartsFile, name: string): MaybePromise<PartsFile> =>
    andThen(folder.readFrom(file.name, 0), (bytes = new Uint8Array()) => {
      // What was damaged meanwhile must not get checksums that say it was not.
      if (readParts(file.name, bytes.subarray(0, file.bytes))?.check !== file.check) return file;
      const decoder = new TextDecoder();
      const kept = new Map(
        [...file.places].map(([part, { start, end }]) => [part, decoder.decode(bytes.subarray(start, end))]),
      );
      return grow({ name, bytes: 0, check: 0, places: new Map() }, kept, []);
    });

  /** A new file has another name than the one that the snapshot on disk refers to. */
  const begin = (id: string, seq: number): MaybePromise<PartsFile> =>
    andThen(readHead(id), (found) => {
      const { parts } = found?.head ?? {};
      const name = `${id}.parts-${seq}`;
      const isTaken = isJsonObject(parts) && parts.file === name;
      return { name: isTaken ? name + AGAIN : name, bytes: 0, check: 0, places: new Map() };
    });

  const store = (id: string, { seq, parts }: SnapshotDraft): MaybePromise<PartsFile> => {
    const { isFirst, added, dropped } = parts;
    const known = isFirst ? undefined : files.get(id);
    return andThen(known ?? begin(id, seq), (file) =>
      andThen(grow(file, added, dropped), (grown) => {
        let counting = 0;
        for (const { start, end } of grown.places.values()) counting += end - start;
        return grown.bytes > 2 * counting + GARBAGE_BYTES ? rewrite(grown, `${id}.parts-${seq}${AGAIN}`) : grown;
      }),
    );
  };

  const remove = (id: string): MaybePromise<void> => {
    files.delete(id);
    // One that cannot be read has parts as well; what was never finished may be all there is.
    return andThen(folder.readFrom(id + SUFFIX, 0), (found) =>
      andThen(folder.remove(id + SUFFIX), () => (found ? removeParts(id) : undefined)),
    );
  };

  return {
    save(run, snapshot, from) {
      const { seq, body } = snapshot;
      return andThen(store(run.id, snapshot), (file) => {
        const head = {
          format: FORMAT,
          run,
          seq,
          from,
          ...(file.bytes === 0 ? {} : { parts: { file: file.name, bytes: file.bytes, check: file.check } }),
          chars: body.length + file.bytes,
        };
        const digest = digestOf(withHead(head, body));
        const bytes = encoder.encode(`${withHead({ ...head, digest }, body)}\n`);
        return andThen(folder.replace(run.id + SUFFIX, bytes), () => {
          const isOther = files.get(run.id)?.name !== file.name;
          files.set(run.id, file);
          return isOther ? removeParts(run.id, file.name) : undefined;
        });
      });
    },
    refuse(id, { seq, reason }) {
      const head = JSON.stringify({ format: FORMAT, seq, refused: reason });
      return folder.replace(id + SUFFIX, encoder.encode(`${head}\n`));
    },
    look: (id) => andThen(readHead(id), (found) => found && stateOf(found.head)),
    load(id) {
      return andThen(readHead(id), (found) => {
        if (!found) return undefined;
        const snapshot = soundSnapshot(found.head, new TextDecoder().decode(found.body), digestOf);
        // One of another run may fit the log as far as can be seen.
        if (snapshot?.info.id !== id) return undefined;
        const { parts } = found.head;
        if (!isJsonObject(parts)) return { ...snapshot, parts: { ids: [], text: () => undefined } };
        const { file: name, bytes: length, check } = parts;
        if (typeof name !== "string" || !isPartsOf(id, name) || typeof length !== "number") return undefined;
        return andThen(folder.readFrom(name, 0), (bytes) => {
          const file = bytes && bytes.length >= length ? readParts(name, bytes.subarray(0, length)) : undefined;
          if (!bytes || file === undefined || file.check !== check) return undefined;
          files.set(id, file);
          const decoder = new TextDecoder();
          const text = (part: number): string | undefined => {
            const place = file.places.get(part);
            return place && decoder.decode(bytes.subarray(place.start, place.end));
          };
          return { ...snapshot, parts: { ids: [...file.places.keys()], text } };
        });
      });
    },
    remove,
    removeBeyond: (id, seq) =>
      andThen(readHead(id), (found) => (Number(found?.head.seq) > seq ? remove(id) : undefined)),
  };
}

/** No run's log has such a name. */
function isPartsOf(id: string, name: string): boolean {
  const prefix = `${id}.parts-`;
  return name.startsWith(prefix) && /^\d+(-again)?$/.test(name.slice(prefix.length));
}

function parseHead(bytes: Uint8Array): { readonly head: JsonObject; readonly body: Uint8Array } | undefined {
  const newline = bytes.indexOf(10);
  try {
    const head: unknown = JSON.parse(new TextDecoder().decode(bytes.subarray(0, newline + 1)));
    if (!isJsonObject(head) || head.format !== FORMAT) return undefined;
    return { head, body: bytes.subarray(newline + 1, bytes.length - 1) };
  } catch {
    return undefined;
  }
}

function stateOf({ seq, refused, chars }: JsonObject): SnapshotState | undefined {
  if (typeof seq !== "number") return undefined;
  if (typeof refused === "string") return { type: "refused", seq, reason: refused };
  return typeof chars === "number" ? { type: "taken", seq, chars } : undefined;
}

function withHead(head: object, body: string): string {
  return `${JSON.stringify(head)}\n${body}`;
}

/** The digest is of all else in the file: a place in the log that is wrong by one would lose an entry. */
function soundSnapshot(
  { digest, ...head }: JsonObject,
  body: string,
  digestOf: (text: string) => string,
): Omit<FoundSnapshot, "parts"> | undefined {
  const { run, seq, from } = head;
  if (digest !== digestOf(withHead(head, body)) || !isJsonObject(from) || typeof seq !== "number") return undefined;
  const { bytes, seq: first } = from;
  if (typeof bytes !== "number" || typeof first !== "number") return undefined;
  return { info: decodeRunInfo(run), seq, from: { bytes, seq: first }, body };
}

/** @param file that they are added to */
function written(parts: readonly (readonly [number, string])[], file: PartsFile, encoder: TextEncoder) {
  let { check } = file;
  const from = file.bytes;
  const pieces: Uint8Array[] = [];
  const at: PartsFile["places"] = new Map();
  let length = 0;
  const add = (piece: Uint8Array) => {
    pieces.push(piece);
    length += piece.length;
  };
  for (const [part, text] of parts) {
    const content = encoder.encode(text);
    const crc = crc32(content);
    check = checkedBy(check, crc);
    add(encoder.encode(`${part} ${content.length} ${crc.toString(16)}\n`));
    at.set(part, { start: from + length, end: from + length + content.length });
    add(content);
    add(encoder.encode("\n"));
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return { bytes, check, at };
}

function checkedBy(check: number, crc: number): number {
  return (Math.imul(check, 31) + crc) >>> 0;
}

/**
 * Undefined for anything but a file of parts of which none is damaged: most are read long after it has been decided to go on
 * from them.
 */
function readParts(name: string, bytes: Uint8Array): PartsFile | undefined {
  const decoder = new TextDecoder();
  const places: PartsFile["places"] = new Map();
  let check = 0;
  for (let at = 0; at < bytes.length; ) {
    const newline = bytes.indexOf(10, at);
    const [, part, length, sum] = /^(\d+) (\d+) ([0-9a-f]+)$/.exec(decoder.decode(bytes.subarray(at, newline))) ?? [];
    if (part === undefined || length === undefined || sum === undefined) return undefined;
    const start = newline + 1;
    const end = start + Number(length);
    const crc = Number.parseInt(sum, 16);
    if (end >= bytes.length || crc32(bytes.subarray(start, end)) !== crc) return undefined;
    check = checkedBy(check, crc);
    places.set(Number(part), { start, end });
    at = end + 1;
  }
  return { name, bytes: bytes.length, check, places };
}
