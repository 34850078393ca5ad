/** What is kept of a deep stack: where it failed, and who started it. */

import { describe, expect, test } from "vitest";
import { startProgram } from "../../src/runtime/index.ts";
import { createVirtualHost } from "../../src/testing/index.ts";
import type { TraceFrame } from "../../src/vm/index.ts";
import { readMarks } from "../lang/checked-source.ts";
import { soundProgram } from "../support/run-harn.ts";

/** The trace of a program that fails. */
async function traceOf(source: string): Promise<readonly TraceFrame[]> {
  const { outcome } = startProgram(soundProgram(source), { host: createVirtualHost() });
  const result = await outcome;
  if (result.status !== "failed") throw new Error(`The program ended as ${result.status}`);
  return result.failure.trace ?? [];
}

/** So many calls of `down` above `start` above the program. */
const program = (depth: number): string => `
fn down(n) {
  if n == 1 { throw "bottom" }
  return 1 + down(n - 1)
}
fn start() { return 1 + down(${depth}) }
println(start())
`;

describe("a stack trace", () => {
  test.each([1, 5, 30])("of %i calls in a function has them all", async (depth) => {
    const trace = await traceOf(program(depth));
    expect(trace.map((frame) => frame.function)).toEqual([...Array(depth).fill("down"), "start", "<main>"]);
    expect(trace.every(({ omitted }) => omitted === undefined)).toBe(true);
  });

  test.each([31, 100, 500])("of %i calls keeps both ends and says what is missing", async (depth) => {
    const trace = await traceOf(program(depth));
    expect(trace.slice(-2).map((frame) => frame.function)).toEqual(["start", "<main>"]);
    expect(trace[0]).toEqual({ function: "down", file: "a.harn", line: 3, column: 15 });
    const missing = trace.flatMap(({ omitted }) => omitted ?? []);
    expect(missing).toEqual([depth + 2 - trace.length]);
    expect(trace.length).toBe(32);
  });
});

/** What stands between marks is where the program fails. */
const FAILURES: readonly string[] = [
  "d «-» 3",
  "x.a «*» d",
  "(x.a + 1) - («-»d)",
  "1 + 2 «*»\n  d",
  "x.a.«b».c",
  "x?.a.foo(1).«bar»",
  "x.a.fn().«b»",
  "len(«unwrap»(Err(1)))",
  "xs.map({ v -> v «/» x.zero })",
  '"text ${1 «/» x.zero} text"',
  "xs[«d»]",
  "xs[«1»:d]",
  "«1» to d",
  "while x.a > 1 «+» d { }",
  "«throw» [1]",
  '«require» x.a > 20, "too small"',
  "«match» x.a { 5 -> { 1 } }",
  "«let» {a, b} = xs",
  "var z = 1\n«z» += d",
  "var o = {list: xs}\n«o».a *= d",
  '«json_parse»("{")',
  'if true {\n  "é😀" «-» 1\n}',
];

describe("a failure's place", () => {
  test.each(FAILURES)("%s", async (marked) => {
    const head = "fn run(x, xs, d) {\n";
    const { text, spans } = readMarks(`${head}${marked}\n}\nrun({a: 7, zero: 0}, ["q"], {k: 1})\n`);
    const [frame] = await traceOf(text);
    const lines = text.slice(0, spans[0]?.start).split("\n");
    expect([frame?.line, frame?.column]).toEqual([lines.length, [...(lines.at(-1) ?? "")].length + 1]);
  });
});
