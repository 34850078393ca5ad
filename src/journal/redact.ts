/**
 * Keeps secrets out of the journal.
 *
 * Two nets. By *place*: credential headers, credential query parameters, environment variables with telling names and
 * everything `secret.get` gives are replaced wherever they stand. By *value*: a secret of eight characters or more that
 * went through the host in this run is replaced in every text and byte sequence written from then on, so a key in
 * a request body or echoed in an error message is caught too. A secret split over two chunks of a stream is not.
 *
 * A place-holder is a function of the secret's name, so a replay, which sees place-holders instead of secrets, asks for
 * exactly what was recorded.
 */

import type { HttpRequest } from "../base/index.ts";
import type { Scrubber } from "./value-codec.ts";

export interface RedactionRules {
  /** Names of HTTP headers, lower case, in addition to the usual ones. */
  readonly headers?: readonly string[];
  /** Names of URL query parameters, lower case, in addition to the usual ones. */
  readonly queryParameters?: readonly string[];
  /** Which environment variables hold secrets. Default: names with KEY, TOKEN, SECRET, PASSWORD, CREDENTIAL or AUTH. */
  readonly isSecretEnv?: (name: string) => boolean;
  /** Applied to every text that is written, last. Must be a function of the text alone. */
  readonly text?: (text: string) => string;
}

/** One per run: it remembers the secrets of that run. */
export interface Redactor extends Scrubber {
  /** Arguments as they are written. */
  args(kind: string, args: unknown): unknown;
  /** A result or stream item as it is written; `changed` when a place in it was replaced. Learns secrets on the way. */
  result(kind: string, args: unknown, result: unknown): { readonly value: unknown; readonly changed: boolean };
}

const SECRET_HEADERS: readonly string[] = [
  "authorization",
  "proxy-authorization",
  "cookie",
  "set-cookie",
  "x-api-key",
  "api-key",
  "x-goog-api-key",
  "x-auth-token",
  "x-amz-security-token",
];
const SECRET_PARAMETERS: readonly string[] = ["key", "api_key", "apikey", "access_token", "token", "sig", "signature"];
const SECRET_ENV = /KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL|AUTH/i;
/** Shorter values are too likely to occur by chance. */
const LEARN_LENGTH = 8;

export function createRedactor(rules: RedactionRules = {}): Redactor {
  const headers = new Set([...SECRET_HEADERS, ...(rules.headers ?? [])]);
  const parameters = new Set([...SECRET_PARAMETERS, ...(rules.queryParameters ?? [])]);
  const isSecretEnv = rules.isSecretEnv ?? ((name) => SECRET_ENV.test(name));
  const encoder = new TextEncoder();
  /** Longest first, so that a secret containing another is replaced as a whole. */
  let secrets: { readonly value: string; readonly bytes: Uint8Array; readonly placeholder: string }[] = [];
  let version = 0;

  const learn = (name: string, value: string): string => {
    const placeholder = `[redacted:${name}]`;
    // A replay hands out place-holders; they are no secrets.
    if (
      value.length >= LEARN_LENGTH &&
      !value.startsWith("[redacted:") &&
      !secrets.some((secret) => secret.value === value)
    ) {
      secrets = [...secrets, { value, bytes: encoder.encode(value), placeholder }].sort(
        (a, b) => b.value.length - a.value.length,
      );
      version++;
    }
    return placeholder;
  };

  const scrubHeaders = (from: Readonly<Record<string, string>>) =>
    mapFields(from, (name, value) => (headers.has(name.toLowerCase()) ? `[redacted:${name.toLowerCase()}]` : value));

  const scrubUrl = (url: string): string =>
    url.includes("?")
      ? url.replace(/([?&])([^=&#]+)=([^&#]*)/g, (whole, mark: string, name: string) =>
          parameters.has(name.toLowerCase()) ? `${mark}${name}=[redacted:${name.toLowerCase()}]` : whole,
        )
      : url;

  const scrubEnv = (env: Readonly<Record<string, string>>) =>
    mapFields(env, (name, value) => (isSecretEnv(name) ? learn(name, value) : value));

  const scrubResponse = (response: unknown) => {
    const { headers: from, url } = response as { headers: Readonly<Record<string, string>>; url: string };
    const replaced = { headers: scrubHeaders(from), url: scrubUrl(url) };
    const changed = replaced.url !== url || Object.keys(from).some((name) => replaced.headers[name] !== from[name]);
    return changed ? { value: { ...(response as object), ...replaced }, changed } : { value: response, changed };
  };

  return {
    get version() {
      return version;
    },
    text(text) {
      let out = text;
      for (const secret of secrets)
        if (out.includes(secret.value)) out = out.replaceAll(secret.value, secret.placeholder);
      return rules.text ? rules.text(out) : out;
    },
    bytes(bytes) {
      let out = bytes;
      for (const secret of secrets) out = replaceBytes(out, secret.bytes, encoder.encode(secret.placeholder));
      return out;
    },
    args(kind, args) {
      switch (kind) {
        case "http.request":
        case "http.stream": {
          const request = args as HttpRequest;
          return { ...request, url: scrubUrl(request.url), headers: scrubHeaders(request.headers) };
        }
        case "process.run": {
          const { env } = args as { env?: Readonly<Record<string, string>> };
          return env === undefined ? args : { ...(args as object), env: scrubEnv(env) };
        }
        case "crypto.publicKey":
        case "crypto.sign":
        case "crypto.agree":
          return { ...(args as object), privateKey: "[redacted:private key]" };
      }
      return args;
    },
    result(kind, args, result) {
      if (result === undefined) return { value: result, changed: false };
      switch (kind) {
        case "secret.get":
          return { value: learn((args as { name: string }).name, result as string), changed: true };
        case "env.get": {
          const { name } = args as { name: string };
          return isSecretEnv(name)
            ? { value: learn(name, result as string), changed: true }
            : { value: result, changed: false };
        }
        case "env.list": {
          const env = result as Readonly<Record<string, string>>;
          return Object.keys(env).some(isSecretEnv)
            ? { value: scrubEnv(env), changed: true }
            : { value: result, changed: false };
        }
        case "http.request":
          return scrubResponse(result);
        case "http.stream":
          return (result as { kind: string }).kind === "head"
            ? scrubResponse(result)
            : { value: result, changed: false };
      }
      return { value: result, changed: false };
    },
  };
}

function mapFields(
  from: Readonly<Record<string, string>>,
  change: (name: string, value: string) => string,
): Record<string, string> {
  return Object.fromEntries(Object.entries(from).map(([name, value]) => [name, change(name, value)]));
}

function replaceBytes(bytes: Uint8Array, find: Uint8Array, replacement: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  let kept = 0;
  for (let at = bytes.indexOf(find[0]!); at >= 0 && at + find.length <= bytes.length; ) {
    if (find.every((byte, index) => bytes[at + index] === byte)) {
      parts.push(bytes.subarray(kept, at), replacement);
      kept = at + find.length;
      at = bytes.indexOf(find[0]!, kept);
    } else {
      at = bytes.indexOf(find[0]!, at + 1);
    }
  }
  if (parts.length === 0) return bytes;
  parts.push(bytes.subarray(kept));
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}
