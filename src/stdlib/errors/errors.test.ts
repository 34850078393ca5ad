import { describe, expect, it } from "vitest";
import { caught, shown } from "../../../test/support/run-harn.ts";

describe("categories of caught errors (ERR-05, ERR-06, ERR-13)", () => {
  it.each([
    ['error_category({category: "auth"})', "auth"],
    ["error_category({})", "generic"],
    ["error_category(5)", "generic"],
    ['error_category("HTTP 429: slow down")', "rate_limit"],
    ['error_category("status 4290")', "generic"],
    ['error_category("got 503")', "overloaded"],
    ['error_category("Deadline exceeded")', "timeout"],
    ['error_category("connection reset by peer")', "transient_network"],
    ['is_timeout({category: "timeout"})', "true"],
    ['is_timeout("HTTP 504")', "true"],
    ['is_rate_limited("insufficient_quota")', "true"],
    ["is_rate_limited(nil)", "false"],
  ])("%s is %s", async (expression, expected) => {
    expect(await shown(expression)).toBe(expected);
  });

  it.each([
    ['throw_error("slow", "timeout")', "{category: timeout, message: slow}"],
    ['throw_error("odd", "no such thing")', "{category: generic, message: odd}"],
    ["throw_error()", "{category: generic, message: }"],
  ])("%s", async (expression, expected) => {
    expect(await caught(expression)).toBe(expected);
  });
});
