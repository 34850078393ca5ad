import { describe, expect, it } from "vitest";
import { HostError, type HostErrorKind } from "../../base/index.ts";
import { decodeModelError, encodeModelError } from "../spec/decode.ts";
import { ModelError } from "../spec/model-error.ts";
import {
  cancelledFailure,
  emptyCompletionFailure,
  failureFromText,
  httpFailure,
  malformedFailure,
  streamFailure,
  timeoutFailure,
  transportFailure,
  truncatedFailure,
} from "./model-failures.ts";
import { isRetryable, retryDelayMs } from "./retry-decision.ts";
import { scrubSecrets } from "./scrub-secrets.ts";

const CALL = { provider: "acme", model: "m1" };
const USAGE = { inputTokens: 7, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, exact: false };

function http(status: number, body: string, headers: Record<string, string> = {}, secrets: string[] = []): ModelError {
  return httpFailure(CALL, { status, headers, body, nowMs: 0, secrets });
}

describe("ERR-09: HTTP failures as errors", () => {
  it("ERR-09: names provider, status, tag, body and the wait", () => {
    const error = http(429, '{"error":"slow down"}', { "retry-after": "12" });
    expect(error.message).toBe('acme HTTP 429 [rate_limited]: {"error":"slow down"} (retry-after: 12)');
    expect(error).toMatchObject({
      code: "model.rate_limit",
      category: "rate_limit",
      kind: "transient",
      status: 429,
      retryAfterMs: 12_000,
      body: '{"error":"slow down"}',
    });
  });

  it("ERR-09: names the offending tokens of an overflow, which wins over 429", () => {
    const error = http(429, "maximum context length is 8192 tokens, your prompt is too long (10234 tokens)");
    expect(error.message).toContain("acme HTTP 429 [context_overflow]: ");
    expect(error.message).toMatch(/ \(offending_tokens: 10234\)$/);
    expect(error).toMatchObject({ kind: "terminal", reason: "context_overflow" });
  });

  it("ERR-09: an HTML page is named by its title and kept whole in the body", () => {
    const page = "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>";
    const error = http(502, page);
    expect(error.message).toBe('acme HTTP 502 [http_error]: HTML page "502 Bad Gateway"');
    expect(error.body).toBe(page);
  });

  it("ERR-09: keys never show, neither given nor guessed", () => {
    const error = http(401, "bad key hunter2hunter2 or sk-ant-abcdefghijkl", {}, ["hunter2hunter2"]);
    expect(error.message).toBe("acme HTTP 401 [auth_failure]: bad key [redacted] or sk-ant-[redacted]");
    expect(error.body).not.toContain("hunter2");
  });

  it("ERR-09: the body in the message is bounded, the one in the field is not", () => {
    const error = http(500, "x".repeat(100_000));
    expect(error.message.length).toBeLessThan(5000);
    expect(error.body).toHaveLength(100_000);
  });
});

describe("failures of a stream", () => {
  it("truncated keeps text and usage, and is worth a retry", () => {
    const error = truncatedFailure(CALL, "message_stop", { text: "Hel", usage: USAGE });
    expect(error).toMatchObject({
      category: "transient_network",
      kind: "transient",
      reason: "truncated",
      partialText: "Hel",
      usage: USAGE,
    });
    expect(error.message).toBe(
      "acme stream ended before message_stop (unexpected EOF); 3 characters of text had arrived",
    );
    expect(isRetryable(error)).toBe(true);
  });

  it("an error event speaks with the provider's words", () => {
    const raw = '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}';
    const error = streamFailure(CALL, { words: "Overloaded", raw }, { text: "so far" });
    expect(error).toMatchObject({ category: "overloaded", kind: "transient", body: raw, partialText: "so far" });
    expect(error.message).toBe("acme error in the answer [http_error]: Overloaded");
  });

  it("an error event with a status is judged by it", () => {
    expect(streamFailure(CALL, { words: "slow", raw: "{}", status: 429 }, {})).toMatchObject({
      category: "rate_limit",
      status: 429,
    });
  });

  it("HTTP-07: tokens without content are a retryable failure", () => {
    const error = emptyCompletionFailure(CALL, 12, USAGE);
    expect(error.message).toContain("completion_tokens=12 but delivered no content");
    expect(isRetryable(error)).toBe(true);
    expect(isRetryable(error.message)).toBe(true);
  });

  it("ERR-09: malformed, timeout and cancel keep what had arrived", () => {
    expect(malformedFailure(CALL, '{"a":', { text: "t" })).toMatchObject({ reason: "malformed", partialText: "t" });
    expect(timeoutFailure(CALL, 1500, { usage: USAGE })).toMatchObject({ category: "timeout", usage: USAGE });
    expect(timeoutFailure(CALL, 1500, {}).message).toBe("acme request timed out after 1.5s");
    expect(cancelledFailure(CALL, "stop", { text: "t" })).toMatchObject({ category: "cancelled", partialText: "t" });
  });
});

