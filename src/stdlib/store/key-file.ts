/** A file of JSON that holds values by key. Read anew each time, so that it may be changed by hand and by others. */

import { type AsyncContext, Dict, share, type Thrown, typeName, type Value } from "../../vm/index.ts";
import { decodeUtf8, thrown } from "../arguments.ts";
import { attempt } from "../host-failures.ts";
import { JsonSyntaxError, readJson } from "../json/read-json.ts";
import { entriesText } from "./data-text.ts";
import { inTurn, readIfThere, replaceFile } from "./state-files.ts";

/** A key, in UTF-16 units. */
export const MAX_KEY_LENGTH = 1024;
/** The whole file: each change writes all of it. */
export const MAX_FILE_BYTES: number = 16 * 1024 * 1024;

const NOTHING: string = entriesText("", new Dict(new Map()));

/** A key as it was given. @throws Thrown for what is none */
export function keyArgument(builtin: string, key: Value): string {
  if (typeof key !== "string") throw thrown(`${builtin}: expected \`key\` to be a string, got ${typeName(key)}`);
  if (key === "") throw thrown(`${builtin}: expected \`key\` to be a name, got an empty string`);
  if (key.length <= MAX_KEY_LENGTH) return key;
  throw thrown(`${builtin}: a key may have ${MAX_KEY_LENGTH} characters at most, got ${key.length}`);
}

/** What the file holds, when everything that was begun before is done; empty when there is no file. */
export function readKeys(context: AsyncContext, builtin: string, path: string): Promise<Dict> {
  return inTurn(context, path, async () => parse(builtin, path, await readText(context, builtin, path)));
}

/** Reads, changes and replaces the file, unless it would stay as it is. */
export function changeKeys(
  context: AsyncContext,
  builtin: string,
  path: string,
  change: (entries: Dict) => void,
): Promise<void> {
  return inTurn(context, path, async () => {
    const before = await readText(context, builtin, path);
    const entries = parse(builtin, path, before);
    change(entries);
    const after = entriesText(builtin, entries);
    if (after !== (before ?? NOTHING)) await replace(context, builtin, path, after);
  });
}

/** Leaves an empty file, whatever was there: also the way out of a damaged one. */
export function clearKeys(context: AsyncContext, builtin: string, path: string): Promise<void> {
  return inTurn(context, path, () => replace(context, builtin, path, NOTHING));
}

export function putKey(entries: Dict, key: string, value: Value): void {
  entries.set(key, share(value));
}

async function readText(context: AsyncContext, builtin: string, path: string): Promise<string | undefined> {
  const read = readIfThere(context.host, path);
  const bytes = await attempt(read, (reason) => `${builtin}: Failed to read ${path}: ${reason}`);
  if (bytes === undefined) return undefined;
  if (bytes.length > MAX_FILE_BYTES) throw tooLarge(builtin, path, bytes.length);
  const text = decodeUtf8(bytes);
  if (text === undefined) throw damaged(builtin, path, "it is not UTF-8");
  return text;
}

async function replace(context: AsyncContext, builtin: string, path: string, text: string): Promise<void> {
  // UTF-8 takes three bytes for a UTF-16 unit at most: most texts need no counting.
  if (text.length > MAX_FILE_BYTES / 3) {
    const { length } = new TextEncoder().encode(text);
    if (length > MAX_FILE_BYTES) throw tooLarge(builtin, path, length);
  }
  const written = replaceFile(context, path, text);
  await attempt(written, (reason) => `${builtin}: Failed to write ${path}: ${reason}`);
}

function parse(builtin: string, path: string, text: string | undefined): Dict {
  if (text === undefined) return new Dict(new Map());
  try {
    const value = readJson(text);
    if (value instanceof Dict) return value;
    throw damaged(builtin, path, `it holds a ${typeName(value)} where a dict is expected`);
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw damaged(builtin, path, error.message);
    throw error;
  }
}

function damaged(builtin: string, path: string, reason: string): Thrown {
  return thrown(`${builtin}: ${path} is damaged: ${reason}; repair it, or move it away to begin anew`);
}

function tooLarge(builtin: string, path: string, bytes: number): Thrown {
  return thrown(
    `${builtin}: ${path} with ${bytes} bytes is too large, at most ${MAX_FILE_BYTES}; delete keys, or keep large values in files`,
  );
}
