import { describe, expect, it } from "vitest";
import { traceLines } from "./trace-lines.ts";

const repeat = (count: number, ...lines: string[]): string[] => Array.from({ length: count }, () => lines).flat();

describe("stack traces (STYLE: errors)", () => {
  it.each<[string, string[], string[]]>([
    ["nothing", [], []],
    ["short traces as they are", ["a", "b", "<main>"], ["a", "b", "<main>"]],
    ["twice the same is no recursion worth hiding", ["a", "a", "<main>"], ["a", "a", "<main>"]],
    [
      "one function",
      ["leaf", ...repeat(30, "f"), "<main>"],
      ["leaf", "f", "  … the line above 29 more times", "<main>"],
    ],
    [
      "functions in turn",
      [...repeat(10, "even", "odd"), "<main>"],
      ["even", "odd", "  … the 2 lines above 9 more times", "<main>"],
    ],
    [
      "a cycle that was cut in the middle",
      [...repeat(5, "a", "b", "c"), "a", "b"],
      ["a", "b", "c", "  … the 3 lines above 4 more times", "a", "b"],
    ],
    [
      "two recursions",
      [...repeat(4, "x"), "between", ...repeat(5, "y")],
      ["x", "  … the line above 3 more times", "between", "y", "  … the line above 4 more times"],
    ],
  ])("shows %s", (_, frames, lines) => {
    expect(traceLines(frames)).toEqual(lines);
  });

  it("shows both ends of a long trace without repetition", () => {
    const frames = Array.from({ length: 100 }, (_, index) => `f${index}`);
    const lines = traceLines(frames);
    expect(lines).toHaveLength(25);
    expect([lines[11], lines[12], lines[13]]).toEqual(["f11", "  … 76 more …", "f88"]);
  });
});
