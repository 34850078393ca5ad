import { describe, expect, it } from "vitest";
import { parseHttpDate, parseRetryAfterText, retryAfterOf } from "./retry-after.ts";

/** Sun, 06 Nov 1994 08:49:37 GMT, the date of the RFC's examples. */
const NOW = 784111777000;

describe("ERR-10: retry-after in a text", () => {
  it.each([
    ["err: retry-after: 5", 5000],
    ["retry-after: 2.5", 2500],
    ["Retry-After:1\r\nnext-header: 9", 1000],
    ["RETRY-AFTER: 0.25 seconds", 250],
    ["retry-after: 600", 60_000],
    ["retry-after: -3", 0],
    ["(retry-after: 12)", 12_000],
    ["retry-after: Sun, 06 Nov 1994 08:49:47 GMT", 10_000],
    ["retry-after: Sunday, 06-Nov-94 08:49:47 GMT", 10_000],
    ["retry-after: Sun Nov  6 08:49:47 1994", 10_000],
    ["retry-after: Sun, 06 Nov 1994 08:00:00 GMT", 0],
    ["retry-after: Sun, 06 Nov 2094 08:00:00 GMT", 60_000],
  ])("ERR-10: %j is %i ms", (text, ms) => {
    expect(parseRetryAfterText(text, NOW)).toBe(ms);
  });

  it.each([
    "nothing here",
    "retry-after: soon-ish",
    "retry-after:",
    "retry-after:\n5",
    "retry-after: nan",
    "retry after: 5",
  ])("ERR-10: %j yields nothing", (text) => {
    expect(parseRetryAfterText(text, NOW)).toBeUndefined();
  });
});

describe("ERR-10: retry-after in headers", () => {
  it("ERR-10: milliseconds win over seconds", () => {
    expect(retryAfterOf({ "retry-after-ms": "750", "retry-after": "9" }, "", NOW)).toBe(750);
  });
  it("ERR-10: names are matched whatever their case", () => {
    expect(retryAfterOf({ "Retry-After": "3" }, "", NOW)).toBe(3000);
  });
  it("ERR-10: a broken millisecond header falls through to the next", () => {
    expect(retryAfterOf({ "retry-after-ms": "soon", "retry-after": "2" }, "", NOW)).toBe(2000);
  });
  it("ERR-10: a date is relative to the clock that is handed in", () => {
    expect(retryAfterOf({ "retry-after": "Sun, 06 Nov 1994 08:49:40 GMT" }, "", NOW)).toBe(3000);
  });
  it("ERR-10: a Google error body names its delay", () => {
    expect(retryAfterOf({}, '{"error":{"details":[{"retryDelay": "34.5s"}]}}', NOW)).toBe(34_500);
  });
  it("ERR-10: no hint, no number", () => {
    expect(retryAfterOf({}, "{}", NOW)).toBeUndefined();
    expect(parseHttpDate("Sun, 06 Nox 1994 08:49:40 GMT")).toBeUndefined();
  });
});
