/**
 * Errors as data, so that a replay throws what the recording threw. Host errors and other `HarnError`s are known here;
 * layers above hand in codecs for classes of their own.
 */

import { HarnError, HostError, type HostErrorKind, isJsonObject, type Json, type JsonObject } from "../base/index.ts";
import type { StoredError } from "./spec.ts";

/** How one class of errors is written and made again. `fields` is plain data: JSON, undefined or bytes. */
export interface ErrorCodec {
  /** Class name, stored in the journal: never change it. */
  readonly name: string;
  matches(error: unknown): boolean;
  encode(error: unknown): Readonly<Record<string, unknown>>;
  decode(message: string, fields: Readonly<Record<string, unknown>>): Error;
}

export function describeError(error: unknown, codecs: readonly ErrorCodec[]): StoredError {
  const codec = codecs.find((candidate) => candidate.matches(error));
  if (codec) {
    const message = error instanceof Error ? error.message : String(error);
    return { name: codec.name, message, fields: codec.encode(error) };
  }
  if (error instanceof HostError) {
    return { name: "HostError", message: error.message, kind: error.kind, effect: error.effect, data: error.data };
  }
  if (error instanceof HarnError) {
    return { name: "HarnError", message: error.message, code: error.code, data: error.data };
  }
  if (error instanceof Error) return { name: error.name, message: error.message };
  return { name: "value", message: String(error), fields: isPlainData(error) ? error : String(error) };
}

/** What to throw for a stored error; `stored` is the decoded value. */
export function reviveError(stored: unknown, codecs: readonly ErrorCodec[]): unknown {
  return isStoredError(stored)
    ? makeError(stored, codecs)
    : new HarnError("journal.corrupt", "Expected a stored error, found something else");
}

function isStoredError(value: unknown): value is StoredError {
  return isJsonObject(value) && typeof value.name === "string" && typeof value.message === "string";
}

function makeError(stored: StoredError, codecs: readonly ErrorCodec[]): unknown {
  if (stored.name === "value") return stored.fields;
  const codec = codecs.find((candidate) => candidate.name === stored.name);
  if (codec) return codec.decode(stored.message, (stored.fields ?? {}) as Readonly<Record<string, unknown>>);
  const options = stored.data === undefined ? {} : { data: dropAbsent(stored.data) };
  if (stored.name === "HostError") {
    return new HostError((stored.kind ?? "other") as HostErrorKind, stored.effect ?? "", stored.message, options);
  }
  if (stored.name === "HarnError") return new HarnError(stored.code ?? "other", stored.message, options);
  const Standard = STANDARD_ERRORS.find((candidate) => candidate.name === stored.name);
  if (Standard) return new Standard(stored.message);
  const error = new Error(stored.message);
  error.name = stored.name;
  return error;
}

const STANDARD_ERRORS: readonly (new (message: string) => Error)[] = [
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
];

/** A thrown value that is not plain data is kept as its text; the journal must not fail on it. */
function isPlainData(value: unknown): boolean {
  if (typeof value !== "object") return typeof value !== "function" && typeof value !== "symbol";
  if (value === null) return true;
  if (Array.isArray(value)) return value.every(isPlainData);
  const prototype: unknown = Object.getPrototypeOf(value);
  return (prototype === Object.prototype || prototype === null) && Object.values(value).every(isPlainData);
}

function dropAbsent(fields: JsonObject): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}
