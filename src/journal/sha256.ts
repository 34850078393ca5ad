/** Digests of texts, at once: the platform's own are asynchronous, and a synchronous effect cannot wait. */

import { sha256 } from "@noble/hashes/sha2.js";
import { table } from "../base/index.ts";
import { encodeBase64 } from "./base64.ts";

/** Digest of a text's UTF-8 form, as 43 characters of base64url. */
export type TextDigest = (text: string) => string;

const URL_FORM: Readonly<Record<string, string>> = table({ "+": "-", "/": "_", "=": "" });

/** SHA-256 of texts. */
export function createTextDigest(): TextDigest {
  const encoder = new TextEncoder();
  return (text) => encodeBase64(sha256(encoder.encode(text))).replace(/[+/=]/g, (digit) => URL_FORM[digit] ?? digit);
}
