import { describe, expect, it } from "vitest";
import { createSourceFile, parse, treeMeaning } from "../../lang/index.ts";
import { generateProgram } from "../fuzz/program-generator.ts";
import { laidOut, layouts, roughened } from "./layouts.ts";

const meaningOf = (text: string): string => {
  const { module, diagnostics } = parse(createSourceFile("a.harn", text));
  expect(diagnostics.map(({ message }) => message)).toEqual([]);
  return treeMeaning(module);
};

const program = `// adds
fn add(a, b = 1) { return a + b }

pipeline default() {
  let xs = [1, 2, 3].map({ x -> add(x, b: 2) }).filter({ x -> x > 1 })
  if xs.count > 1 { println("many: \${xs}") } else { println("few") }
  let text = """
    kept
      as it is
    """
  println(text)
}
`.replace(", b: 2", ", 2");

describe("layouts", () => {
  it.each(layouts)("%s keeps the meaning and the comments", (layout) => {
    const text = laidOut(layout, program);
    expect(meaningOf(text)).toBe(meaningOf(program));
    expect(text).toContain("// adds");
  });

  it("narrow breaks what wide has in a line", () => {
    const longest = (text: string): number => Math.max(...text.split("\n").map((line) => line.length));
    expect(longest(laidOut("formatted", program))).toBeGreaterThan(60);
    expect(longest(laidOut("narrow", program))).toBeLessThanOrEqual(60);
  });

  it("a rough text has other lines and the same meaning, for every construct", () => {
    for (let seed = 0; seed < 30; seed++) {
      const text = generateProgram({ seed });
      const rough = roughened(text, seed);
      expect({ seed, meaning: meaningOf(rough) }).toEqual({ seed, meaning: meaningOf(text) });
    }
    expect(roughened(program, 1).split("\n").length).not.toBe(program.split("\n").length);
    expect(roughened(program, 1)).not.toBe(roughened(program, 2));
  });

  it.each(layouts)("%s leaves what does not parse as it is", (layout) => {
    expect(laidOut(layout, "fn (")).toBe("fn (");
  });
});
