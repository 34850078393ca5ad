/**
 * Cookies, and sessions kept in them. What is signed can be read by everybody and changed by nobody who lacks the
 * secret: `value.signature` for a cookie, `v1.payload.signature` for a session (HMAC-SHA-256).
 */

import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import {
  compareText,
  Dict,
  display,
  isInt,
  isTruthy,
  List,
  type NativeContext,
  record,
  typeName,
  type Value,
} from "../../vm/index.ts";
import { bytesOf, decodeUtf8 } from "../arguments.ts";
import { type Builtin, pure } from "../builtin.ts";
import { decodeBase64Url, encodeBase64Url } from "../encoding/base-codecs.ts";
import { equalInConstantTime } from "../hashing/compare.ts";
import { JsonSyntaxError, readJson } from "../json/read-json.ts";
import { writeJson } from "../json/write-json.ts";
import { clockOf } from "../time/run-clock.ts";
import {
  type CookieAttributes,
  cookieError,
  headerTexts,
  isAttributeValue,
  type ParsedCookies,
  parseCookieHeader,
  parseSetCookie,
  writeSetCookie,
} from "./cookie-header.ts";

const NO_DEFAULTS: CookieAttributes = { httpOnly: false, secure: false };
const SESSION_DEFAULTS: CookieAttributes = { path: "/", httpOnly: true, secure: true, sameSite: "Lax" };
const DELETE_DEFAULTS: CookieAttributes = {
  ...SESSION_DEFAULTS,
  maxAge: 0,
  expires: "Thu, 01 Jan 1970 00:00:00 GMT",
};

function need(builtin: string, args: readonly Value[], count: number): void {
  if (args.length < count) throw cookieError(`${builtin} requires ${count} arguments`);
}

/** Options in the language's words, or as the header spells them. */
function attributesOf(builtin: string, value: Value, defaults: CookieAttributes): CookieAttributes {
  if (value === undefined) return defaults;
  if (!(value instanceof Dict)) throw cookieError(`${builtin}: options must be a dict, got ${typeName(value)}`);
  const option = (...names: string[]): Value => value.map.get(names.find((name) => value.map.has(name)) ?? "");
  const text = (fallback: string | undefined, ...names: string[]): string | undefined => {
    const found = option(...names);
    return found === undefined ? fallback : display(found);
  };
  const flag = (fallback: boolean, ...names: string[]): boolean => {
    const known = names.find((name) => value.map.has(name));
    return known === undefined ? fallback : isTruthy(value.map.get(known));
  };
  const maxAge = option("max_age", "Max-Age", "maxAge");
  if (maxAge !== undefined && !isInt(maxAge)) {
    throw cookieError(`option max_age must be an int, got ${typeName(maxAge)}`);
  }
  const given = {
    path: text(defaults.path, "path", "Path"),
    domain: text(defaults.domain, "domain", "Domain"),
    maxAge: maxAge ?? defaults.maxAge,
    expires: text(defaults.expires, "expires", "Expires"),
    sameSite: text(defaults.sameSite, "same_site", "SameSite", "sameSite"),
  };
  const present = Object.fromEntries(Object.entries(given).filter(([, each]) => each !== undefined));
  return {
    ...present,
    httpOnly: flag(defaults.httpOnly, "http_only", "HttpOnly", "httponly"),
    secure: flag(defaults.secure, "secure", "Secure"),
  };
}

function parseAll(headers: Value): ParsedCookies {
  const parsed: ParsedCookies = { pairs: [], invalid: [] };
  for (const header of headerTexts(headers, "Cookie")) parseCookieHeader(header, parsed);
  return parsed;
}

/** The first value of each name. */
function firstValues({ pairs }: ParsedCookies): Map<string, Value> {
  const values = new Map<string, Value>();
  for (const { name, value } of pairs) if (!values.has(name)) values.set(name, value);
  return values;
}

