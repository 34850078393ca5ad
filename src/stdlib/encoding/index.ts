/** Text encodings of text: base64, base32, hex, percent. */

import { RuntimeError } from "../../vm/index.ts";
import { bytesOf, decodeLossy, textArgument } from "../arguments.ts";
import { type Builtin, pure } from "../builtin.ts";
import {
  type Decoded,
  decodeBase32,
  decodeBase64,
  decodeBase64Url,
  decodeHex,
  encodeBase32,
  encodeBase64,
  encodeBase64Url,
  encodeHex,
} from "./base-codecs.ts";

const encoder = (name: string, what: string, encode: (bytes: Uint8Array) => string): Builtin =>
  pure(
    {
      signature: `${name}(value: string | bytes) -> string`,
      summary: `Write text or bytes as ${what}`,
      example: `println(${name}("hé"))`,
    },
    (args) => encode(args.length === 0 ? new Uint8Array() : bytesOf(args[0])),
  );

const decoder = (name: string, what: string, sample: string, decode: (text: string) => Decoded): Builtin =>
  pure(
    {
      signature: `${name}(text: string) -> string`,
      summary: `Read ${what} as text`,
      errors: `Text that is no ${what}`,
      example: `println(${name}("${sample}"))`,
    },
    (args) => {
      const result = decode(textArgument(args, 0));
      if (result.ok) return decodeLossy(result.bytes);
      throw new RuntimeError("runtime", `${name.slice(0, -"_decode".length)} decode error: ${result.problem}`);
    },
  );

const UNRESERVED = /[^A-Za-z0-9\-_.~]/gu;

export function percentEncode(value: string): string {
  return value.replace(UNRESERVED, (char) =>
    encodeHex(bytesOf(char)).replace(/../g, (pair) => `%${pair.toUpperCase()}`),
  );
}

/** `+` is a space; a `%` without two hex digits stays. */
function percentDecode(value: string): string {
  const bytes = bytesOf(value);
  const out = new Uint8Array(bytes.length);
  let length = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    const code = byte === 0x25 ? decodeHex(String.fromCharCode(bytes[i + 1] ?? 0, bytes[i + 2] ?? 0)) : undefined;
    if (code?.ok) {
      out[length++] = code.bytes[0] as number;
      i += 2;
    } else out[length++] = byte === 0x2b ? 0x20 : byte;
  }
  return decodeLossy(out.subarray(0, length));
}

export const encodingBuiltins: readonly Builtin[] = [
  encoder("base64_encode", "base64", encodeBase64),
  decoder("base64_decode", "base64", "aMOp", decodeBase64),
  encoder("base64url_encode", "URL-safe base64 without padding", encodeBase64Url),
  decoder("base64url_decode", "URL-safe base64", "aMOp", decodeBase64Url),
  encoder("base32_encode", "base32", encodeBase32),
  decoder("base32_decode", "base32", "NDB2S===", decodeBase32),
  encoder("hex_encode", "hex digits", encodeHex),
  decoder("hex_decode", "hex digits", "68c3a9", decodeHex),
  pure(
    {
      signature: "url_encode(text: string) -> string",
      summary: "Percent-encode all but letters, digits and `-_.~`",
      example: 'println(url_encode("a b&c"))',
    },
    (args) => percentEncode(textArgument(args, 0)),
  ),
  pure(
    {
      signature: "url_decode(text: string) -> string",
      summary: "Undo percent-encoding; `+` is a space",
      example: 'println(url_decode("a+b%26c"))',
    },
    (args) => percentDecode(textArgument(args, 0)),
  ),
];
