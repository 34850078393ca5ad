import { expect, test } from "vitest";
import { errorCategoryOf, isRateLimited, isTimeout, thrownError } from "./error-builtins.ts";

test("ERR-13 throw_error", () => {
  expect(thrownError("slow", "timeout")).toEqual({ message: "slow", category: "timeout" });
  expect(thrownError("odd", "invented")).toEqual({ message: "odd", category: "generic" });
  expect(thrownError(7)).toEqual({ message: "7", category: "generic" });
});

test.each([
  [{ category: "timeout" }, "timeout"],
  [{ category: "my_own" }, "my_own"],
  [{ message: "HTTP 429" }, "generic"],
  ["HTTP 429 Too Many Requests", "rate_limit"],
  ["connection reset by peer", "transient_network"],
  [null, "generic"],
  [[], "generic"],
])("ERR-13 error_category of %j", (error, category) => {
  expect(errorCategoryOf(error)).toBe(category);
});

test("ERR-13 is_timeout and is_rate_limited take dicts and strings", () => {
  expect([isTimeout({ category: "timeout" }), isTimeout("HTTP 504"), isTimeout("fine")]).toEqual([true, true, false]);
  expect([isRateLimited({ category: "rate_limit" }), isRateLimited("HTTP 429"), isRateLimited(4)]).toEqual([
    true,
    true,
    false,
  ]);
});