describe("ERR-05: failures of the transport", () => {
  const kinds: readonly [HostErrorKind, string, string][] = [
    ["timeout", "timeout", "transient"],
    ["connection_refused", "transient_network", "transient"],
    ["connection_reset", "transient_network", "transient"],
    ["dns", "transient_network", "transient"],
    ["tls", "generic", "terminal"],
    ["permission_denied", "egress_blocked", "terminal"],
    ["cancelled", "cancelled", "terminal"],
    ["unsupported", "generic", "terminal"],
  ];
  it.each(kinds)("ERR-05: a host failure %s is %s, %s", (kind, category, retryKind) => {
    const error = transportFailure(CALL, new HostError(kind, "http.stream", "no luck"));
    expect(error).toMatchObject({ category, kind: retryKind, message: "acme API error: no luck" });
    expect(error.cause).toBeInstanceOf(HostError);
  });

  it("ERR-05: an explicit category is kept, an unknown throw is judged by its text", () => {
    const inner = cancelledFailure(CALL, undefined);
    expect(transportFailure(CALL, inner)).toBe(inner);
    expect(transportFailure(CALL, new Error("connection reset by peer")).category).toBe("transient_network");
    expect(transportFailure(CALL, { odd: true }).category).toBe("generic");
  });

  it("ERR-10: a scripted text with a hint carries it", () => {
    expect(failureFromText(CALL, "throttled\nretry-after: 2.5\n", { category: "rate_limit", nowMs: 0 })).toMatchObject({
      retryAfterMs: 2500,
      category: "rate_limit",
      kind: "transient",
    });
  });
});

describe("ERR-11: what is retried", () => {
  it.each([
    [{ kind: "transient" }, true],
    [{ kind: "terminal", category: "timeout" }, false],
    [{ category: "rate_limit" }, true],
    [{ category: "auth" }, false],
    [{ message: "timeout" }, false],
    ["HTTP 503", true],
    ["HTTP 401 Unauthorized", false],
    ["prompt is too long, HTTP 429", false],
    ["gateway timeout", true],
    ["delivered no content", true],
    ["EOF", true],
    ["nonsense", false],
    [new Error("rate limit reached"), true],
    [42, false],
    [null, false],
  ])("ERR-11: %j → %s", (error, expected) => {
    expect(isRetryable(error)).toBe(expected);
  });

  it("ERR-11: an unknown reason leaves the word to the category", () => {
    const fields = { ...CALL, category: "timeout", kind: "terminal", reason: "unknown" } as const;
    expect(isRetryable(new ModelError("?", fields))).toBe(true);
  });
});

describe("ERR-12: how long to wait", () => {
  it("ERR-12: doubles from twice the base up to sixteen times", () => {
    expect([1, 2, 3, 4, 5, 9].map((attempt) => retryDelayMs(attempt, 250))).toEqual([
      500, 1000, 2000, 4000, 4000, 4000,
    ]);
  });
  it("ERR-12: the hint wins, a mock waits for nothing", () => {
    expect(retryDelayMs(1, 250, { retryAfterMs: 7 })).toBe(7);
    expect(retryDelayMs(1, 250, { retryAfterMs: 7, intercepted: true })).toBe(0);
    expect(retryDelayMs(3, -5)).toBe(0);
  });
});

describe("secrets", () => {
  it.each([
    ["Bearer abcdefghijklmnop", "Bearer [redacted]"],
    ["https://h/x?key=AIzaSyA1234567890abcdefgh&b=1", "https://h/x?key=[redacted]&b=1"],
    ["gsk_abcdefghijkl", "gsk_[redacted]"],
    ["the task-force sk-8", "the task-force sk-8"],
  ])("%j becomes %j", (text, clean) => {
    expect(scrubSecrets(text)).toBe(clean);
  });
});

describe("errors as data", () => {
  it("survive a journal", () => {
    const error = http(429, "x", { "retry-after": "1" });
    const back = decodeModelError(JSON.parse(JSON.stringify(encodeModelError(error))));
    expect(back).toBeInstanceOf(ModelError);
    expect(encodeModelError(back)).toEqual(encodeModelError(error));
  });
});
