/**
 * Texts of one session, by key, as files that people can look at: `<root>/<session>/<key>`.
 *
 * Beside them lies who wrote each last, in `.agent_state_meta`. A *conflict* is a write by somebody else; what becomes of
 * it is up to the writer's policy. It guards against stages that overlap by mistake: between two processes nothing is
 * locked. The writer is noted before the text is replaced, so that a crash between the two may make a later strict
 * writer stop for nothing, but never lets it write over what it has not seen.
 */

import { HostError } from "../../base/index.ts";
import { type AsyncContext, compareText, Dict, record, type Value } from "../../vm/index.ts";
import { decodeUtf8, stringField, thrown } from "../arguments.ts";
import { walkFolder } from "../files/walk-folder.ts";
import { attempt, systemWordsOf } from "../host-failures.ts";
import { JsonSyntaxError, readJson } from "../json/read-json.ts";
import { joinPath } from "../paths/path-text.ts";
import { entriesText } from "../store/data-text.ts";
import { innerPath, quoted } from "../store/inner-path.ts";
import { inTurn, isAbsent, isPartName, readIfThere, replaceFile } from "../store/state-files.ts";

export type ConflictPolicy = "ignore" | "warn" | "error";

const WRITER_FIELDS = ["writer_id", "stage_id", "session_id", "worker_id"] as const;
/** Who writes; `writer_id` is what two writers are told apart by. */
export type Writer = { readonly [K in (typeof WRITER_FIELDS)[number]]?: string };

export interface Session {
  /** Absolute. */
  readonly root: string;
  readonly id: string;
  readonly writer: Writer;
  readonly policy: ConflictPolicy;
}

const META = ".agent_state_meta";
/** A text, in UTF-8. */
export const MAX_CONTENT_BYTES: number = 16 * 1024 * 1024;

export function readWriter(value: Value): Writer {
  return Object.fromEntries(
    WRITER_FIELDS.flatMap((name) => {
      const text = stringField(value, name);
      return text === undefined || text === "" ? [] : [[name, text]];
    }),
  );
}

export function writerValue(writer: Writer): Dict {
  return record(Object.fromEntries(WRITER_FIELDS.map((name) => [name, writer[name]])));
}

/** One name, not a path: sessions do not lie inside each other. */
export function checkSessionId(builtin: string, id: string): void {
  const path = innerPath(id, "the state root", [META]);
  if (!path.ok) throw thrown(`${builtin}: session id ${quoted(id)} ${path.problem}`);
  if (path.names.length !== 1 || path.names[0] !== id) {
    throw thrown(`${builtin}: session id ${quoted(id)} must be one name without \`/\``);
  }
}

const folderOf = ({ root, id }: Session): string => joinPath([root, id]);

interface Place {
  readonly key: string;
  readonly path: string;
  readonly metaPath: string;
}

function placeOf(session: Session, given: string): Place {
  const found = innerPath(given, "the session root", [META]);
  if (!found.ok) throw thrown(`agent_state: key ${quoted(given)} ${found.problem}`);
  const { names } = found;
  // A folder and a file get different names, so that no two keys need the same one.
  const metaNames = names.map((name, at) => (at < names.length - 1 ? `d-${name}` : `f-${name}.json`));
  const folder = folderOf(session);
  return { key: names.join("/"), path: joinPath([folder, ...names]), metaPath: joinPath([folder, META, ...metaNames]) };
}

export async function openSession({ host }: AsyncContext, session: Session): Promise<void> {
  const path = folderOf(session);
  await attempt(host.perform("fs.mkdir", { path }), (reason) => `agent_state.init: Failed to make ${path}: ${reason}`);
}

export async function findSession({ host }: AsyncContext, session: Session): Promise<void> {
  const path = folderOf(session);
  const info = await host.perform("fs.stat", { path }).catch((error: unknown) => {
    if (isAbsent(error)) return undefined;
    throw error instanceof HostError ? failed("resume", path)(systemWordsOf(error)) : error;
  });
  if (info?.kind === "directory") return;
  throw thrown(`agent_state.resume: session '${session.id}' not found under ${session.root}`);
}

/** Undefined when there is nothing under the key. */
export function readState(context: AsyncContext, session: Session, given: string): Promise<string | undefined> {
  const { path } = placeOf(session, given);
  return inTurn(context, folderOf(session), async () => {
    const bytes = await attempt(readIfThere(context.host, path), (reason) => message("read", path, reason));
    if (bytes !== undefined && bytes.length > MAX_CONTENT_BYTES) {
      throw failed("read", path)(`it has ${bytes.length} bytes, at most ${MAX_CONTENT_BYTES}`);
    }
    const text = bytes && decodeUtf8(bytes);
    if (bytes !== undefined && text === undefined) throw failed("read", path)("it is not UTF-8");
    return text;
  });
}

