/**
 * Addresses that prove who made them and end at a time: claims, expiry and key id go into the query, and a MAC over the
 * address with its query in a canonical order goes there too.
 */

import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesOf } from "../arguments.ts";
import { encodeBase64Url } from "../encoding/base-codecs.ts";
import { percentEncode } from "../encoding/index.ts";
import { equalInConstantTime } from "../hashing/compare.ts";

type Pair = readonly [key: string, value: string];

export interface SignedUrlOptions {
  /** Names of the query parameters that hold signature, expiry and key id. */
  readonly signatureParam: string;
  readonly expiresParam: string;
  readonly kidParam: string;
  readonly kid?: string;
  /** Seconds that clocks may differ. */
  readonly skewSeconds: number;
}

export interface Verification {
  readonly reason:
    | "ok"
    | "missing_signature"
    | "missing_expiry"
    | "invalid_expiry"
    | "duplicate_kid"
    | "unknown_key"
    | "bad_signature"
    | "expired";
  readonly signatureValid: boolean;
  readonly expired: boolean;
  readonly expiresAt?: number;
  readonly kid?: string;
  readonly claims: readonly Pair[];
}

export interface UrlParts {
  /** What is signed besides the query. */
  readonly resource: string;
  /** The address without query and fragment. */
  readonly prefix: string;
  readonly pairs: readonly Pair[];
}

/** A message when the text is no address that can be signed. */
export function splitUrl(text: string): UrlParts | { readonly message: string } {
  if (URL.canParse(text)) {
    const url = new URL(text);
    if (url.host === "") {
      return { message: "expected an absolute URL with a host or an absolute path starting with `/`" };
    }
    const pairs = queryPairs(url.search.slice(1));
    const resource = `${url.origin}${url.pathname}`;
    url.search = "";
    url.hash = "";
    return { resource, prefix: url.href, pairs };
  }
  const bare = text.split("#", 1)[0] ?? "";
  const mark = bare.indexOf("?");
  const path = (mark < 0 ? bare : bare.slice(0, mark)) || "/";
  if (!path.startsWith("/")) return { message: "expected an absolute URL or an absolute path starting with `/`" };
  const encoded = encodePath(path);
  return { resource: encoded, prefix: encoded, pairs: mark < 0 ? [] : queryPairs(bare.slice(mark + 1)) };
}

/** Slashes and what is escaped already stay. */
function encodePath(path: string): string {
  return path
    .split(/(%[0-9A-Fa-f]{2}|\/)/)
    .map((part, at) => (at % 2 === 1 ? part.toUpperCase() : percentEncode(part)))
    .join("");
}

function queryPairs(query: string): Pair[] {
  return [...new URLSearchParams(query)];
}

function canonicalQuery(pairs: readonly Pair[]): string {
  const encoded = pairs.map(([key, value]) => [percentEncode(key), percentEncode(value)] as const);
  encoded.sort(([a, x], [b, y]) => (a === b ? (x < y ? -1 : x > y ? 1 : 0) : a < b ? -1 : 1));
  return encoded.map(([key, value]) => `${key}=${value}`).join("&");
}

function signatureOf(secret: string, resource: string, pairs: readonly Pair[]): string {
  const payload = `harn-signed-url-v1\n${resource}\n${canonicalQuery(pairs)}`;
  return encodeBase64Url(hmac(sha256, bytesOf(secret), bytesOf(payload)));
}

export function signUrl(
  parts: UrlParts,
  claims: readonly Pair[],
  secret: string,
  expiresAt: number | bigint,
  options: SignedUrlOptions,
): string {
  const { signatureParam, expiresParam, kidParam, kid } = options;
  const reserved = [signatureParam, expiresParam, kidParam];
  const pairs: Pair[] = [
    ...parts.pairs.filter(([key]) => !reserved.includes(key)),
    ...claims,
    [expiresParam, String(expiresAt)],
    ...(kid === undefined ? [] : [[kidParam, kid] as const]),
  ];
  const signature = signatureOf(secret, parts.resource, pairs);
  return `${parts.prefix}?${canonicalQuery([...pairs, [signatureParam, signature]])}`;
}

/** @param secretFor the secret of a key id, or the only one; undefined when there is none of that id */
export function verifyUrl(
  parts: UrlParts,
  secretFor: (kid: string | undefined) => string | undefined,
  nowSeconds: number,
  options: SignedUrlOptions,
): Verification {
  const { signatureParam, expiresParam, kidParam, skewSeconds } = options;
  const valuesOf = (name: string): string[] => parts.pairs.filter(([key]) => key === name).map(([, value]) => value);
  const failed = { signatureValid: false, expired: false, claims: [] };
  const [signature, ...moreSignatures] = valuesOf(signatureParam);
  if (signature === undefined || moreSignatures.length > 0) return { ...failed, reason: "missing_signature" };
  const [expiry, ...moreExpiries] = valuesOf(expiresParam);
  if (expiry === undefined || moreExpiries.length > 0) return { ...failed, reason: "missing_expiry" };
  const expiresAt = Number(expiry);
  if (!/^[+-]?\d+$/.test(expiry) || !Number.isSafeInteger(expiresAt)) return { ...failed, reason: "invalid_expiry" };
  const [kid, ...moreKids] = valuesOf(kidParam);
  if (moreKids.length > 0) return { ...failed, reason: "duplicate_kid", expiresAt };

  const reserved = [signatureParam, expiresParam, kidParam];
  const claims = parts.pairs.filter(([key]) => !reserved.includes(key));
  const known = { expiresAt, ...(kid === undefined ? {} : { kid }), claims };
  const secret = secretFor(kid);
  if (secret === undefined) return { ...failed, ...known, reason: "unknown_key" };
  const signed = parts.pairs.filter(([key]) => key !== signatureParam);
  const expected = signatureOf(secret, parts.resource, signed);
  const signatureValid = equalInConstantTime(bytesOf(signature), bytesOf(expected));
  const expired = nowSeconds > expiresAt + skewSeconds;
  return { ...known, signatureValid, expired, reason: !signatureValid ? "bad_signature" : expired ? "expired" : "ok" };
}
