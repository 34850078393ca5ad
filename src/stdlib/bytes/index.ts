/** Bytes: text, hex and base64 of them, and pieces. */

import { Bytes, isInt, RuntimeError, typeName, type Value } from "../../vm/index.ts";
import { decodeLossy, decodeUtf8 } from "../arguments.ts";
import { type Builtin, pure } from "../builtin.ts";
import { type Decoded, decodeBase64, decodeHex, encodeBase64, encodeHex } from "../encoding/base-codecs.ts";
import { equalInConstantTime } from "../hashing/compare.ts";

function wrong(builtin: string, index: number, expected: string, args: readonly Value[]): RuntimeError {
  return new RuntimeError(
    "runtime",
    index < args.length
      ? `${builtin}: expected ${expected} at argument ${index + 1}, got ${typeName(args[index])}`
      : `${builtin}: missing argument ${index + 1}`,
  );
}

function bytesAt(builtin: string, args: readonly Value[], index: number): Uint8Array {
  const value = args[index];
  if (value instanceof Bytes) return value.data;
  throw wrong(builtin, index, "bytes", args);
}

function textAt(builtin: string, args: readonly Value[], index: number): string {
  const value = args[index];
  if (typeof value === "string") return value;
  throw wrong(builtin, index, "string", args);
}

function intAt(builtin: string, args: readonly Value[], index: number): number {
  const value = args[index];
  if (isInt(value)) return Number(value);
  throw wrong(builtin, index, "int", args);
}

function decoded(builtin: string, result: Decoded): Bytes {
  if (result.ok) return new Bytes(result.bytes);
  throw new RuntimeError("runtime", `${builtin}: ${result.problem}`);
}

const ERRORS = "Arguments of another type";

const toText = (name: string, summary: string, convert: (bytes: Uint8Array) => string, errors = ERRORS): Builtin =>
  pure(
    {
      signature: `${name}(data: bytes) -> string`,
      summary,
      errors,
      example: `println(${name}(bytes_from_string("hé")))`,
    },
    (args) => convert(bytesAt(name, args, 0)),
  );

export const bytesBuiltins: readonly Builtin[] = [
  pure(
    {
      signature: "bytes_from_string(text: string) -> bytes",
      summary: "The UTF-8 bytes of text",
      errors: ERRORS,
      example: 'println(bytes_from_string("hé"))',
    },
    (args) => new Bytes(new TextEncoder().encode(textAt("bytes_from_string", args, 0))),
  ),
  toText(
    "bytes_to_string",
    "Read bytes as UTF-8",
    (bytes) => {
      const text = decodeUtf8(bytes);
      if (text !== undefined) return text;
      throw new RuntimeError("runtime", "bytes_to_string: invalid UTF-8; use bytes_to_string_lossy to replace it");
    },
    "Bytes that are no UTF-8",
  ),
  toText("bytes_to_string_lossy", "Read bytes as UTF-8, with U+FFFD for what is none", decodeLossy),
  toText("bytes_to_hex", "Two hex digits a byte", encodeHex),
  toText("bytes_to_base64", "Standard base64", encodeBase64),
  pure(
    {
      signature: "bytes_from_hex(text: string) -> bytes",
      summary: "Read pairs of hex digits",
      errors: "Anything but hex digits, an odd number of them",
      example: 'println(bytes_from_hex("00ff"))',
    },
    (args) => decoded("bytes_from_hex", decodeHex(textAt("bytes_from_hex", args, 0))),
  ),
  pure(
    {
      signature: "bytes_from_base64(text: string) -> bytes",
      summary: "Read standard base64",
      errors: "Characters outside the alphabet, wrong padding",
      example: 'println(bytes_from_base64("AP8="))',
    },
    (args) => decoded("bytes_from_base64", decodeBase64(textAt("bytes_from_base64", args, 0))),
  ),
  pure(
    {
      signature: "bytes_len(data: bytes) -> int",
      summary: "Count bytes",
      errors: ERRORS,
      example: 'println(bytes_len(bytes_from_string("hé")))',
    },
    (args) => bytesAt("bytes_len", args, 0).length,
  ),
  pure(
    {
      signature: "bytes_concat(a: bytes, b: bytes) -> bytes",
      summary: "Put bytes together",
      errors: ERRORS,
      example: 'println(bytes_concat(bytes_from_hex("00"), bytes_from_hex("ff")))',
    },
    (args) => {
      const a = bytesAt("bytes_concat", args, 0);
      const b = bytesAt("bytes_concat", args, 1);
      const out = new Uint8Array(a.length + b.length);
      out.set(a);
      out.set(b, a.length);
      return new Bytes(out);
    },
  ),
  pure(
    {
      signature: "bytes_slice(data: bytes, start: int, end: int) -> bytes",
      summary: "Copy the bytes from start up to but without end, within bounds",
      errors: ERRORS,
      example: 'println(bytes_slice(bytes_from_hex("000102"), 1, 9))',
    },
    (args) => {
      const bytes = bytesAt("bytes_slice", args, 0);
      const start = Math.max(0, intAt("bytes_slice", args, 1));
      return new Bytes(bytes.slice(start, Math.max(start, intAt("bytes_slice", args, 2))));
    },
  ),
  pure(
    {
      signature: "bytes_eq(a: bytes, b: bytes) -> bool",
      summary: "Compare bytes in a time that does not tell where they differ",
      errors: ERRORS,
      example: 'println(bytes_eq(bytes_from_hex("00"), bytes_from_hex("00")))',
    },
    (args) => equalInConstantTime(bytesAt("bytes_eq", args, 0), bytesAt("bytes_eq", args, 1)),
  ),
];
