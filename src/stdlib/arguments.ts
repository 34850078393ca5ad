/** Reading arguments and raising what programs catch; for builtins that take text of anything, as most of them do. */

import { Bytes, Dict, display, Float, isInt, Thrown, toDouble, type Value } from "../vm/index.ts";

/** An error that a `catch` sees as plain text. */
export function thrown(message: string): Thrown {
  return new Thrown(message);
}

/** The text an argument prints as; a missing one is empty, an explicit nil is `nil`. */
export function textArgument(args: readonly Value[], index: number): string {
  return index < args.length ? display(args[index]) : "";
}

export function isNumber(value: Value): value is number | bigint | Float {
  return isInt(value) || value instanceof Float;
}

/** An int as a plain number, or undefined; beyond 2^53 it is the nearest double. */
export function intOption(value: Value): number | undefined {
  return isInt(value) ? toDouble(value) : undefined;
}

export function field(options: Value, name: string): Value {
  return options instanceof Dict ? options.map.get(name) : undefined;
}

export function boolField(options: Value, name: string): boolean | undefined {
  const value = field(options, name);
  return typeof value === "boolean" ? value : undefined;
}

export function stringField(options: Value, name: string): string | undefined {
  const value = field(options, name);
  return typeof value === "string" ? value : undefined;
}

export function intField(options: Value, name: string): number | undefined {
  return intOption(field(options, name));
}

const encoder = new TextEncoder();

/** Bytes as they are; anything else as the UTF-8 form of the text it prints as. */
export function bytesOf(value: Value): Uint8Array {
  return value instanceof Bytes ? value.data : encoder.encode(display(value));
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lossyDecoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** UTF-8 as text; undefined when it is not UTF-8. A byte order mark is kept. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** UTF-8 as text, with U+FFFD for what is not UTF-8. */
export function decodeLossy(bytes: Uint8Array): string {
  return lossyDecoder.decode(bytes);
}
