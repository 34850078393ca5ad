/** The text of `Cookie` and `Set-Cookie` headers (RFC 6265). */

import { Dict, List, RuntimeError, typeName, type Value } from "../../vm/index.ts";

export function cookieError(message: string): RuntimeError {
  return new RuntimeError("runtime", `cookie: ${message}`);
}

const NAME = /^[!#$%&'*+\-.0-9A-Z^_`a-z|~]+$/;
const CONTROL = /[\u0000-\u001f\u007f]/;
const SEPARATOR = /[;,\\" ]/;

export const isCookieName = (name: string): boolean => NAME.test(name);
export const isCookieValue = (value: string): boolean => !CONTROL.test(value) && !SEPARATOR.test(value);
/** Also what may be signed. */
export const isAttributeValue = (value: string): boolean => !CONTROL.test(value) && !value.includes(";");

const stripped = (text: string): string => text.replace(/^[ \t]+|[ \t]+$/g, "");

export interface CookiePair {
  readonly name: string;
  readonly value: string;
}

export interface ParsedCookies {
  /** In the order they were sent. */
  readonly pairs: CookiePair[];
  readonly invalid: { readonly segment: string; readonly reason: string }[];
}

export function parseCookieHeader(header: string, into: ParsedCookies): void {
  for (const segment of header.split(";").map(stripped)) {
    if (segment === "") continue;
    const equals = segment.indexOf("=");
    const name = stripped(segment.slice(0, Math.max(0, equals)));
    const value = stripped(segment.slice(equals + 1));
    if (equals < 0) into.invalid.push({ segment, reason: "missing '='" });
    else if (!isCookieName(name)) into.invalid.push({ segment, reason: "invalid name" });
    else if (!isAttributeValue(value)) into.invalid.push({ segment, reason: "invalid value" });
    else
      into.pairs.push({
        name,
        value: value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value,
      });
  }
}

/** What a server asks to be kept; a cookie whose time is over is to be forgotten. */
export function parseSetCookie(
  header: string,
  nowMs: number,
): (CookiePair & { readonly expired: boolean }) | undefined {
  const [first = "", ...attributes] = header.split(";").map(stripped);
  const equals = first.indexOf("=");
  const name = first.slice(0, Math.max(0, equals));
  if (!isCookieName(name)) return undefined;
  const expired = attributes.some((attribute) => {
    const [key = "", value = ""] = attribute.split("=", 2).map(stripped);
    if (/^max-age$/i.test(key)) return /^[+-]?\d+$/.test(value) && Number(value) <= 0;
    return /^expires$/i.test(key) && Date.parse(value) <= nowMs;
  });
  return { name, value: first.slice(equals + 1), expired };
}

/** Header texts: one, a list of them, or those of a name in a dict of headers. */
export function headerTexts(value: Value, name: "Cookie" | "Set-Cookie"): string[] {
  if (value === undefined) return [];
  if (typeof value === "string") return [value];
  if (value instanceof List) {
    return value.items.map((item) => {
      if (typeof item === "string") return item;
      throw cookieError(`${name} header list entries must be strings, got ${typeName(item)}`);
    });
  }
  if (value instanceof Dict) {
    const keys = value.keys().filter((key) => key.toLowerCase() === name.toLowerCase());
    return keys.flatMap((key) => headerTexts(value.map.get(key), name));
  }
  throw cookieError(`${name} headers must be a string, list, dict, or nil; got ${typeName(value)}`);
}

/** What stands in a `Set-Cookie` header besides name and value. */
export interface CookieAttributes {
  readonly path?: string;
  readonly domain?: string;
  readonly maxAge?: number | bigint;
  readonly expires?: string;
  readonly httpOnly: boolean;
  readonly secure: boolean;
  readonly sameSite?: string;
}

export function writeSetCookie(name: string, value: string, attributes: CookieAttributes): string {
  if (!isCookieName(name)) throw cookieError("cookie name is empty or contains invalid characters");
  if (!isCookieValue(value)) {
    throw cookieError("cookie value contains spaces, quotes, separators, or control characters; encode it first");
  }
  const sameSite = attributes.sameSite === undefined ? undefined : sameSiteName(attributes.sameSite);
  if (sameSite === "None" && !attributes.secure) throw cookieError("SameSite=None requires Secure");
  const parts = [`${name}=${value}`];
  const add = (label: string, text: string | undefined): void => {
    if (text === undefined) return;
    if (text === "" || !isAttributeValue(text)) {
      throw cookieError(`${label} contains an invalid cookie attribute value`);
    }
    parts.push(`${label}=${text}`);
  };
  add("Path", attributes.path);
  add("Domain", attributes.domain);
  add("Max-Age", attributes.maxAge === undefined ? undefined : String(attributes.maxAge));
  add("Expires", attributes.expires);
  if (attributes.httpOnly) parts.push("HttpOnly");
  if (attributes.secure) parts.push("Secure");
  add("SameSite", sameSite);
  return parts.join("; ");
}

function sameSiteName(text: string): string {
  const name = ["Lax", "Strict", "None"].find((each) => each.toLowerCase() === text.toLowerCase());
  if (name !== undefined) return name;
  throw cookieError("same_site must be one of Lax, Strict, or None");
}
