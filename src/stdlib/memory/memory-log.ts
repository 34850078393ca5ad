/**
 * What was observed, in the order in which it was: `<root>/<namespace>/events.jsonl`, one JSON object per line, and
 * nothing is ever taken out. Forgetting is one more line. Lines:
 *
 * - `store`: a record; one with an id that was there before takes its place;
 * - `forget`: ids of records that count no more;
 * - `interrupted`: the line before is what a writer left that was killed; it was never acknowledged and counts for nothing.
 *
 * Several processes may append at once; lines do not mix.
 */

import { type AsyncContext, Dict, List, record, share, type Thrown, type Value } from "../../vm/index.ts";
import { decodeUtf8, stringField, thrown } from "../arguments.ts";
import { attempt } from "../host-failures.ts";
import { JsonSyntaxError, readJson } from "../json/read-json.ts";
import { joinPath } from "../paths/path-text.ts";
import { dataText } from "../store/data-text.ts";
import { appendToFile, inTurn, isAbsent, readIfThere, wholeBytesOf } from "../store/state-files.ts";

export interface MemoryRecord {
  readonly id: string;
  readonly namespace: string;
  readonly key: string;
  readonly value: Value;
  /** The value as it is searched and shown. */
  readonly text: string;
  /** Sorted, each once. */
  readonly tags: readonly string[];
  /** RFC 3339. */
  readonly storedAt: string;
  readonly provenance: Value;
}

export interface ForgetEvent {
  readonly id: string;
  readonly namespace: string;
  readonly predicate: Value;
  readonly forgottenIds: readonly string[];
  readonly forgottenAt: string;
}

/** In one namespace: each recall reads all of it. */
export const MAX_LOG_BYTES: number = 64 * 1024 * 1024;
export const LOG_NAME = "events.jsonl";

const NEWLINE = 0x0a;
const INTERRUPTED = '{"type":"interrupted"}\n';
const encoder = new TextEncoder();

export const logPath = (root: string, names: readonly string[]): string => joinPath([root, ...names, LOG_NAME]);

export function storeLine(builtin: string, stored: MemoryRecord): string {
  const { id, namespace, key, value, text, tags, storedAt, provenance } = stored;
  const fields = record({
    type: "store",
    id,
    namespace,
    key,
    value: share(value),
    text,
    tags: new List([...tags]),
    stored_at: storedAt,
    ...(provenance === undefined ? {} : { provenance: share(provenance) }),
  });
  return `${dataText(builtin, fields)}\n`;
}

export function forgetLine(builtin: string, event: ForgetEvent): string {
  const { id, namespace, predicate, forgottenIds, forgottenAt } = event;
  const fields = record({
    type: "forget",
    id,
    namespace,
    predicate: share(predicate),
    forgotten_ids: new List([...forgottenIds]),
    forgotten_at: forgottenAt,
  });
  return `${dataText(builtin, fields)}\n`;
}

/** Appends a line when those before are done. */
export function append(context: AsyncContext, builtin: string, path: string, line: string): Promise<void> {
  return inTurn(context, path, () => appendLine(context, builtin, path, line));
}

/** Reads, decides, and appends what was decided; nobody of this run appends in between. */
export function decideAndAppend(
  context: AsyncContext,
  builtin: string,
  path: string,
  decide: (records: readonly MemoryRecord[]) => string | undefined,
): Promise<void> {
  return inTurn(context, path, async () => {
    const line = decide(await readLog(context, builtin, path));
    if (line !== undefined) await appendLine(context, builtin, path, line);
  });
}

/** What was stored and not forgotten, in the order of the log. */
export function activeRecords(context: AsyncContext, builtin: string, path: string): Promise<MemoryRecord[]> {
  return inTurn(context, path, () => readLog(context, builtin, path));
}

async function appendLine(context: AsyncContext, builtin: string, path: string, line: string): Promise<void> {
  const { host } = context;
  const known = wholeBytesOf(context);
  const sizeBytes = await sizeOf(context, builtin, path);
  // Whoever wrote last may have been killed in the middle of a line. A file that is as we left it is not looked at again.
  const before = sizeBytes === 0 || known.get(path) === sizeBytes ? "" : await endOfRest(context, builtin, path);
  const data = encoder.encode(before + line);
  if (sizeBytes + data.length > MAX_LOG_BYTES) {
    throw thrown(
      `${builtin}: ${path} would have ${sizeBytes + data.length} bytes, at most ${MAX_LOG_BYTES}; use another namespace`,
    );
  }
  known.delete(path);
  await attempt(appendToFile(host, path, data), (reason) => `${builtin}: Failed to append to ${path}: ${reason}`);
  known.set(path, sizeBytes + data.length);
}

