/** Entries as lines of JSON. Writing takes values already in text form, so that nothing is built twice. */

import { HarnError, isJsonObject, type Json, type JsonObject } from "../base/index.ts";
import type { Entry, NoteKind, Outcome, RunInfo, RunStatus, Safety } from "./spec.ts";

/** An entry about to be written: values as text, `seq` given when it is appended. */
export type EntryDraft =
  | {
      readonly type: "sync";
      readonly task: string;
      readonly kind: string;
      readonly digest: string;
      readonly args: string;
      readonly result?: string;
      readonly error?: string;
      readonly redacted?: boolean;
    }
  | {
      readonly type: "start";
      readonly form: "async" | "stream";
      readonly task: string;
      readonly kind: string;
      readonly digest: string;
      readonly args: string;
      readonly safety: Safety;
      readonly key?: string;
    }
  | { readonly type: "chunk"; readonly of: number; readonly result?: string }
  | {
      readonly type: "end";
      readonly of: number;
      readonly outcome: Outcome;
      readonly result?: string;
      readonly error?: string;
      readonly redacted?: boolean;
      readonly usage?: string;
      readonly unperformed?: boolean;
    }
  | {
      readonly type: "note";
      readonly task: string;
      readonly kind: NoteKind;
      readonly id: string;
      readonly data: string;
    }
  | { readonly type: "resume" };

export function encodeEntry(draft: EntryDraft, seq: number, timeMs: number): string {
  const head = `{"seq":${seq},"type":"${draft.type}"`;
  const tail = `,"timeMs":${timeMs}}`;
  switch (draft.type) {
    case "sync":
      return `${head}${request(draft)}${answer(draft)}${tail}`;
    case "start":
      return `${head},"form":"${draft.form}"${request(draft)},"safety":"${draft.safety}"${
        draft.key === undefined ? "" : `,"key":${JSON.stringify(draft.key)}`
      }${tail}`;
    case "chunk":
      return `${head},"of":${draft.of}${answer(draft)}${tail}`;
    case "end":
      return `${head},"of":${draft.of},"outcome":"${draft.outcome}"${answer(draft)}${
        draft.usage === undefined ? "" : `,"usage":${draft.usage}`
      }${draft.unperformed ? ',"unperformed":true' : ""}${tail}`;
    case "note":
      return `${head},"task":${JSON.stringify(draft.task)},"kind":"${draft.kind}","id":${JSON.stringify(draft.id)},"data":${draft.data}${tail}`;
    case "resume":
      return `${head}${tail}`;
  }
}

function request(draft: {
  readonly task: string;
  readonly kind: string;
  readonly digest: string;
  readonly args: string;
}): string {
  return `,"task":${JSON.stringify(draft.task)},"kind":${JSON.stringify(draft.kind)},"digest":"${draft.digest}","args":${draft.args}`;
}

function answer(draft: { readonly result?: string; readonly error?: string; readonly redacted?: boolean }): string {
  return (
    (draft.result === undefined ? "" : `,"result":${draft.result}`) +
    (draft.error === undefined ? "" : `,"error":${draft.error}`) +
    (draft.redacted ? ',"redacted":true' : "")
  );
}

const OUTCOMES: readonly Outcome[] = ["done", "failed", "cancelled", "closed"];
const SAFETIES: readonly Safety[] = ["pure", "idempotent", "unsafe"];
const NOTES: readonly NoteKind[] = ["step-start", "step-end"];
const STATUSES: readonly RunStatus[] = ["running", "completed", "failed", "cancelled"];

/** @throws HarnError `journal.corrupt` for anything that is not an entry of the current version */
export function decodeEntry(raw: JsonObject): Entry {
  const read = fieldReader(raw, `journal entry ${String(raw.seq)}`);
  const base = { seq: read.count("seq"), timeMs: read.number("timeMs") };
  switch (String(raw.type)) {
    case "sync":
      return { ...base, type: "sync", ...decodeRequest(read, raw), ...decodeAnswer(raw), ...decodeFailure(raw) };
    case "start":
      return {
        ...base,
        type: "start",
        ...decodeRequest(read, raw),
        form: read.word("form", ["async", "stream"]),
        safety: read.word("safety", SAFETIES),
        ...(typeof raw.key === "string" ? { key: raw.key } : {}),
      };
    case "chunk":
      return { ...base, type: "chunk", of: read.count("of"), ...decodeAnswer(raw) };
    case "end":
      return {
        ...base,
        type: "end",
        of: read.count("of"),
        outcome: read.word("outcome", OUTCOMES),
        ...decodeAnswer(raw),
        ...decodeFailure(raw),
        ...(raw.usage === undefined ? {} : { usage: raw.usage }),
        ...(raw.unperformed === true ? { unperformed: true as const } : {}),
      };
    case "note":
      return {
        ...base,
        type: "note",
        task: read.text("task"),
        kind: read.word("kind", NOTES),
        id: read.text("id"),
        data: raw.data ?? {},
      };
    case "resume":
      return { ...base, type: "resume" };
  }
  throw new HarnError("journal.corrupt", `Expected a known type of journal entry, found \`${String(raw.type)}\``);
}

/** @throws HarnError `journal.corrupt` */
export function decodeRunInfo(raw: Json | undefined): RunInfo {
  if (!isJsonObject(raw)) throw new HarnError("journal.corrupt", "Expected an object describing a run");
  const read = fieldReader(raw, "run header");
  const parent = raw.parent;
  return {
    id: read.text("id"),
    version: read.count("version"),
    createdMs: read.number("createdMs"),
    status: read.word("status", STATUSES),
    ...(typeof raw.program === "string" ? { program: raw.program } : {}),
    ...(typeof raw.finishedMs === "number" ? { finishedMs: raw.finishedMs } : {}),
    ...(isJsonObject(parent) && typeof parent.run === "string" && typeof parent.seq === "number"
      ? { parent: { run: parent.run, seq: parent.seq } }
      : {}),
    ...(isJsonObject(raw.meta) ? { meta: raw.meta } : {}),
  };
}

function decodeRequest(read: FieldReader, raw: JsonObject) {
  return { task: read.text("task"), kind: read.text("kind"), digest: read.text("digest"), args: raw.args ?? {} };
}

function decodeAnswer(raw: JsonObject) {
  return raw.result === undefined ? {} : { result: raw.result };
}

function decodeFailure(raw: JsonObject) {
  return {
    ...(raw.error === undefined ? {} : { error: raw.error }),
    ...(raw.redacted === true ? { redacted: true as const } : {}),
  };
}

interface FieldReader {
  text(name: string): string;
  number(name: string): number;
  count(name: string): number;
  word<W extends string>(name: string, words: readonly W[]): W;
}

function fieldReader(raw: JsonObject, what: string): FieldReader {
  const fail = (name: string, expected: string): never => {
    const found = JSON.stringify(raw[name]) ?? "nothing";
    throw new HarnError("journal.corrupt", `Expected \`${name}\` of ${what} to be ${expected}, found ${found}`);
  };
  return {
    text(name) {
      const value = raw[name];
      return typeof value === "string" ? value : fail(name, "a string");
    },
    number(name) {
      const value = raw[name];
      return typeof value === "number" ? value : fail(name, "a number");
    },
    count(name) {
      const value = raw[name];
      return typeof value === "number" && Number.isSafeInteger(value) && value >= 0
        ? value
        : fail(name, "a whole number from 0");
    },
    word(name, words) {
      const value = raw[name];
      return words.find((word) => word === value) ?? fail(name, `one of ${words.join(", ")}`);
    },
  };
}
