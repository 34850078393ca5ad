/**
 * The failures of a model call, each made in one place. All of them are {@link ModelError}s that already know category,
 * kind and reason; what had arrived before (text, usage) travels along, so nothing a user saw or paid for is lost.
 */

import { HostError, type HostErrorKind } from "../../base/index.ts";
import type { Usage } from "../spec/model.ts";
import { type ErrorCategory, ModelError, type ModelErrorFields } from "../spec/model-error.ts";
import { categoryOfText, classifyError, classifyHttpFailure, tagOfReason } from "./classify.ts";
import { header, parseRetryAfterText, retryAfterOf } from "./retry-after.ts";
import { scrubSecrets } from "./scrub-secrets.ts";

/** Which call failed. */
export interface CallIdentity {
  readonly provider: string;
  readonly model: string;
}

/** What had arrived when the call died. */
export interface PartialAnswer {
  readonly text?: string;
  readonly usage?: Usage;
}

export interface HttpFailure {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Wall clock, milliseconds since the epoch, for dates in `retry-after`. */
  readonly nowMs: number;
  /** Values to keep out of message and body. */
  readonly secrets?: readonly string[];
  /** Where the answer came from, when that is not where the request was sent. */
  readonly redirectedTo?: string | undefined;
}

/** The headers in which providers and the gateways before them name a request, the more telling first. */
const REQUEST_ID_HEADERS = ["request-id", "x-request-id", "x-amzn-requestid", "apim-request-id", "cf-ray"];

export function requestIdOf(headers: Readonly<Record<string, string>>): string | undefined {
  for (const name of REQUEST_ID_HEADERS) {
    const value = header(headers, name)?.trim();
    if (value) return value;
  }
  return undefined;
}

const LONGEST_BODY_IN_MESSAGE = 4_000;

