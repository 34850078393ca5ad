/**
 * The words by which providers, proxies and network stacks say what went wrong.
 *
 * Two tables, each searched from the top, first hit wins; every row carries a real-looking example, which the tests run
 * through the classifier, so a row that an earlier one shadows shows up at once.
 *
 * - {@link CATEGORY_PATTERNS} decides the category of a bare text (ERR-06, after the status code);
 * - {@link REASON_PATTERNS} decides kind and reason of a text (ERR-08).
 *
 * Patterns are matched against lower-cased text. To teach a new wording, add a row and its example.
 */

import type { ErrorCategory, ErrorKind } from "../spec/model-error.ts";

/** Why a call failed, for those who react to it (ERR-07). `truncated` and `malformed` are ours: a broken stream. */
export type ErrorReason =
  | "rate_limit"
  | "server_error"
  | "network_error"
  | "timeout"
  | "truncated"
  | "malformed"
  | "auth_failure"
  | "context_overflow"
  | "content_policy"
  | "invalid_request"
  | "model_unavailable"
  | "cancelled"
  | "budget_exceeded"
  | "unknown";

export interface CategoryPattern {
  readonly pattern: RegExp;
  readonly category: ErrorCategory;
  readonly example: string;
}

export interface ReasonPattern {
  readonly pattern: RegExp;
  readonly kind: ErrorKind;
  readonly reason: ErrorReason;
  readonly example: string;
}

/** ERR-06: category of a status code; other codes say nothing by themselves. */
export function categoryOfStatus(status: number): ErrorCategory | undefined {
  switch (status) {
    case 401:
    case 403:
      return "auth";
    case 404:
    case 410:
      return "not_found";
    case 408:
    case 504:
    case 522:
    case 524:
      return "timeout";
    case 429:
      return "rate_limit";
    case 503:
    case 529:
      return "overloaded";
    case 500:
    case 502:
      return "server_error";
  }
  return undefined;
}

export const CATEGORY_PATTERNS: readonly CategoryPattern[] = [
  // Identifiers of providers and of our own runtime
  { pattern: /deadline exceeded/, category: "timeout", example: "context deadline exceeded" },
  { pattern: /deadline_exceeded/, category: "timeout", example: '{"status":"DEADLINE_EXCEEDED"}' },
  { pattern: /timeout_error/, category: "timeout", example: '{"type":"timeout_error"}' },
  {
    pattern: /overloaded_error/,
    category: "overloaded",
    example: '{"type":"overloaded_error","message":"Overloaded"}',
  },
  { pattern: /"status":\s*"unavailable"/, category: "overloaded", example: '{"status": "UNAVAILABLE"}' },
  { pattern: /api_error/, category: "server_error", example: '{"type":"api_error","message":"Internal error"}' },
  { pattern: /server_error/, category: "server_error", example: '{"code":"server_error"}' },
  { pattern: /insufficient_quota/, category: "rate_limit", example: '{"code":"insufficient_quota"}' },
  { pattern: /billing_hard_limit_reached/, category: "rate_limit", example: '{"code":"billing_hard_limit_reached"}' },
  { pattern: /rate_limit_error/, category: "rate_limit", example: '{"type":"rate_limit_error"}' },
  { pattern: /rate_limit_exceeded/, category: "rate_limit", example: '{"code":"rate_limit_exceeded"}' },
  { pattern: /resource_exhausted/, category: "rate_limit", example: '{"status":"RESOURCE_EXHAUSTED"}' },
  { pattern: /throttlingexception/, category: "rate_limit", example: "ThrottlingException: Too many tokens" },
  { pattern: /invalid_api_key/, category: "auth", example: '{"code":"invalid_api_key"}' },
  { pattern: /authentication_error/, category: "auth", example: '{"type":"authentication_error"}' },
  { pattern: /permission_error/, category: "auth", example: '{"type":"permission_error"}' },
  { pattern: /api key not valid/, category: "auth", example: "API key not valid. Please pass a valid API key." },
  { pattern: /not_found_error/, category: "not_found", example: '{"type":"not_found_error"}' },
  { pattern: /model_not_found/, category: "not_found", example: '{"code":"model_not_found"}' },
  { pattern: /circuit_open/, category: "circuit_open", example: "circuit_open: provider is resting" },
  // Network phrases
  { pattern: /connection reset/, category: "transient_network", example: "read: connection reset by peer" },
  { pattern: /connection refused/, category: "transient_network", example: "Connection refused (os error 111)" },
  {
    pattern: /connection closed/,
    category: "transient_network",
    example: "connection closed before message completed",
  },
  { pattern: /broken pipe/, category: "transient_network", example: "write failed: Broken pipe" },
  { pattern: /dns error/, category: "transient_network", example: "dns error: failed to lookup address" },
  { pattern: /stream error/, category: "transient_network", example: "http2 stream error received" },
  { pattern: /unexpected eof/, category: "transient_network", example: "unexpected EOF during chunk size line" },
  { pattern: /\becon(?:nreset|nrefused|naborted)\b/, category: "transient_network", example: "read ECONNRESET" },
  { pattern: /\benotfound\b/, category: "transient_network", example: "getaddrinfo ENOTFOUND api.example.test" },
];

