import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { boundOutput, previewOf } from "./bounded-output.ts";
import { headWithin, tailWithin, utf8Length } from "./clip.ts";
import { codePointCount, firstCodePoints, lastCodePoints } from "./code-points.ts";

describe("bounded output", () => {
  it("LOOP-96 a small value passes untouched, the same object", () => {
    const value = { a: [1, 2, 3] };
    expect(boundOutput(value)).toBe(value);
    const atLimit = "x".repeat(200_000 - 2);
    expect(boundOutput(atLimit)).toBe(atLimit);
  });

  it("LOOP-96 a value over 200,000 bytes becomes a preview that ends with the note", () => {
    const line = `${"y".repeat(99)}\n`;
    const clipped = boundOutput(line.repeat(3000)) as { tool_output_clipped: boolean; preview: string };
    expect(clipped.tool_output_clipped).toBe(true);
    expect(clipped.preview).toMatch(/\[output clipped: \d+ bytes total exceeded the tool-output ceiling\]$/);
    expect(clipped.preview.split("\n").slice(0, -1)).toEqual(Array.from({ length: 500 }, () => "y".repeat(99)));
  });

  it("LOOP-97 one endless line is clipped by characters (the original showed nothing)", () => {
    const clipped = boundOutput({ text: "ü".repeat(150_000) }) as { preview: string };
    expect(utf8Length(clipped.preview)).toBeGreaterThan(49_000);
    expect(utf8Length(clipped.preview)).toBeLessThan(51_000);
  });

  it("LOOP-97 an error at the end keeps 70 % head and 30 % tail", () => {
    const text = `${Array.from({ length: 1000 }, (_, n) => `line ${n}`).join("\n")}\nFATAL: no space\n`;
    const preview = previewOf(text, 1000);
    expect(preview).toMatch(/^line 0\n/);
    expect(preview).toMatch(/\n\[\.\.\. \d+ lines omitted \.\.\.\]\n/);
    expect(preview).toMatch(/FATAL: no space$/);
    const calm = previewOf(text.replace("FATAL: no space", "bye"), 1000);
    expect(calm).not.toContain("bye");
  });

  it("heads and tails fit, are parts of the text, and never cut a character", () => {
    const unit = fc.constantFrom("a", "é", "漢", "🎉", "\n", "\ud800");
    fc.assert(
      fc.property(fc.string({ unit }), fc.nat(30), (text, max) => {
        const head = headWithin(text, max);
        const tail = tailWithin(text, max);
        expect(text.startsWith(head)).toBe(true);
        expect(text.endsWith(tail)).toBe(true);
        expect(utf8Length(head)).toBeLessThanOrEqual(max);
        expect(utf8Length(tail)).toBeLessThanOrEqual(max);
        expect(utf8Length(text)).toBe(new TextEncoder().encode(text).length);
      }),
    );
  });

  it("code points are counted and cut like an iterator does", () => {
    const unit = fc.constantFrom("a", "漢", "🎉", "\ud83c", "\udf89");
    fc.assert(
      fc.property(fc.string({ unit }), fc.nat(10), (text, limit) => {
        const points = [...text];
        expect(codePointCount(text)).toBe(points.length);
        expect(firstCodePoints(text, limit)).toBe(points.slice(0, limit).join(""));
        expect(codePointCount(lastCodePoints(text, limit))).toBeLessThanOrEqual(limit);
      }),
    );
  });
});
