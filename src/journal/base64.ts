/** Standard base64 with padding, for bytes inside JSON. */

import { HarnError } from "../base/index.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const VALUE_OF: readonly number[] = Array.from({ length: 128 }, (_, code) =>
  ALPHABET.indexOf(String.fromCharCode(code)),
);

export function encodeBase64(bytes: Uint8Array): string {
  const parts: string[] = [];
  let out = "";
  let at = 0;
  for (; at + 2 < bytes.length; at += 3) {
    const word = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
    out += ALPHABET[word >>> 18]! + ALPHABET[(word >>> 12) & 63]! + ALPHABET[(word >>> 6) & 63]! + ALPHABET[word & 63]!;
    if (out.length > 8192) {
      parts.push(out);
      out = "";
    }
  }
  const left = bytes.length - at;
  if (left === 1) out += ALPHABET[bytes[at]! >>> 2]! + ALPHABET[(bytes[at]! & 3) << 4]! + "==";
  if (left === 2) {
    const word = (bytes[at]! << 8) | bytes[at + 1]!;
    out += ALPHABET[word >>> 10]! + ALPHABET[(word >>> 4) & 63]! + ALPHABET[(word & 15) << 2]! + "=";
  }
  parts.push(out);
  return parts.join("");
}

/** @throws HarnError `journal.corrupt` for a text that is not base64 */
export function decodeBase64(text: string): Uint8Array {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  let at = 0;
  let held = 0;
  let bits = 0;
  for (let i = 0; i < text.length - padding; i++) {
    const value = VALUE_OF[text.charCodeAt(i)] ?? -1;
    if (value < 0) throw new HarnError("journal.corrupt", `Expected base64, found \`${text[i]}\` at ${i}`);
    held = ((held << 6) | value) & 0xffffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (held >>> bits) & 0xff;
    }
  }
  return bytes;
}
