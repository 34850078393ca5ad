import { describe, expect, it } from "vitest";
import { ERROR_CATEGORIES } from "../spec/decode.ts";
import type { ErrorCategory } from "../spec/model-error.ts";
import { categoryOfText, classifyError, classifyHttpFailure, isTransientCategory, tagOfReason } from "./classify.ts";
import { CATEGORY_PATTERNS, REASON_PATTERNS } from "./error-patterns.ts";

describe("ERR-04: categories", () => {
  it("ERR-04: five of fifteen are transient", () => {
    expect(ERROR_CATEGORIES).toHaveLength(15);
    expect(ERROR_CATEGORIES.filter(isTransientCategory)).toEqual([
      "timeout",
      "rate_limit",
      "overloaded",
      "server_error",
      "transient_network",
    ]);
  });
});

describe("ERR-06: category of a text", () => {
  const cases: readonly [text: string, category: ErrorCategory][] = [
    ["HTTP 401", "auth"],
    ["status: 403", "auth"],
    ["404 page not found", "not_found"],
    ["410", "not_found"],
    ["error 408:", "timeout"],
    ["HTTP 504 Gateway", "timeout"],
    ["522", "timeout"],
    ["(524)", "timeout"],
    ["HTTP 429", "rate_limit"],
    ["503", "overloaded"],
    ["HTTP 529 busy", "overloaded"],
    ["500", "server_error"],
    ["got 502!", "server_error"],
    ["code 418, then 429", "rate_limit"],
    ["429 overloaded_error", "rate_limit"],
    ["request 15001 of 42900", "generic"],
    ["HTTP 400", "generic"],
    ["something odd", "generic"],
    ["", "generic"],
  ];
  it.each(cases)("ERR-06: %j is %s", (text, category) => {
    expect(categoryOfText(text)).toBe(category);
  });

  it.each(CATEGORY_PATTERNS.map((row) => [row.example, row.category] as const))(
    "ERR-06: the example %j reaches its own row (%s)",
    (example, category) => {
      const row = CATEGORY_PATTERNS.find((candidate) => candidate.pattern.test(example.toLowerCase()));
      expect(row?.example).toBe(example);
      expect(categoryOfText(example)).toBe(category);
    },
  );

  it("ERR-06: a very long text is judged by its beginning, quickly", () => {
    expect(categoryOfText(`${"context ".repeat(500_000)}429`)).toBe("generic");
    expect(classifyError("generic", "context ".repeat(500_000))).toEqual({ kind: "terminal", reason: "unknown" });
  });
});

describe("ERR-07/ERR-08: kind and reason", () => {
  it.each(REASON_PATTERNS.map((row) => [row.example, row.reason, row.kind] as const))(
    "ERR-08: %j is %s, %s",
    (example, reason, kind) => {
      expect(classifyError("generic", example)).toEqual({ kind, reason });
    },
  );

  it("ERR-08: reasons come in their order of precedence", () => {
    const order: string[] = [];
    for (const row of REASON_PATTERNS) if (order.at(-1) !== row.reason) order.push(row.reason);
    expect(order).toEqual([
      "context_overflow",
      "content_policy",
      "auth_failure",
      "model_unavailable",
      "rate_limit",
      "server_error",
      "timeout",
      "network_error",
      "invalid_request",
    ]);
  });

  it.each([
    ["kind: transient, reason: rate_limited; prompt is too long", "rate_limit"],
    ["kind=transient timeout", "timeout"],
    ["kind transient network_error", "network_error"],
    ["kind transient transient_network", "network_error"],
    ["kind transient server_error", "server_error"],
    ["kind transient overloaded", "server_error"],
  ])("ERR-08: an explicit transient marker wins: %j is %s", (text, reason) => {
    expect(classifyError("generic", text)).toEqual({ kind: "transient", reason });
  });

  const byCategory: readonly [ErrorCategory, string, string][] = [
    ["rate_limit", "transient", "rate_limit"],
    ["timeout", "transient", "timeout"],
    ["overloaded", "transient", "server_error"],
    ["server_error", "transient", "server_error"],
    ["transient_network", "transient", "network_error"],
    ["auth", "terminal", "auth_failure"],
    ["not_found", "terminal", "model_unavailable"],
    ["schema_validation", "terminal", "unknown"],
    ["tool_error", "terminal", "unknown"],
    ["tool_rejected", "terminal", "unknown"],
    ["egress_blocked", "terminal", "unknown"],
    ["circuit_open", "terminal", "unknown"],
    ["generic", "terminal", "unknown"],
    ["budget_exceeded", "terminal", "budget_exceeded"],
    ["cancelled", "terminal", "cancelled"],
  ];
  it.each(byCategory)("ERR-08: where the text is silent, %s is %s/%s", (category, kind, reason) => {
    expect(classifyError(category, "no idea")).toEqual({ kind, reason });
  });

  it("ERR-08: a Go deadline is a timeout, not a context overflow", () => {
    expect(classifyError("generic", "context deadline exceeded")).toEqual({ kind: "transient", reason: "timeout" });
  });
});

describe("ERR-09: HTTP failures", () => {
  it.each([
    [429, "prompt is too long", "generic", "terminal", "context_overflow"],
    [500, '{"error":"model context exceeded: requested 49152 tokens"}', "generic", "terminal", "context_overflow"],
    [400, '{"error":{"code":"content_policy_violation"}}', "generic", "terminal", "content_policy"],
    [401, "", "auth", "terminal", "auth_failure"],
    [400, "API key not valid. Please pass a valid API key.", "auth", "terminal", "auth_failure"],
    [429, "slow down", "rate_limit", "transient", "rate_limit"],
    [400, '{"code":"insufficient_quota"}', "rate_limit", "transient", "rate_limit"],
    [408, "", "timeout", "transient", "timeout"],
    [504, "", "timeout", "transient", "timeout"],
    [404, "", "not_found", "terminal", "model_unavailable"],
    [400, '{"code":"model_not_found"}', "not_found", "terminal", "model_unavailable"],
    [500, "upstream exploded", "server_error", "transient", "server_error"],
    [503, "", "overloaded", "transient", "server_error"],
    [529, "", "overloaded", "transient", "server_error"],
    [520, "<html>", "server_error", "transient", "server_error"],
    [400, "", "generic", "terminal", "invalid_request"],
    [400, "unknown parameter: timeout", "generic", "terminal", "invalid_request"],
    [422, "", "generic", "terminal", "invalid_request"],
    [402, "out of credits", "generic", "terminal", "unknown"],
  ])("ERR-09: %i with %j is %s, %s, %s", (status, body, category, kind, reason) => {
    expect(classifyHttpFailure(status, body)).toEqual({ category, kind, reason });
  });

  it("ERR-09: rate_limit and server_error keep their older tags", () => {
    expect(tagOfReason("rate_limit")).toBe("rate_limited");
    expect(tagOfReason("server_error")).toBe("http_error");
    expect(tagOfReason("auth_failure")).toBe("auth_failure");
  });
});
