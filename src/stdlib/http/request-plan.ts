/** The arguments of an HTTP builtin, read once: what to send, and how patiently. */

import type { Host, HttpProxy, HttpRequest, HttpTls } from "../../base/index.ts";
import { Bytes, Dict, display, isInt, List, toDouble, type Value } from "../../vm/index.ts";
import { bytesOf, decodeLossy, stringField, thrown } from "../arguments.ts";
import { encodeBase64, encodeHex } from "../encoding/base-codecs.ts";
import { resolveFromRoot } from "../paths/places.ts";
import { type FormPart, readFormParts, writeFormParts } from "./form-parts.ts";

export type Options = ReadonlyMap<string, Value>;

export interface RetryRules {
  /** Attempts after the first. */
  readonly max: number;
  /** Milliseconds before the second attempt; twice as many before each further one. */
  readonly backoffMs: number;
  readonly statuses: readonly number[];
  readonly methods: readonly string[];
  readonly respectRetryAfter: boolean;
}

export interface RequestPlan {
  readonly method: string;
  /** With its query. */
  readonly url: string;
  /** As given; names may be of any case. */
  readonly headers: Readonly<Record<string, string>>;
  /** What is noted of a call that a prepared answer was given to: lower-case names. */
  readonly noted: { readonly headers: Readonly<Record<string, string>>; readonly body: string | undefined };
  readonly body: string | Uint8Array | undefined;
  readonly retry: RetryRules;
  readonly patience: {
    /** Milliseconds for a whole exchange, or for its head when the body is read piece by piece. */
    readonly timeoutMs: number;
    /** Milliseconds for a body read piece by piece, when the program has set them. */
    readonly totalMs: number | undefined;
  };
  readonly limits: Pick<
    HttpRequest,
    "connectTimeoutMs" | "readTimeoutMs" | "followRedirects" | "maxRedirects" | "decompress" | "proxy" | "tls"
  >;
}

export const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_BACKOFF_MS = 1000;
const RETRYABLE_STATUSES: readonly number[] = [408, 429, 500, 502, 503, 504];
const RETRYABLE_METHODS: readonly string[] = ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"];
/** The boundary in what is noted of a form, so that tests can compare it. */
const NOTED_BOUNDARY = "harn-boundary";

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Every option of a request that is read here. */
export const REQUEST_OPTION_NAMES: readonly string[] = [
  "auth",
  "backoff",
  "body",
  "connect_timeout_ms",
  "decompress",
  "follow_redirects",
  "headers",
  "max_redirects",
  "multipart",
  "proxy",
  "proxy_auth",
  "query",
  "read_timeout_ms",
  "respect_retry_after",
  "retries",
  "retry",
  "retry_methods",
  "retry_on",
  "timeout",
  "timeout_ms",
  "tls",
  "total_timeout_ms",
];

export function optionsOf(value: Value): Options {
  return value instanceof Dict ? value.map : new Map();
}

export function intOption(options: Options, name: string): number | undefined {
  const value = options.get(name);
  return isInt(value) ? toDouble(value) : undefined;
}

function boolOption(options: Options, name: string, fallback: boolean): boolean {
  const value = options.get(name);
  return typeof value === "boolean" ? value : fallback;
}

function textOption(options: Options, name: string): string | undefined {
  const value = options.get(name);
  const text = value === undefined ? "" : display(value);
  return text === "" ? undefined : text;
}

/** @param builtin stands before the message about an address that is none */
export async function planRequest(
  host: Host,
  builtin: string,
  method: string,
  url: string,
  options: Options,
): Promise<RequestPlan> {
  if (!TOKEN.test(method)) throw thrown(`http: invalid method '${method}': invalid HTTP method`);
  const authorization = authorizationOf(options.get("auth"));
  const given = headersOf(options.get("headers"));
  const headers: Record<string, string> = {};
  if (authorization !== undefined && !given.some(([name]) => name.toLowerCase() === "authorization")) {
    headers["authorization"] = authorization;
  }
  for (const [name, value] of given) headers[name] = value;
  const parts = await readFormParts(host, options.get("multipart"));
  if (parts !== undefined && options.has("body")) {
    throw thrown("http: body and multipart options are mutually exclusive");
  }
  const noted: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) noted[name.toLowerCase()] = value;
  return {
    method,
    url: withQuery(url, options.get("query"), builtin),
    ...content(host, headers, noted, parts, options),
    retry: retryRules(options),
    patience: patienceOf(options),
    limits: limitsOf(host, options),
  };
}

function content(
  host: Host,
  headers: Record<string, string>,
  noted: Record<string, string>,
  parts: readonly FormPart[] | undefined,
  options: Options,
): Pick<RequestPlan, "headers" | "noted" | "body"> {
  if (parts === undefined) {
    const value = options.get("body");
    const isGiven = options.has("body");
    const body = value instanceof Bytes ? value.data : isGiven ? display(value) : undefined;
    const text = body instanceof Uint8Array ? decodeLossy(body) : body;
    return { headers, noted: { headers: noted, body: text }, body };
  }
  const boundary = `harn-${encodeHex(host.sync("random.bytes", { length: 16 }))}`;
  const others = Object.entries(headers).filter(([name]) => name.toLowerCase() !== "content-type");
  return {
    headers: { ...Object.fromEntries(others), "content-type": `multipart/form-data; boundary=${boundary}` },
    noted: {
      headers: { ...noted, "content-type": `multipart/form-data; boundary=${NOTED_BOUNDARY}` },
      body: decodeLossy(writeFormParts(parts, NOTED_BOUNDARY)),
    },
    body: writeFormParts(parts, boundary),
  };
}

