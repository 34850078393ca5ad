/**
 * Bytes as text: base64, base64url, base32 and hex (RFC 4648). Decoders are strict: a character outside the alphabet,
 * wrong padding or stray bits are errors, since lenient decoders make two texts stand for one value.
 */

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** Bytes, or what is wrong with the text. */
export type Decoded =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly problem: string };

interface Alphabet {
  readonly characters: string;
  /** Value of a character code; 255: not in the alphabet. */
  readonly values: Uint8Array;
  readonly bits: 5 | 6;
  /** Characters in a full group. */
  readonly group: number;
}

function alphabet(characters: string, bits: 5 | 6, group: number): Alphabet {
  const values = new Uint8Array(128).fill(255);
  for (let i = 0; i < characters.length; i++) values[characters.charCodeAt(i)] = i;
  return { characters, values, bits, group };
}

const base64 = alphabet(BASE64, 6, 4);
const base64Url = alphabet(BASE64URL, 6, 4);
const base32 = alphabet(BASE32, 5, 8);

function encode(bytes: Uint8Array, { characters, bits, group }: Alphabet, padded: boolean): string {
  const out: string[] = [];
  let pending = 0;
  let count = 0;
  for (const byte of bytes) {
    pending = (pending << 8) | byte;
    count += 8;
    while (count >= bits) {
      count -= bits;
      out.push(characters[(pending >> count) & ((1 << bits) - 1)] as string);
    }
    pending &= (1 << count) - 1;
  }
  if (count > 0) out.push(characters[(pending << (bits - count)) & ((1 << bits) - 1)] as string);
  if (padded) while (out.length % group !== 0) out.push("=");
  return out.join("");
}

function decode(text: string, { values, bits, group }: Alphabet, padding: "required" | "optional"): Decoded {
  let end = text.length;
  while (end > 0 && text[end - 1] === "=") end -= 1;
  const missing = (group - (end % group)) % group;
  const found = text.length - end;
  if (found !== missing && (padding === "required" || found !== 0)) {
    return { ok: false, problem: `Invalid padding: expected ${missing} \`=\`, found ${found}` };
  }
  const bytes = new Uint8Array(Math.floor((end * bits) / 8));
  let pending = 0;
  let count = 0;
  let at = 0;
  for (let i = 0; i < end; i++) {
    const value = values[text.charCodeAt(i)] ?? 255;
    if (value === 255) return { ok: false, problem: `Invalid character '${text[i]}' at position ${i}` };
    pending = (pending << bits) | value;
    count += bits;
    if (count >= 8) {
      count -= 8;
      bytes[at++] = (pending >> count) & 0xff;
      pending &= (1 << count) - 1;
    }
  }
  if (count >= bits) return { ok: false, problem: `Invalid length ${end}` };
  if (pending !== 0) return { ok: false, problem: "Invalid last character: it has bits that belong to no byte" };
  return { ok: true, bytes };
}

/** Standard alphabet, padded. */
export function encodeBase64(bytes: Uint8Array): string {
  return encode(bytes, base64, true);
}

export function decodeBase64(text: string): Decoded {
  return decode(text, base64, "required");
}

/** URL-safe alphabet, without padding. */
export function encodeBase64Url(bytes: Uint8Array): string {
  return encode(bytes, base64Url, false);
}

/** Padding may be there or not. */
export function decodeBase64Url(text: string): Decoded {
  return decode(text, base64Url, "optional");
}

export function encodeBase32(bytes: Uint8Array): string {
  return encode(bytes, base32, true);
}

/** Either case; padding may be there or not. */
export function decodeBase32(text: string): Decoded {
  return decode(text.toUpperCase(), base32, "optional");
}

export function encodeHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function decodeHex(text: string): Decoded {
  if (text.length % 2 !== 0) return { ok: false, problem: "Odd number of digits" };
  const wrong = text.search(/[^0-9a-fA-F]/);
  if (wrong >= 0) return { ok: false, problem: `Invalid character '${text[wrong]}' at position ${wrong}` };
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(i * 2, i * 2 + 2), 16);
  return { ok: true, bytes };
}
