/** Readers of single option values: each takes what a program wrote and returns it typed, or tells what it expected. */

import { HarnError, type Json, type JsonObject, table } from "../../base/index.ts";

/** Returned by a reader for a value it does not take. */
export const UNREADABLE: unique symbol = Symbol("unreadable");

export interface OptionReader<T> {
  /** Ends the sentence "Expected `x` to be …". */
  readonly expected: string;
  /** Never sees nil; that counts as absent everywhere. */
  read(value: unknown): T | typeof UNREADABLE;
}

/** Reads `options[name]`; absent and nil give undefined. @throws HarnError code `llm.option` */
export function readOption<T>(
  options: Readonly<Record<string, unknown>>,
  name: string,
  reader: OptionReader<T>,
): T | undefined {
  const value = options[name];
  if (value === undefined || value === null) return undefined;
  const read = reader.read(value);
  if (read === UNREADABLE) throw badOption(name, reader.expected, value);
  return read;
}

export function badOption(name: string, expected: string, found: unknown): HarnError {
  const message = `Expected \`${name}\` to be ${expected}, found ${describe(found)}`;
  return new HarnError("llm.option", message, { data: { option: name, expected } });
}

/** `"lots" (string)`, `1.5 (float)`. */
export function describe(value: unknown): string {
  const shown = typeof value === "function" ? "a closure" : (JSON.stringify(value) ?? String(value));
  return `${shown.length > 60 ? `${shown.slice(0, 60)}…` : shown} (${typeName(value)})`;
}

/** The language's name for the type of a value. */
export function typeName(value: unknown): string {
  if (value === null || value === undefined) return "nil";
  if (Array.isArray(value)) return "list";
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "float";
  return SIMPLE_TYPES[typeof value] ?? "dict";
}

const SIMPLE_TYPES: Readonly<Record<string, string>> = table({
  boolean: "bool",
  string: "string",
  function: "closure",
});

export const anInteger: OptionReader<number> = {
  expected: "an int",
  read: (value) => (Number.isSafeInteger(value) ? (value as number) : UNREADABLE),
};

export const aPositiveInteger: OptionReader<number> = {
  expected: "a positive int",
  read: (value) => (Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : UNREADABLE),
};

export const aNumber: OptionReader<number> = {
  expected: "a number",
  read: (value) => (typeof value === "number" && Number.isFinite(value) ? value : UNREADABLE),
};

export const aBoolean: OptionReader<boolean> = {
  expected: "a bool",
  read: (value) => (typeof value === "boolean" ? value : UNREADABLE),
};

export const aString: OptionReader<string> = {
  expected: "a string",
  read: (value) => (typeof value === "string" ? value : UNREADABLE),
};

export const aDict: OptionReader<JsonObject> = {
  expected: "a dict",
  read: (value) => (typeName(value) === "dict" ? (value as JsonObject) : UNREADABLE),
};

export function oneOf<T extends string>(...values: readonly T[]): OptionReader<T> {
  return {
    expected: values.map((value) => JSON.stringify(value)).join(" | "),
    read: (value) => values.find((candidate) => candidate === value) ?? UNREADABLE,
  };
}

/** The string form the language shows for a value. */
export function displayText(value: unknown): string {
  if (typeof value === "string") return value;
  if (value === null || value === undefined) return "nil";
  return JSON.stringify(value) ?? String(value);
}

/** A list of strings; other values in it are taken by their string form. An empty list or no list counts as absent. */
export function looseStrings(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  return value.map(displayText);
}

/** Trimmed, deduplicated names from a list or a comma-separated string. */
export function nameList(value: unknown): readonly string[] {
  const items: readonly unknown[] = Array.isArray(value) ? value : typeof value === "string" ? value.split(",") : [];
  const names = items.map((item) => displayText(item).trim()).filter((name) => name !== "");
  return [...new Set(names)];
}

export const aNameList: OptionReader<readonly string[]> = {
  expected: "a list of names or a comma-separated string",
  read: (value) => (Array.isArray(value) || typeof value === "string" ? nameList(value) : UNREADABLE),
};

/** Plain data, closures left out. */
export function asJson(value: unknown): Json {
  return (JSON.parse(JSON.stringify(value) ?? "null") as Json) ?? null;
}