async function sizeOf({ host }: AsyncContext, builtin: string, path: string): Promise<number> {
  const info = host.perform("fs.stat", { path }).catch((error: unknown) => {
    if (isAbsent(error)) return undefined;
    throw error;
  });
  return (await attempt(info, (reason) => `${builtin}: Failed to look at ${path}: ${reason}`))?.sizeBytes ?? 0;
}

/** What must be written first, so that a new line begins. */
async function endOfRest(context: AsyncContext, builtin: string, path: string): Promise<string> {
  const rest = (await readLines(context, builtin, path)).at(-1);
  if (rest?.trim() === "") return "";
  return parseLine(rest) instanceof Dict ? "\n" : `\n${INTERRUPTED}`;
}

async function readLines({ host }: AsyncContext, builtin: string, path: string): Promise<(string | undefined)[]> {
  const read = readIfThere(host, path);
  const bytes = await attempt(read, (reason) => `${builtin}: Failed to read ${path}: ${reason}`);
  if (bytes === undefined) return [];
  if (bytes.length > MAX_LOG_BYTES) {
    throw thrown(`${builtin}: ${path} has ${bytes.length} bytes, at most ${MAX_LOG_BYTES}; move it away`);
  }
  return linesOf(bytes);
}

/** Undefined: not UTF-8, as where a writer was killed within a character. */
function linesOf(bytes: Uint8Array): (string | undefined)[] {
  const text = decodeUtf8(bytes);
  if (text !== undefined) return text.split("\n");
  const lines: (string | undefined)[] = [];
  for (let from = 0; from <= bytes.length; ) {
    const end = bytes.indexOf(NEWLINE, from);
    const to = end < 0 ? bytes.length : end;
    lines.push(decodeUtf8(bytes.subarray(from, to)));
    from = to + 1;
  }
  return lines;
}

async function readLog(context: AsyncContext, builtin: string, path: string): Promise<MemoryRecord[]> {
  const lines = await readLines(context, builtin, path);
  const records = new Map<string, MemoryRecord>();
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at];
    if (line?.trim() === "") continue;
    const event = parseLine(line);
    if (event instanceof Dict) apply(event, records, (reason) => damaged(builtin, path, at, reason));
    else if (!isLeftOver(lines, at)) throw damaged(builtin, path, at, event);
  }
  return [...records.values()];
}

/** Nothing follows an interrupted line, or the note of it does. */
function isLeftOver(lines: readonly (string | undefined)[], at: number): boolean {
  const next = lines[at + 1];
  return at === lines.length - 1 || `${next}\n` === INTERRUPTED;
}

/** Or why it is none. */
function parseLine(line: string | undefined): Dict | string {
  if (line === undefined) return "it is not UTF-8";
  try {
    const value = readJson(line);
    return value instanceof Dict ? value : "it holds no object";
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error.message.replace(/ at line 1 column/, " at column");
    throw error;
  }
}

function apply(event: Dict, records: Map<string, MemoryRecord>, broken: (reason: string) => Thrown): void {
  const text = (name: string): string => {
    const value = stringField(event, name);
    if (value === undefined) throw broken(`\`${name}\` is no text`);
    return value;
  };
  const texts = (name: string): string[] => {
    const value = event.map.get(name);
    if (value === undefined) return [];
    const items = value instanceof List ? value.items.filter((item) => typeof item === "string") : undefined;
    if (!(value instanceof List) || items?.length !== value.items.length)
      throw broken(`\`${name}\` is no list of texts`);
    return items;
  };
  const type = text("type");
  switch (type) {
    case "store": {
      const id = text("id");
      records.delete(id);
      records.set(id, {
        id,
        namespace: text("namespace"),
        key: text("key"),
        value: event.map.get("value"),
        text: stringField(event, "text") ?? "",
        tags: texts("tags"),
        storedAt: text("stored_at"),
        provenance: event.map.get("provenance"),
      });
      return;
    }
    case "forget":
      for (const id of texts("forgotten_ids")) records.delete(id);
      return;
    case "interrupted":
      return;
  }
  throw broken(`\`type\` is ${type}, where store, forget or interrupted is expected`);
}

function damaged(builtin: string, path: string, at: number, reason: string): Thrown {
  return thrown(`${builtin}: line ${at + 1} of ${path} is damaged: ${reason}; repair the line or remove it`);
}
