import { describe, expect, it } from "vitest";
import { MODULE_CODES } from "../modules/codes.ts";
import { PARSE_CODES } from "../syntax/codes.ts";
import { parse } from "../syntax/parser.ts";
import { createSourceFile } from "../syntax/source-file.ts";
import { findCode } from "./codes.ts";

describe("the table of codes", () => {
  it.each([...PARSE_CODES, ...MODULE_CODES])("$code has a title and an explanation in house style", (row) => {
    expect(row.code).toMatch(/^HARN-[PN]\d{3}$/);
    expect(row.title).toMatch(/^[A-Z].*[^.]$/);
    expect(row.explanation).toMatch(/\.$/);
  });

  it("gives no code twice", () => {
    const codes = [...PARSE_CODES, ...MODULE_CODES].map((row) => row.code);
    expect(new Set(codes).size).toBe(codes.length);
  });

  it.each(PARSE_CODES.filter((row) => row.bad !== undefined))("$code is what its example gets", ({ code, bad }) => {
    const { diagnostics } = parse(createSourceFile("bad.harn", bad!));
    expect(diagnostics.map((diagnostic) => diagnostic.code)).toContain(code);
  });

  it.each([...PARSE_CODES, ...MODULE_CODES].filter((row) => row.fixed !== undefined))(
    "$code is gone from the corrected example",
    ({ fixed }) => {
      expect(parse(createSourceFile("fixed.harn", fixed!)).diagnostics).toEqual([]);
    },
  );

  it("is looked up over several tables, with or without the prefix", () => {
    expect(findCode("HARN-P001", MODULE_CODES, PARSE_CODES)?.title).toBe("Unexpected token");
    expect(findCode(" n101 ", PARSE_CODES, MODULE_CODES)?.code).toBe("HARN-N101");
    expect(findCode("HARN-X999", PARSE_CODES)).toBeUndefined();
  });
});
