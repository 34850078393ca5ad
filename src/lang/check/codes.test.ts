import { describe, expect, it } from "vitest";
import { check, summary } from "../../../test/lang/checked-source.ts";
import { CHECK_CODES, CHECK_RULES } from "./codes.ts";

describe("checker codes", () => {
  it("are unique and keep their families", () => {
    const codes = CHECK_CODES.map((row) => row.code);
    expect(new Set(codes).size).toBe(codes.length);
    for (const { code, severity } of CHECK_CODES) {
      expect(code).toMatch(severity === "warning" ? /^HARN-(T1|N0)\d\d$/ : /^HARN-[TN]0\d\d$/);
    }
  });

  it.each(Object.entries(CHECK_RULES))("%s: the example gets it first, its repair gets nothing", (_, row) => {
    const { bad, fixed, code, severity } = row;
    const [first, ...others] = check(bad);
    expect(first, `nothing reported for:\n${bad}`).toMatchObject({ code, severity });
    expect(summary(bad, others)).toEqual([]);
    expect(summary(fixed, check(fixed))).toEqual([]);
  });

  it.each(Object.entries(CHECK_RULES))("%s: the message is one line without a full stop", (_, row) => {
    const [first] = check(row.bad);
    expect(first?.message).not.toMatch(/\n/);
    // The one message whose text is fixed with its full stop.
    if (row.code !== "HARN-T019") expect(first?.message).not.toMatch(/\.$/);
    expect(first?.hint ?? "Hint").toMatch(/^[A-Z]/);
  });
});