function headersOf(value: Value): (readonly [name: string, value: string])[] {
  if (!(value instanceof Dict)) return [];
  return value.keys().map((name) => {
    const text = display(value.map.get(name));
    if (!TOKEN.test(name)) throw thrown(`http: invalid header name '${name}': invalid HTTP header name`);
    checkHeaderValue(text, `http: invalid header value for '${name}'`);
    return [name, text];
  });
}

/** A line break would start another header. */
function checkHeaderValue(text: string, prefix: string): void {
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(text)) throw thrown(`${prefix}: failed to parse header value`);
}

/** A text as it is; `{bearer}`; `{basic: {user, password}}`. */
function authorizationOf(auth: Value): string | undefined {
  let text: string | undefined;
  if (typeof auth === "string") text = auth;
  else if (auth instanceof Dict && auth.map.has("bearer")) text = `Bearer ${display(auth.map.get("bearer"))}`;
  else if (auth instanceof Dict && auth.map.get("basic") instanceof Dict) {
    const basic = auth.map.get("basic");
    const credentials = `${stringField(basic, "user") ?? ""}:${stringField(basic, "password") ?? ""}`;
    text = `Basic ${encodeBase64(bytesOf(credentials))}`;
  }
  if (text !== undefined) checkHeaderValue(text, "http: invalid auth header value");
  return text;
}

function withQuery(url: string, query: Value, builtin: string): string {
  if (!(query instanceof Dict)) return url;
  if (!URL.canParse(url)) throw thrown(`${builtin}: invalid URL '${url}': relative URL without a base`);
  const parsed = new URL(url);
  for (const name of query.keys()) {
    const value = query.map.get(name);
    if (value !== undefined) parsed.searchParams.append(name, display(value));
  }
  return parsed.href;
}

function retryRules(options: Options): RetryRules {
  const retry = optionsOf(options.get("retry"));
  const statuses = options.get("retry_on");
  const wanted =
    statuses instanceof List ? statuses.items.filter((item) => isInt(item)).map((item) => toDouble(item)) : [];
  const methods = options.get("retry_methods");
  const named =
    methods instanceof List
      ? methods.items.map((item) => display(item).trim().toUpperCase()).filter((name) => name !== "")
      : [];
  return {
    max: Math.max(0, intOption(retry, "max") ?? intOption(options, "retries") ?? 0),
    backoffMs: Math.max(0, intOption(retry, "backoff_ms") ?? intOption(options, "backoff") ?? DEFAULT_BACKOFF_MS),
    statuses: wanted.length > 0 ? wanted : RETRYABLE_STATUSES,
    methods: named.length > 0 ? named : RETRYABLE_METHODS,
    respectRetryAfter: boolOption(options, "respect_retry_after", true),
  };
}

function patienceOf(options: Options): RequestPlan["patience"] {
  const total = intOption(options, "total_timeout_ms") ?? -1;
  const timeout = intOption(options, "timeout_ms") ?? intOption(options, "timeout") ?? DEFAULT_TIMEOUT_MS;
  return { timeoutMs: Math.max(0, total >= 0 ? total : timeout), totalMs: total >= 0 ? total : undefined };
}

function limitsOf(host: Host, options: Options): RequestPlan["limits"] {
  const connectTimeoutMs = intOption(options, "connect_timeout_ms");
  const readTimeoutMs = intOption(options, "read_timeout_ms");
  const maxRedirects = intOption(options, "max_redirects");
  const proxy = proxyOf(options);
  const tls = tlsOf(host, options.get("tls"));
  return {
    ...(connectTimeoutMs !== undefined && connectTimeoutMs >= 0 ? { connectTimeoutMs } : {}),
    ...(readTimeoutMs !== undefined && readTimeoutMs >= 0 ? { readTimeoutMs } : {}),
    ...(boolOption(options, "follow_redirects", true) ? {} : { followRedirects: false }),
    ...(maxRedirects !== undefined ? { maxRedirects: Math.max(0, maxRedirects) } : {}),
    ...(boolOption(options, "decompress", true) ? {} : { decompress: false }),
    ...(proxy === undefined ? {} : { proxy }),
    ...(tls === undefined ? {} : { tls }),
  };
}

function proxyOf(options: Options): HttpProxy | undefined {
  const proxy = options.get("proxy");
  const url = proxy instanceof Dict ? textOption(proxy.map, "url") : textOption(options, "proxy");
  if (url === undefined) return undefined;
  const noProxy = proxy instanceof Dict ? textOption(proxy.map, "no_proxy") : undefined;
  const auth = optionsOf(options.get("proxy_auth"));
  const username = textOption(auth, "user");
  const password = textOption(auth, "pass") ?? textOption(auth, "password") ?? "";
  return {
    url,
    ...(noProxy === undefined ? {} : { noProxy }),
    ...(username === undefined ? {} : { username, password }),
  };
}

function tlsOf(host: Host, value: Value): HttpTls | undefined {
  if (!(value instanceof Dict)) return undefined;
  const path = (name: string): string | undefined => {
    const text = textOption(value.map, name);
    return text === undefined ? undefined : resolveFromRoot(host, text);
  };
  const caPath = path("ca_bundle_path");
  const certPath = path("client_identity_path") ?? path("client_cert_path");
  const keyPath = value.map.has("client_identity_path") ? undefined : path("client_key_path");
  const pins = value.map.get("pinned_sha256");
  const pinned = (pins instanceof List ? pins.items : pins === undefined ? [] : [pins])
    .map((pin) => display(pin))
    .filter((pin) => pin !== "");
  return {
    ...(caPath === undefined ? {} : { caPath }),
    ...(certPath === undefined ? {} : { certPath }),
    ...(keyPath === undefined ? {} : { keyPath }),
    ...(pinned.length === 0 ? {} : { pinnedSha256: pinned }),
  };
}