function parsedDict(parsed: ParsedCookies): Dict {
  const values = new Map<string, Value[]>();
  for (const { name, value } of parsed.pairs) values.set(name, [...(values.get(name) ?? []), value]);
  const duplicates = [...values].filter(([, all]) => all.length > 1).map(([name, all]) => [name, new List(all)]);
  return record({
    cookies: new Dict(firstValues(parsed)),
    pairs: new List(parsed.pairs.map((pair) => record({ ...pair }))),
    duplicates: record(Object.fromEntries(duplicates)),
    invalid: new List(parsed.invalid.map((entry) => record({ ...entry }))),
  });
}

function signatureOf(text: string, secret: string): string {
  return encodeBase64Url(hmac(sha256, bytesOf(secret), bytesOf(text)));
}

function isSignature(signature: string, text: string, secret: string): boolean {
  return equalInConstantTime(bytesOf(signature), bytesOf(signatureOf(text, secret)));
}

function signSession(payload: Value, secret: string): string {
  const encoded = encodeBase64Url(bytesOf(writeJson(payload)));
  return `v1.${encoded}.${signatureOf(encoded, secret)}`;
}

function sessionResult(payload: Value, error?: string): Dict {
  return record({ ok: error === undefined, payload, error });
}

function verifySession(token: string, secret: string): Dict {
  const [version, payload = "", signature = "", ...more] = token.split(".");
  if (version !== "v1" || signature === "" || more.length > 0) return sessionResult(undefined, "malformed");
  if (!isSignature(signature, payload, secret)) return sessionResult(undefined, "invalid_signature");
  const decoded = decodeBase64Url(payload);
  const text = decoded.ok ? decodeUtf8(decoded.bytes) : undefined;
  if (text === undefined) return sessionResult(undefined, "malformed_payload");
  try {
    return sessionResult(readJson(text));
  } catch (error) {
    if (error instanceof JsonSyntaxError) return sessionResult(undefined, "malformed_payload");
    throw error;
  }
}

function verifyCookie(signed: string, secret: string): Dict {
  const dot = signed.lastIndexOf(".");
  if (dot < 0) return record({ ok: false, value: undefined, error: "malformed" });
  const value = signed.slice(0, dot);
  const ok = isSignature(signed.slice(dot + 1), value, secret);
  return record({ ok, value: ok ? value : undefined, error: ok ? undefined : "invalid_signature" });
}

/** What a browser would send next, after the answer's `Set-Cookie` headers. */
function roundTrip(request: Value, answer: Value, context: NativeContext): Dict {
  const cookies = firstValues(parseAll(request));
  const now = clockOf(context).wallMs();
  for (const header of headerTexts(answer, "Set-Cookie")) {
    const cookie = parseSetCookie(header, now);
    if (cookie?.expired) cookies.delete(cookie.name);
    else if (cookie) cookies.set(cookie.name, cookie.value);
  }
  const sorted = [...cookies].sort(([a], [b]) => compareText(a, b));
  return record({
    cookie_header: sorted.map(([name, value]) => `${name}=${display(value)}`).join("; "),
    cookies: new Dict(cookies),
  });
}

