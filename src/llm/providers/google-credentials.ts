/**
 * Access tokens for Google's cloud, from a credentials file: that of a service account (a signed assertion is exchanged
 * for a token) or of a user (`gcloud auth application-default login` left a refresh token). `GOOGLE_APPLICATION_CREDENTIALS`
 * names the file; without it gcloud's own place is looked at.
 *
 * A token lives for an hour. It is kept, renewed before it ends, and asked for once however many calls wait for it; the
 * request is given up when the last of them has gone. While a renewal fails, a token that is still good goes on being used.
 */

import { type CancelSignal, CancelToken, type Host, isJsonObject, type JsonObject } from "../../base/index.ts";
import { type CallIdentity, httpFailure, requestFailure, transportFailure } from "../errors/model-failures.ts";
import { scrubSecrets } from "../errors/scrub-secrets.ts";
import { ModelError } from "../spec/model-error.ts";
import { UTILITY_HTTP } from "./http-timing.ts";

export interface GoogleAccess {
  readonly token: string;
  /** The project that the credentials belong to, when they name one. */
  readonly project?: string;
  /** Who pays for calls of a user, when the credentials name it. */
  readonly quotaProject?: string;
}

export interface GoogleTokens {
  /**
   * A token that is good for some time yet; undefined when there are no credentials.
   * @throws ModelError when the credentials cannot be read or are refused
   */
  access(call: CallIdentity, signal: CancelSignal): Promise<GoogleAccess | undefined>;
  /** The service refused this token: the next call gets another one. */
  refuse(token: string): void;
}

const SCOPE = "https://www.googleapis.com/auth/cloud-platform";
const TOKEN_URI = "https://oauth2.googleapis.com/token";
const ASSERTION_LIFE_S = 3600;
/** A token is renewed so long before its end, milliseconds, or after half of a shorter life. */
const RENEW_BEFORE_MS = 300_000;

interface Credentials {
  readonly kind: "service_account" | "authorized_user";
  readonly fields: JsonObject;
  readonly tokenUri: string;
  readonly secrets: readonly string[];
}

interface KeptToken extends GoogleAccess {
  readonly renewAtMs: number;
  readonly expiresAtMs: number;
}

interface Renewal {
  readonly result: Promise<KeptToken | undefined>;
  readonly token: CancelToken;
  waiters: number;
}

export function createGoogleTokens(host: Host, env: (name: string) => string | undefined): GoogleTokens {
  let kept: KeptToken | undefined;
  let renewal: Renewal | undefined;
  const now = (): number => host.sync("clock.now", {});

  const renew = (call: CallIdentity): Renewal => {
    const token = new CancelToken();
    const fetched = (async () => {
      const credentials = await readCredentials(host, env, call, token);
      if (!credentials) return undefined;
      kept = await fetchToken(host, credentials, call, token);
      return kept;
    })();
    const begun: Renewal = { result: fetched, token, waiters: 0 };
    const over = (): void => {
      if (renewal === begun) renewal = undefined;
    };
    fetched.then(over, over);
    return begun;
  };

  return {
    async access(call, signal) {
      if (kept && now() < kept.renewAtMs) return kept;
      renewal ??= renew(call);
      const joined = renewal;
      joined.waiters++;
      try {
        return await unlessAborted(joined.result, signal);
      } catch (error) {
        if (!signal.aborted && kept && now() < kept.expiresAtMs) return kept;
        throw error;
      } finally {
        joined.waiters--;
        if (joined.waiters === 0) {
          if (renewal === joined) renewal = undefined;
          joined.token.cancel("nobody waits for the token");
        }
      }
    },
    refuse(token) {
      if (kept?.token === token) kept = undefined;
    },
  };
}

function unlessAborted<T>(work: Promise<T>, signal: CancelSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    const settled = (): void => signal.removeEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort);
    work.then(resolve, reject).finally(settled);
  });
}

function credentialsPath(host: Host, env: (name: string) => string | undefined): string {
  const { platform, home } = host.sync("system.info", {});
  const appData = platform === "win32" ? env("APPDATA") : undefined;
  const folder = env("CLOUDSDK_CONFIG") ?? (appData === undefined ? `${home}/.config/gcloud` : `${appData}/gcloud`);
  return `${folder}/application_default_credentials.json`;
}

