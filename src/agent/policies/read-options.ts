/** Readers for option values that programs write as dicts. A wrong value is an error that says what was expected. */

import { HarnError, isJsonObject, type JsonObject } from "../../base/index.ts";

export function optionError(message: string): HarnError {
  return new HarnError("agent.option", message);
}

/** "Expected `limit` to be a positive integer, got `0` (number)" */
export function expected(name: string, what: string, found: unknown): HarnError {
  const shown = typeof found === "string" ? found.slice(0, 80) : (JSON.stringify(found) ?? String(found)).slice(0, 80);
  return optionError(`Expected \`${name}\` to be ${what}, got \`${shown}\` (${typeName(found)})`);
}

function typeName(value: unknown): string {
  if (value === null || value === undefined) return "nil";
  if (Array.isArray(value)) return "list";
  return typeof value === "object" ? "dict" : typeof value;
}

/** Nil counts as absent, here and below. */
export function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

export function readDict(name: string, value: unknown): JsonObject | undefined {
  if (isAbsent(value)) return undefined;
  if (!isJsonObject(value)) throw expected(name, "a dict", value);
  return value;
}

export function readString(name: string, value: unknown): string | undefined {
  if (isAbsent(value)) return undefined;
  if (typeof value !== "string") throw expected(name, "a string", value);
  return value;
}

export function readBoolean(name: string, value: unknown): boolean | undefined {
  if (isAbsent(value)) return undefined;
  if (typeof value !== "boolean") throw expected(name, "a bool", value);
  return value;
}

export function readCount(name: string, value: unknown): number | undefined {
  if (isAbsent(value)) return undefined;
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0) {
    throw expected(name, "an integer of at least 0", value);
  }
  return value;
}

export function readStrings(name: string, value: unknown): readonly string[] | undefined {
  if (isAbsent(value)) return undefined;
  if (!Array.isArray(value) || !value.every((item) => typeof item === "string")) {
    throw expected(name, "a list of strings", value);
  }
  return value as readonly string[];
}

export function readChoice<T extends string>(name: string, value: unknown, choices: readonly T[]): T | undefined {
  if (isAbsent(value)) return undefined;
  const choice = choices.find((candidate) => candidate === value);
  if (choice === undefined) throw expected(name, `one of ${choices.join(", ")}`, value);
  return choice;
}

// biome-ignore lint/suspicious/noExplicitAny: a callback's parameters are checked where it is called
export function readFunction<F extends (...args: any[]) => unknown>(name: string, value: unknown): F | undefined {
  if (isAbsent(value)) return undefined;
  if (typeof value !== "function") throw expected(name, "a closure", value);
  return value as F;
}

/** Refuses keys that nobody reads: a misspelt rule must not be a rule that silently does not apply. */
export function refuseUnknownKeys(name: string, dict: JsonObject, known: readonly string[]): void {
  const unknown = Object.keys(dict).find((key) => !known.includes(key));
  if (unknown !== undefined)
    throw optionError(`Unknown key \`${unknown}\` in \`${name}\`; known are ${known.join(", ")}`);
}