/** ERR-09: `{provider} HTTP {status} [{tag}]: {body}`, with the hints a caller can use behind it. */
export function httpFailure(call: CallIdentity, failure: HttpFailure): ModelError {
  const body = scrubSecrets(failure.body, failure.secrets);
  const found = classifyHttpFailure(failure.status, body);
  const retryAfterMs = retryAfterOf(failure.headers, body, failure.nowMs);
  let message = `${call.provider} HTTP ${failure.status} [${tagOfReason(found.reason)}]: ${readableBody(body)}`;
  if (found.reason === "context_overflow") {
    const tokens = largestNumber(body);
    if (tokens !== undefined) message += ` (offending_tokens: ${tokens})`;
  }
  if (failure.redirectedTo !== undefined) message += ` (redirected to ${failure.redirectedTo})`;
  if (retryAfterMs !== undefined) message += ` (retry-after: ${secondsOf(retryAfterMs)})`;
  const requestId = requestIdOf(failure.headers);
  return new ModelError(message, {
    ...call,
    ...found,
    status: failure.status,
    body,
    ...(requestId === undefined ? {} : { requestId }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** A failure known by its words: a scripted error, an error value of a program, an error event without a status. */
export function failureFromText(
  call: CallIdentity,
  message: string,
  options: { readonly category?: ErrorCategory; readonly nowMs: number; readonly partial?: PartialAnswer },
): ModelError {
  const category = options.category ?? categoryOfText(message);
  const retryAfterMs = parseRetryAfterText(message, options.nowMs);
  return new ModelError(message, {
    ...call,
    category,
    ...classifyError(category, message),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...partialFields(options.partial),
  });
}

/** A failure as a test scripts it. */
export interface ScriptedFailure {
  readonly category: ErrorCategory;
  readonly message: string;
  readonly retryAfterMs?: number | undefined;
}

/** FAKE-15, FAKE-16: the hint travels in the message, as in a real answer, and the usual parser finds it. */
export function scriptedFailure(call: CallIdentity, { category, message, retryAfterMs }: ScriptedFailure): ModelError {
  if (retryAfterMs === undefined) return failureFromText(call, message, { category, nowMs: 0 });
  const separator = message === "" || message.endsWith("\n") ? "" : "\n";
  const hinted = `${message}${separator}retry-after: ${secondsOf(retryAfterMs)}\n`;
  return failureFromText(call, hinted, { category, nowMs: 0 });
}

/**
 * An error event in the middle of a stream, or an error object in a successful answer.
 * @param words the provider's own account, for the message; `raw` is the whole event
 */
export function streamFailure(
  call: CallIdentity,
  event: { readonly words: string; readonly raw: string; readonly status?: number },
  partial: PartialAnswer,
  secrets: readonly string[] = [],
): ModelError {
  const raw = scrubSecrets(event.raw, secrets);
  const status = event.status !== undefined && event.status >= 400 && event.status <= 599 ? event.status : undefined;
  const found =
    status === undefined
      ? { category: categoryOfText(raw), ...classifyError(categoryOfText(raw), raw) }
      : classifyHttpFailure(status, raw);
  const words = scrubSecrets(event.words, secrets);
  return new ModelError(`${call.provider} error in the answer [${tagOfReason(found.reason)}]: ${words}`, {
    ...call,
    ...found,
    body: raw,
    ...(status === undefined ? {} : { status }),
    ...partialFields(partial),
  });
}

/** The stream ended before the provider said so. Never a success, whatever has arrived. */
export function truncatedFailure(
  call: CallIdentity,
  awaited: string,
  partial: PartialAnswer,
  cause?: unknown,
): ModelError {
  const seen = partial.text ? `${partial.text.length} characters of text had arrived` : "no text had arrived";
  return new ModelError(`${call.provider} stream ended before ${awaited} (unexpected EOF); ${seen}`, {
    ...call,
    category: "transient_network",
    kind: "transient",
    reason: "truncated",
    ...partialFields(partial),
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Bytes that are no answer: broken JSON in an event. */
export function malformedFailure(call: CallIdentity, raw: string, partial: PartialAnswer, cause?: unknown): ModelError {
  const start = scrubSecrets(raw.slice(0, 200));
  return new ModelError(`${call.provider} sent an event that is not valid JSON: ${start}`, {
    ...call,
    category: "transient_network",
    kind: "transient",
    reason: "malformed",
    body: scrubSecrets(raw),
    ...partialFields(partial),
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Bytes that are no framed message at all: a wrong checksum, a message without end. */
export function brokenFrameFailure(
  call: CallIdentity,
  words: string,
  partial: PartialAnswer,
  cause: unknown,
): ModelError {
  return new ModelError(`${call.provider} sent bytes that are no answer: ${words}`, {
    ...call,
    category: "transient_network",
    kind: "transient",
    reason: "malformed",
    ...partialFields(partial),
    cause,
  });
}

/** HTTP-07: tokens were billed, nothing was delivered. Asking again usually helps. */
export function emptyCompletionFailure(call: CallIdentity, outputTokens: number, usage: Usage | undefined): ModelError {
  return new ModelError(
    `${call.provider} model ${call.model} reported completion_tokens=${outputTokens} but delivered no content, ` +
      "reasoning, or tool calls",
    {
      ...call,
      category: "server_error",
      kind: "transient",
      reason: "server_error",
      ...(usage === undefined ? {} : { usage }),
    },
  );
}

export function timeoutFailure(call: CallIdentity, timeoutMs: number, partial: PartialAnswer): ModelError {
  return new ModelError(`${call.provider} request timed out after ${secondsOf(timeoutMs)}s`, {
    ...call,
    category: "timeout",
    kind: "transient",
    reason: "timeout",
    ...partialFields(partial),
  });
}

export function cancelledFailure(call: CallIdentity, cause: unknown, partial: PartialAnswer = {}): ModelError {
  return new ModelError(`${call.provider} call was cancelled`, {
    ...call,
    category: "cancelled",
    kind: "terminal",
    reason: "cancelled",
    ...partialFields(partial),
    ...(cause === undefined ? {} : { cause }),
  });
}

/** A request that cannot be built or sent as it is: a missing key, an endpoint without a name. */
export function requestFailure(
  call: CallIdentity,
  message: string,
  fields: Pick<ModelErrorFields, "category" | "reason"> & Partial<Pick<ModelErrorFields, "body" | "usage">> = {
    category: "generic",
    reason: "invalid_request",
  },
): ModelError {
  return new ModelError(message, { ...call, kind: "terminal", ...fields });
}

/** Whatever the transport threw, told as a failed call. A ModelError passes unchanged. */
export function transportFailure(
  call: CallIdentity,
  error: unknown,
  partial: PartialAnswer = {},
  secrets: readonly string[] = [],
): ModelError {
  if (error instanceof ModelError) return error;
  const words = scrubSecrets(error instanceof Error ? error.message : String(error), secrets);
  const found = error instanceof HostError ? HOST_FAILURES[error.kind] : undefined;
  const category = found?.category ?? categoryOfText(words);
  const kindAndReason = found ?? classifyError(category, words);
  return new ModelError(`${call.provider} API error: ${words}`, {
    ...call,
    category,
    kind: kindAndReason.kind,
    reason: kindAndReason.reason,
    ...partialFields(partial),
    cause: error,
  });
}

type HostFailure = Pick<ModelErrorFields, "category" | "kind" | "reason">;

const NETWORK: HostFailure = { category: "transient_network", kind: "transient", reason: "network_error" };
const UNUSABLE: HostFailure = { category: "generic", kind: "terminal", reason: "unknown" };

const HOST_FAILURES: Readonly<Record<HostErrorKind, HostFailure>> = {
  timeout: { category: "timeout", kind: "transient", reason: "timeout" },
  cancelled: { category: "cancelled", kind: "terminal", reason: "cancelled" },
  connection_refused: NETWORK,
  connection_reset: NETWORK,
  dns: NETWORK,
  // A certificate does not get better by asking again.
  tls: { category: "generic", kind: "terminal", reason: "network_error" },
  permission_denied: { category: "egress_blocked", kind: "terminal", reason: "unknown" },
  unsupported: UNUSABLE,
  invalid_input: { category: "generic", kind: "terminal", reason: "invalid_request" },
  not_found: UNUSABLE,
  already_exists: UNUSABLE,
  not_a_directory: UNUSABLE,
  is_a_directory: UNUSABLE,
  not_empty: UNUSABLE,
  no_space: UNUSABLE,
  other: NETWORK,
};

function partialFields(partial: PartialAnswer | undefined): { partialText?: string; usage?: Usage } {
  return {
    ...(partial?.text ? { partialText: partial.text } : {}),
    ...(partial?.usage === undefined ? {} : { usage: partial.usage }),
  };
}

/** The body as one can read it in a sentence; the error keeps all of it in `body`. */
function readableBody(body: string): string {
  const text = body.trim();
  if (/^(?:<!doctype html|<html|<\?xml)/i.test(text)) {
    const title = /<title[^>]*>([^<]*)<\/title>/i.exec(text)?.[1]?.trim();
    return title ? `HTML page "${title}"` : "HTML page";
  }
  return text.length > LONGEST_BODY_IN_MESSAGE ? `${text.slice(0, LONGEST_BODY_IN_MESSAGE)}…` : text;
}

function largestNumber(text: string): number | undefined {
  let largest: number | undefined;
  for (const [digits] of text.matchAll(/\d+/g)) {
    if (digits.length <= 10) largest = Math.max(largest ?? 0, Number(digits));
  }
  return largest;
}

/** Seconds in the shortest decimal form: 2500 is `2.5`, 1000 is `1`. */
export function secondsOf(ms: number): string {
  return String(ms / 1000);
}