async function readCredentials(
  host: Host,
  env: (name: string) => string | undefined,
  call: CallIdentity,
  signal: CancelSignal,
): Promise<Credentials | undefined> {
  const named = env("GOOGLE_APPLICATION_CREDENTIALS");
  const path = named ?? credentialsPath(host, env);
  const refuse = (why: string): ModelError =>
    requestFailure(call, `The Google credentials at ${path} ${why}`, { category: "auth", reason: "auth_failure" });
  let bytes: Uint8Array;
  try {
    bytes = await host.perform("fs.read", { path }, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    if (named === undefined) return undefined;
    throw refuse(`cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  let fields: unknown;
  try {
    fields = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    // The parser's words would quote the file.
    throw refuse("are not valid JSON");
  }
  if (!isJsonObject(fields)) throw refuse("are not a JSON object");
  const kind = fields["type"];
  if (kind !== "service_account" && kind !== "authorized_user") {
    const found = JSON.stringify(kind) ?? "no type";
    throw refuse(
      `are of type ${found}; expected "service_account" or "authorized_user", or set VERTEX_AI_ACCESS_TOKEN`,
    );
  }
  for (const name of REQUIRED[kind]) if (!textOf(fields, name)) throw refuse(`lack \`${name}\``);
  const secrets = SECRETS.flatMap((name) => textOf(fields, name) ?? []);
  return { kind, fields, tokenUri: textOf(fields, "token_uri") ?? TOKEN_URI, secrets };
}

const REQUIRED = {
  service_account: ["client_email", "private_key"],
  authorized_user: ["client_id", "client_secret", "refresh_token"],
} as const;
const SECRETS = ["private_key", "client_secret", "refresh_token"];

function textOf(fields: JsonObject, name: string): string | undefined {
  const value = fields[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

async function fetchToken(
  host: Host,
  credentials: Credentials,
  call: CallIdentity,
  signal: CancelSignal,
): Promise<KeptToken> {
  const { fields, tokenUri, secrets } = credentials;
  const nowMs = host.sync("clock.now", {});
  try {
    const form = await grantOf(host, credentials, nowMs, signal);
    const response = await host.perform(
      "http.request",
      {
        method: "POST",
        url: tokenUri,
        headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
        body: new URLSearchParams(form).toString(),
        connectTimeoutMs: UTILITY_HTTP.connectTimeoutMs,
        ...(UTILITY_HTTP.totalTimeoutMs === undefined ? {} : { totalTimeoutMs: UTILITY_HTTP.totalTimeoutMs }),
        // What is posted is a credential: it goes nowhere else.
        followRedirects: false,
      },
      signal,
    );
    const body = new TextDecoder().decode(response.body);
    const hidden = [...secrets, ...(form["assertion"] === undefined ? [] : [form["assertion"]])];
    if (response.status < 200 || response.status > 299) throw refused(call, response, body, hidden, nowMs);
    const { token, lifeMs } = readToken(call, body, response.status, hidden);
    const project = textOf(fields, "project_id");
    const quotaProject = textOf(fields, "quota_project_id");
    return {
      token,
      expiresAtMs: nowMs + lifeMs,
      renewAtMs: nowMs + lifeMs - Math.min(RENEW_BEFORE_MS, lifeMs / 2),
      ...(project === undefined ? {} : { project }),
      ...(quotaProject === undefined ? {} : { quotaProject }),
    };
  } catch (error) {
    throw signal.aborted ? error : transportFailure(call, error, {}, secrets);
  }
}

async function grantOf(
  host: Host,
  { kind, fields, tokenUri }: Credentials,
  nowMs: number,
  signal: CancelSignal,
): Promise<Record<string, string>> {
  if (kind === "authorized_user") {
    return {
      grant_type: "refresh_token",
      client_id: textOf(fields, "client_id") ?? "",
      client_secret: textOf(fields, "client_secret") ?? "",
      refresh_token: textOf(fields, "refresh_token") ?? "",
    };
  }
  const issuedAt = Math.floor(nowMs / 1000);
  const keyId = textOf(fields, "private_key_id");
  const head = { alg: "RS256", typ: "JWT", ...(keyId === undefined ? {} : { kid: keyId }) };
  const claims = {
    iss: textOf(fields, "client_email"),
    scope: SCOPE,
    aud: tokenUri,
    iat: issuedAt,
    exp: issuedAt + ASSERTION_LIFE_S,
  };
  const encoder = new TextEncoder();
  const unsigned = [head, claims].map((part) => base64Url(encoder.encode(JSON.stringify(part)))).join(".");
  const signature = await host.perform(
    "crypto.sign",
    { algorithm: "rs256", privateKey: textOf(fields, "private_key") ?? "", data: encoder.encode(unsigned) },
    signal,
  );
  return {
    grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
    assertion: `${unsigned}.${base64Url(signature)}`,
  };
}

function base64Url(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** What Google refuses for good is a matter of credentials, whatever words it uses; the rest passes by itself. */
function refused(
  call: CallIdentity,
  response: { readonly status: number; readonly headers: Readonly<Record<string, string>> },
  body: string,
  secrets: readonly string[],
  nowMs: number,
): ModelError {
  const failure = httpFailure(call, { ...response, body, nowMs, secrets });
  if (failure.kind === "transient" || response.status >= 500) return failure;
  return new ModelError(`Google gave no access token: HTTP ${response.status}: ${failure.body ?? ""}`, {
    ...call,
    category: "auth",
    kind: "terminal",
    reason: "auth_failure",
    status: response.status,
    body: failure.body ?? "",
  });
}

function readToken(
  call: CallIdentity,
  body: string,
  status: number,
  secrets: readonly string[],
): { readonly token: string; readonly lifeMs: number } {
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    // Told below, with the body.
  }
  const token = isJsonObject(answer) ? textOf(answer, "access_token") : undefined;
  if (token === undefined || !isJsonObject(answer)) {
    throw new ModelError(`Google gave no access token: the answer has no \`access_token\``, {
      ...call,
      category: "auth",
      kind: "terminal",
      reason: "auth_failure",
      status,
      body: scrubSecrets(body, secrets),
    });
  }
  const life = answer["expires_in"];
  return { token, lifeMs: (typeof life === "number" && life > 0 ? life : ASSERTION_LIFE_S) * 1000 };
}