export function writeState(context: AsyncContext, session: Session, given: string, content: string): Promise<void> {
  const place = placeOf(session, given);
  const { length } = new TextEncoder().encode(content);
  if (length > MAX_CONTENT_BYTES) {
    throw thrown(`agent_state.write: '${place.key}' would have ${length} bytes, at most ${MAX_CONTENT_BYTES}`);
  }
  return inTurn(context, folderOf(session), () => write(context, session, place, content));
}

async function write(context: AsyncContext, session: Session, place: Place, content: string): Promise<void> {
  const { host } = context;
  const { key, path, metaPath } = place;
  const { writer, policy } = session;
  const before = await readMeta(context, place);
  const mine = writer.writer_id !== undefined && before?.writer_id === writer.writer_id;
  if (!mine && before?.writer_id !== undefined && writer.writer_id !== undefined && (await exists(context, path))) {
    const told = `agent_state.write: key '${key}' was previously written by '${before.writer_id}' and is now being written by '${writer.writer_id}'`;
    if (policy === "error") throw thrown(told);
    if (policy === "warn") {
      host.sync("log.write", {
        level: "warn",
        message: told,
        fields: { key, previous: { ...before }, current: { ...writer } },
      });
    }
  }
  const put = (at: string, text: string): Promise<void> =>
    attempt(replaceFile(context, at, text), (reason) => message("write", at, reason));
  if (!mine && writer.writer_id !== undefined) await put(metaPath, metaText(writer));
  try {
    await put(path, content);
  } catch (error) {
    // As far as it can be undone: the text is still that of the other writer.
    if (!mine && before !== undefined) await replaceFile(context, metaPath, metaText(before)).catch(() => {});
    throw error;
  }
}

export function deleteState(context: AsyncContext, session: Session, given: string): Promise<void> {
  const { path, metaPath, key } = placeOf(session, given);
  const { host } = context;
  return inTurn(context, folderOf(session), async () => {
    for (const each of [path, metaPath]) {
      try {
        await host.perform("fs.remove", { path: each });
      } catch (error) {
        if (isAbsent(error)) continue;
        throw error instanceof HostError ? failed("delete", each)(systemWordsOf(error)) : error;
      }
    }
    // Folders that have become empty, from the innermost: their names may be wanted for keys.
    const levels = key.split("/").length - 1;
    for (const start of [path, metaPath]) {
      let folder = start;
      for (let level = 0; level < levels; level++) {
        folder = folder.slice(0, folder.lastIndexOf("/"));
        const removed = await host.perform("fs.remove", { path: folder }).then(
          () => true,
          () => false,
        );
        if (!removed) break;
      }
    }
  });
}

/** All keys, in code-point order. */
export function listStates(context: AsyncContext, session: Session): Promise<string[]> {
  return inTurn(context, folderOf(session), async () => {
    const entries = await walkFolder(context.host, folderOf(session));
    return entries
      .filter(({ kind, relative }) => kind === "file" && !relative.startsWith(`${META}/`))
      .map(({ relative }) => relative)
      .filter((relative) => !isPartName(relative.slice(relative.lastIndexOf("/") + 1)))
      .sort(compareText);
  });
}

async function exists({ host }: AsyncContext, path: string): Promise<boolean> {
  return (await host.perform("fs.stat", { path }).catch(() => undefined)) !== undefined;
}

const metaText = (writer: Writer): string => entriesText("agent_state.write", record({ writer: writerValue(writer) }));

async function readMeta({ host }: AsyncContext, { metaPath }: Place): Promise<Writer | undefined> {
  const bytes = await attempt(readIfThere(host, metaPath), (reason) => message("write", metaPath, reason));
  if (bytes === undefined) return undefined;
  const broken = (reason: string) =>
    thrown(`agent_state.write: ${metaPath} is damaged: ${reason}; remove it to write as the first writer`);
  const text = decodeUtf8(bytes);
  if (text === undefined) throw broken("it is not UTF-8");
  try {
    const value = readJson(text);
    const writer = value instanceof Dict ? value.map.get("writer") : undefined;
    if (writer instanceof Dict) return readWriter(writer);
    throw broken("it names no writer");
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw broken(error.message);
    throw error;
  }
}

type Action = "resume" | "read" | "write" | "delete";
const message = (action: Action, path: string, reason: string): string =>
  `agent_state.${action}: Failed to ${action === "resume" ? "open" : action} ${path}: ${reason}`;
const failed = (action: Action, path: string) => (reason: string) => thrown(message(action, path, reason));
