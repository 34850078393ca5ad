import { describe, expect, it } from "vitest";
import { MODULE_CODES } from "../modules/codes.ts";
import { PARSE_CODES } from "../syntax/codes.ts";
import { allCodes } from "./all-codes.ts";
import { findCode, fullCode } from "./codes.ts";

describe("the table of codes", () => {
  it("gives no code twice, in the order of the areas", () => {
    const codes = allCodes.map((row) => row.code);
    expect(new Set(codes).size).toBe(codes.length);
    const areas = codes.map((code) => code.charAt("HARN-".length)).join("");
    expect(areas).toMatch(/^P+N+T+C+L+$/);
  });

  it("is looked up over several tables, with or without the prefix", () => {
    expect(findCode("HARN-P001", MODULE_CODES, PARSE_CODES)?.title).toBe("Unexpected token");
    expect(findCode(" n101 ", PARSE_CODES, MODULE_CODES)?.code).toBe("HARN-N101");
    expect(findCode("HARN-X999", PARSE_CODES)).toBeUndefined();
    expect(fullCode("t1")).toBe("HARN-T1");
  });
});
