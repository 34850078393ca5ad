/** What would take all memory is an error of the program that names what was found, what is allowed and a way out. */

import { describe, expect, it, test } from "vitest";
import { startProgram } from "../../src/runtime/index.ts";
import { createVirtualHost } from "../../src/testing/index.ts";
import { caught, printed, shown, soundProgram } from "../support/run-harn.ts";

const items = (count: number): string =>
  `Runtime error: Value is too large: a list holds at most 67108864 items, this one would have ${count}: go through them one by one, or in parts`;
const characters = (count: number): string =>
  `Runtime error: Value is too large: repeating makes strings of at most 268435456 characters, this one would have ${count}: write it in parts`;
const tasks = (count: number, limit = 1_000_000): string =>
  `Runtime error: Too many tasks at once: ${count}, the limit is ${limit}: set \`max_concurrent\`, or await some before others`;

test.each([
  ["to_list(0 to 9000000000000000)", items(9_000_000_000_000_001)],
  ["[...(0 to 9000000000000000)]", items(9_000_000_000_000_001)],
  ["parallel each 0 to 9000000000000000 { x -> x }", tasks(9_000_000_000_000_002)],
  ["parallel 9000000000000000 with {max_concurrent: 2} { x -> x }", items(9_000_000_000_000_000)],
  ["parallel 10000000 { x -> x }", tasks(10_000_001)],
  ["parallel settle 0 to 9999999 { x -> x }", tasks(10_000_001)],
  ["parallel_race(0 to 9999999, { x -> x })", tasks(10_000_001)],
  ['"x" * 1000000000000', characters(1_000_000_000_000)],
  ['"ab".repeat(1000000000000)', characters(2_000_000_000_000)],
  ['"ab".pad_left(1000000000002)', characters(1_000_000_000_000)],
  ['"ab".pad_right(1000000000002, "é")', characters(1_000_000_000_000)],
  ['str_pad("ab", 1000000000002)', characters(1_000_000_000_000)],
  ['str_pad("ab", 1000000000002, "-", "both")', characters(500_000_000_000)],
  ["(0 to 1000000).iter().windows(500000).to_list().len()", /a list holds at most 67108864 items/],
])("%s is an error", async (expression, expected) => {
  expect(await caught(expression)).toEqual(typeof expected === "string" ? expected : expect.stringMatching(expected));
});

describe("a range knows by itself, however long it is", () => {
  test.each([
    ["(0 to 9000000000000000).len()", "9000000000000001"],
    ["(-9007199254740991 to 9007199254740991).len()", "18014398509481983"],
    ["(0 to 9007199254740991).last()", "9007199254740991"],
    ["(1 to 100).sum()", "5050"],
    ["(1 to 100 exclusive).sum()", "4950"],
    ["(5 to 1).sum()", "0"],
    ["(-3 to 3).sum()", "0"],
    // 9007199254740991 · 9007199254740992 / 2, in 64 bits
    ["(0 to 9007199254740991).sum()", String(BigInt.asIntN(64, (9007199254740991n * 9007199254740992n) / 2n))],
  ])("%s is %s", async (expression, expected) => {
    expect(await shown(expression)).toBe(expected);
  });
});

/** The output of a program in a machine with room for five tasks. */
async function withFiveTasks(source: string): Promise<string> {
  const host = createVirtualHost();
  const { vm, outcome } = startProgram(soundProgram(source), { host, maxTasks: 5 });
  const ended = await host.drive(outcome);
  expect(vm.liveTasks).toBe(0);
  return host.stdout() + (ended.status === "failed" ? ended.failure.display() : "");
}

describe("a machine has room for so many tasks", () => {
  const attempt = (body: string): string => `try {\n  ${body}\n} catch (e) {\n  println(e)\n}\n`;

  it("as it is told, the program itself among them", async () => {
    expect(await withFiveTasks("println(parallel 4 { x -> x })")).toBe("[0, 1, 2, 3]\n");
    expect(await withFiveTasks(attempt("parallel 5 { x -> x }"))).toBe(`${tasks(6, 5)}\n`);
  });

  it("of which those that have ended take none", async () => {
    expect(await withFiveTasks("for i in 1 to 9 { await(spawn { i }) }\nprintln(1)")).toBe("1\n");
  });

  it("counts tasks that were started one by one, generators and streams too", async () => {
    expect(await withFiveTasks(attempt("for i in 1 to 9 { spawn { sleep(1h) } }"))).toBe(`${tasks(6, 5)}\n`);
    const generators = "fn ones() { yield 1 }\nvar all = []\n";
    expect(await withFiveTasks(generators + attempt("for i in 1 to 9 { all = all.push(ones()) }"))).toBe(
      `${tasks(6, 5)}\n`,
    );
    const stream = "for x in parallel each [1, 2, 3, 4, 5] { x -> x } as stream { println(x) }";
    expect(await withFiveTasks(attempt(stream))).toBe(`${tasks(6, 5)}\n`);
  });

  it("and starts none of a group that has no room; a cap on the group makes room", async () => {
    const inner = "parallel 2 { x -> println(x); parallel 3 { y -> sleep(1ms); y } }";
    expect(await withFiveTasks(attempt(inner))).toBe(`0\n1\n${tasks(6, 5)}\n`);
    expect(await withFiveTasks("println((parallel 1000 with {max_concurrent: 4} { x -> x }).sum())")).toBe("499500\n");
  });
});

it("a group keeps results and failures in the order of its items, not of their ends", async () => {
  const body = "{ x ->\n  sleep(10 * (4 - x))\n  if x % 2 == 1 { throw x }\n  return x\n}";
  expect(
    await printed(`let all = parallel settle [0, 1, 2, 3] ${body}
println(all.results)
println("\${all.succeeded} \${all.failed}")
try { parallel each [0, 1, 2, 3] ${body} } catch (e) { println(e) }
for x in parallel each [0, 2] ${body} as stream { println(x) }`),
  ).toEqual(["[Result.Ok(0), Result.Err(Thrown: 1), Result.Ok(2), Result.Err(Thrown: 3)]", "2 2", "1", "2", "0"]);
});
