import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSourceFile } from "./source-file.ts";

describe("positions in a source file", () => {
  const text = "ab\r\ncd😀e\n\nlast";
  const file = createSourceFile("a.harn", text);

  it.each([
    ["the first character", 0, 1, 1],
    ["the end of a line, before its break", 2, 1, 3],
    ["the line feed of a CRLF", 3, 1, 4],
    ["the first character of line 2", 4, 2, 1],
    ["an emoji", 6, 2, 3],
    ["behind an emoji: one column, two offsets", 8, 2, 4],
    ["an empty line", 10, 3, 1],
    ["the end of the file", text.length, 4, 5],
    ["an offset behind the end", 99, 4, 5],
    ["a negative offset", -3, 1, 1],
  ])("finds %s", (_, offset, line, column) => {
    expect(file.position(offset)).toEqual({ line, column });
  });

  it("gives lines without their breaks", () => {
    expect([1, 2, 3, 4, 5].map(file.lineText)).toEqual(["ab", "cd😀e", "", "last", ""]);
    expect(file.lineCount()).toBe(4);
  });

  it("clamps a column behind the end of its line", () => {
    expect(file.offsetAt({ line: 1, column: 50 })).toBe(2);
  });

  it("counts half a surrogate pair as a column of its own", () => {
    expect(createSourceFile("a.harn", "\ud83dx").position(1)).toEqual({ line: 1, column: 2 });
  });

  it("finds the offset of a position again, for any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", "\n", "é", "😀", "\t") }), (any) => {
        const source = createSourceFile("any.harn", any);
        let offset = 0;
        for (const character of `${any}`) {
          expect(source.offsetAt(source.position(offset))).toBe(offset);
          offset += character.length;
        }
      }),
    );
  });
});