/**
 * ERR-08, in this order: context overflow, content policy, auth, model unavailable, rate limit, server, timeout,
 * network, invalid request. The explicit transient marker before them all is in `classify.ts`.
 */
export const REASON_PATTERNS: readonly ReasonPattern[] = [
  ...terminal("context_overflow", [
    [/context[_ ]length/, "This model's maximum context length is 8192 tokens"],
    [/context_overflow/, "[context_overflow]"],
    [/context window/, "input exceeds the context window of this model"],
    // "context deadline exceeded" is a timeout, not an overflow.
    [/context(?! deadline)[\s\S]*exceed/, "model context exceeded: requested 49152 tokens"],
    [/exceed[\s\S]*context(?! deadline)/, "request exceeds the available context size"],
    [/prompt is too long/, "prompt is too long: 210000 tokens > 200000 maximum"],
    [/prompt_tokens_exceeded/, '{"code":"prompt_tokens_exceeded"}'],
    [/input is too long/, "Input is too long for requested model."],
    [/exceeds the maximum/, "The input token count (1200000) exceeds the maximum number of tokens allowed"],
    [/max_tokens[\s\S]*exceed|exceed[\s\S]*max_tokens/, "input length and `max_tokens` exceed the limit"],
  ]),
  ...terminal("content_policy", [
    [/content[_ ]policy/, '{"code":"content_policy_violation"}'],
    [/safety policy/, "The response was withheld by our safety policy"],
    [/moderation/, "Flagged by moderation"],
    [/responsible_ai_policy/, '{"code":"responsible_ai_policy_violation"}'],
    [/blocked by policy/, "Request blocked by policy"],
  ]),
  ...terminal("auth_failure", [
    [/invalid_api_key/, '{"code":"invalid_api_key"}'],
    [/authentication_error/, '{"type":"authentication_error"}'],
    [/auth_failure/, "[auth_failure]"],
    [/unauthorized/, "401 Unauthorized"],
    [/unauthenticated/, '{"status":"UNAUTHENTICATED"}'],
    [/forbidden/, "403 Forbidden"],
    [/permission_error|permission_denied/, '{"status":"PERMISSION_DENIED"}'],
    [/api key not valid/, "API key not valid. Please pass a valid API key."],
  ]),
  ...terminal("model_unavailable", [
    [/model_not_found/, '{"code":"model_not_found"}'],
    [/not_found_error/, '{"type":"not_found_error","message":"model: claude-x"}'],
    [/model (?:is )?unavailable/, "The model is unavailable in your region"],
    [/model not found/, "Model not found, inaccessible, and/or not deployed"],
  ]),
  ...transient("rate_limit", [
    [/\[rate_limited\]/, "openai HTTP 400 [rate_limited]: slow down"],
    [/rate_limit/, '{"type":"rate_limit_error"}'],
    [/too many requests/, "429 Too Many Requests"],
    [/insufficient_quota/, '{"code":"insufficient_quota"}'],
    [/billing_hard_limit_reached/, '{"code":"billing_hard_limit_reached"}'],
    [/resource_exhausted/, '{"status":"RESOURCE_EXHAUSTED"}'],
    [/throttlingexception/, "ThrottlingException: Rate exceeded"],
  ]),
  ...transient("server_error", [
    [/\[http_error\]/, "local HTTP 500 [http_error]: upstream exploded"],
    [/bad gateway/, "502 Bad Gateway"],
    [/service unavailable/, "503 Service Unavailable"],
    [/overloaded/, '{"type":"overloaded_error"}'],
    [/api_error/, '{"type":"api_error"}'],
    [/server_error|internal server error/, '{"code":"server_error","message":"The server had an error"}'],
    [/"status":\s*"(?:unavailable|internal)"/, '{"status": "INTERNAL"}'],
  ]),
  ...transient("timeout", [
    [/timed out/, "operation timed out"],
    [/timeout/, "Gateway Timeout"],
    [/deadline[_ ]exceeded/, "context deadline exceeded"],
  ]),
  ...transient("network_error", [
    [/connection reset/, "connection reset by peer"],
    [/connection refused/, "connection refused"],
    [/connection closed/, "connection closed before message completed"],
    [/broken pipe/, "Broken pipe"],
    [/dns error/, "dns error"],
    [/stream error/, "stream error in the HTTP/2 layer"],
    [/\beof\b/, "unexpected EOF"],
    [/\becon(?:nreset|nrefused|naborted)\b|\benotfound\b/, "connect ECONNREFUSED 127.0.0.1:9"],
  ]),
  ...terminal("invalid_request", [
    [/invalid_request/, '{"type":"invalid_request_error","message":"messages: must not be empty"}'],
    [/bad request/, "400 Bad Request"],
    [/invalid_argument/, '{"status":"INVALID_ARGUMENT"}'],
  ]),
];

type Row = readonly [pattern: RegExp, example: string];

function terminal(reason: ErrorReason, rows: readonly Row[]): ReasonPattern[] {
  return rows.map(([pattern, example]) => ({ pattern, kind: "terminal", reason, example }));
}

function transient(reason: ErrorReason, rows: readonly Row[]): ReasonPattern[] {
  return rows.map(([pattern, example]) => ({ pattern, kind: "transient", reason, example }));
}