export const cookieBuiltins: readonly Builtin[] = [
  pure(
    {
      signature: "cookie_parse(headers: string | list | dict) -> dict",
      summary: "Read Cookie headers: `{cookies, pairs, duplicates, invalid}`",
      errors: "Headers of another kind",
      example: 'println(cookie_parse("a=1; b=2").cookies)',
    },
    (args) => {
      need("cookie_parse", args, 1);
      return parsedDict(parseAll(args[0]));
    },
  ),
  pure(
    {
      signature: "cookie_serialize(name: string, value: string, options?: dict) -> string",
      summary: "Write a Set-Cookie header: path, domain, max_age, expires, http_only, secure, same_site",
      errors: "Names, values and attributes that a header cannot hold; SameSite=None without Secure",
      example: 'println(cookie_serialize("theme", "dark", {path: "/", max_age: 60}))',
    },
    (args) => {
      need("cookie_serialize", args, 2);
      const attributes = attributesOf("cookie_serialize", args[2], NO_DEFAULTS);
      return writeSetCookie(display(args[0]), display(args[1]), attributes);
    },
  ),
  pure(
    {
      signature: "cookie_delete(name: string, options?: dict) -> string",
      summary: "Write the Set-Cookie header that makes a browser forget a cookie",
      errors: "As cookie_serialize",
      example: 'println(cookie_delete("theme"))',
    },
    (args) => {
      need("cookie_delete", args, 1);
      return writeSetCookie(display(args[0]), "", attributesOf("cookie_delete", args[1], DELETE_DEFAULTS));
    },
  ),
  pure(
    {
      signature: "cookie_sign(value: string, secret: string) -> string",
      summary: "Append a signature to a value",
      errors: "Values with separators or control characters",
      example: 'println(cookie_verify(cookie_sign("42", "secret"), "secret").value)',
    },
    (args) => {
      need("cookie_sign", args, 2);
      const value = display(args[0]);
      if (!isAttributeValue(value)) {
        throw cookieError("cookie_sign value must not contain separators or control characters");
      }
      return `${value}.${signatureOf(value, display(args[1]))}`;
    },
  ),
  pure(
    {
      signature: "cookie_verify(signed: string, secret: string) -> dict",
      summary: "Check a signed value: `{ok, value, error}`",
      example: 'println(cookie_verify("42.forged", "secret").error)',
    },
    (args) => {
      need("cookie_verify", args, 2);
      return verifyCookie(display(args[0]), display(args[1]));
    },
  ),
  pure(
    {
      signature: "session_sign(payload: any, secret: string) -> string",
      summary: "Write data as a signed token",
      example: 'println(session_verify(session_sign({user: "ada"}, "secret"), "secret").payload.user)',
    },
    (args) => {
      need("session_sign", args, 2);
      return signSession(args[0], display(args[1]));
    },
  ),
  pure(
    {
      signature: "session_verify(token: string, secret: string) -> dict",
      summary: "Check a signed token: `{ok, payload, error}`",
      example: 'println(session_verify("v1.x.y", "secret").error)',
    },
    (args) => {
      need("session_verify", args, 2);
      return verifySession(display(args[0]), display(args[1]));
    },
  ),
  pure(
    {
      signature: "session_cookie(name: string, payload: any, secret: string, options?: dict) -> string",
      summary: "Write the Set-Cookie header of a session: HttpOnly, Secure, SameSite=Lax unless told otherwise",
      errors: "As cookie_serialize",
      example: 'println(starts_with(session_cookie("sid", {user: "ada"}, "secret"), "sid=v1."))',
    },
    (args) => {
      need("session_cookie", args, 3);
      const attributes = attributesOf("session_cookie", args[3], SESSION_DEFAULTS);
      return writeSetCookie(display(args[0]), signSession(args[1], display(args[2])), attributes);
    },
  ),
  pure(
    {
      signature: "session_from_cookies(headers: string | list | dict, name: string, secret: string) -> dict",
      summary: "Check the session in Cookie headers: `{ok, payload, error}`",
      errors: "Headers of another kind",
      example: 'println(session_from_cookies("a=1", "sid", "secret").error)',
    },
    (args) => {
      need("session_from_cookies", args, 3);
      const token = firstValues(parseAll(args[0])).get(display(args[1]));
      return token === undefined
        ? sessionResult(undefined, "missing_cookie")
        : verifySession(display(token), display(args[2]));
    },
  ),
  pure(
    {
      signature: "cookie_round_trip(request: any, answer?: any) -> dict",
      summary: "What a browser sends after an answer's Set-Cookie headers: `{cookie_header, cookies}`",
      effects: ["clock"],
      errors: "Headers of another kind",
      example: 'println(cookie_round_trip("a=1", "b=2; Path=/").cookie_header)',
    },
    (args, context) => {
      need("cookie_round_trip", args, 1);
      return args.length === 1 ? roundTrip(undefined, args[0], context) : roundTrip(args[0], args[1], context);
    },
  ),
];
