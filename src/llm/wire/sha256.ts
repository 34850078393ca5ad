/**
 * SHA-256 and HMAC, synchronous and the same everywhere: the browser's own are asynchronous and only there on secure
 * pages. Used for names of fixtures and request signatures, a few kilobytes at a time.
 */

import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

export const hmacSha256 = (key: Uint8Array, message: Uint8Array): Uint8Array => hmac(sha256, key, message);

export const toHex = (bytes: Uint8Array): string => bytesToHex(bytes);

/** Digest of a text's UTF-8 form, in hex. */
export const sha256Hex = (text: string): string => bytesToHex(sha256(utf8ToBytes(text)));
