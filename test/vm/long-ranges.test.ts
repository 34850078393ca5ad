/** Ranges may be longer than anybody lives, and lists larger than the machine. */

import { describe, expect, test } from "vitest";
import { startProgram } from "../../src/runtime/index.ts";
import { createVirtualHost } from "../../src/testing/index.ts";
import { soundProgram } from "../support/run-harn.ts";

interface Ending {
  readonly status: string;
  readonly output: string;
  readonly message: string;
}

/** Runs a program, and asks it to stop after some turns. */
async function run(source: string, stopAfterBreaths = Number.POSITIVE_INFINITY): Promise<Ending> {
  const parts: string[] = [];
  let breaths = 0;
  const host = createVirtualHost();
  const { vm, outcome } = startProgram(soundProgram(source), {
    host,
    output: { write: (text) => parts.push(text) },
    breathe: async () => {
      if (++breaths === stopAfterBreaths) vm.cancel("Enough");
    },
  });
  const ended = await host.drive(outcome);
  const message = ended.status === "failed" ? ended.failure.display() : "";
  return { status: ended.status, output: parts.join(""), message };
}

describe("a program that goes through an endless range can be stopped", () => {
  test.each([
    ["counting", "(0 to 9000000000000000).iter().count()"],
    ["adding up", "(0 to 9000000000000000).iter().sum()"],
    ["skipping", "(0 to 9000000000000000).iter().skip(8000000000000000).first()"],
    ["a builtin as callback", "(0 to 9000000000000000).iter().map(to_string).count()"],
    ["two at once", "(0 to 9000000000000000).iter().zip((0 to 9000000000000000).iter()).count()"],
    ["going on over and over", "while true { continue }"],
    ["leaving a try over and over", "while true { try { continue } finally { } }"],
    ["the next item, over and over", "for i in 0 to 9000000000000000 { continue }"],
  ])("%s", async (_name, line) => {
    expect(await run(`${line}\n`, 3)).toMatchObject({ status: "cancelled", message: "" });
  });
});

test.each([
  ["try", "try { while true { } } finally { println(1) }"],
  ["defer", "fn f() { defer { println(1) }\n  while true { } }\nf()"],
  ["a loop that starts the try", "try { while true { if false { break } } } finally { println(1) }"],
  ["a for loop", "try { for i in 0 to 9000000000000000 { } } finally { println(1) }"],
])("stopped between two turns, a program cleans up: %s", async (_name, source) => {
  expect(await run(`${source}\nprintln("after")\n`, 3)).toMatchObject({ status: "cancelled", output: "1\n" });
});

test("a task in a long range lets others have their turn", async () => {
  const source = `let long = spawn { (1 to 100000).iter().count() }
let short = spawn { println("short") }
await(short)
println(await(long))
`;
  expect((await run(source)).output).toBe("short\n100000\n");
});

test("a builtin as callback uses no stack, however many items there are", async () => {
  expect((await run("println((1 to 30000).iter().map(to_string).filter(len).count())\n")).output).toBe("30000\n");
});

test("a list that would not fit is an error of the program", async () => {
  const { status, message } = await run("[...(0 to 9000000000000000)]\n");
  expect([status, message]).toEqual([
    "failed",
    "Runtime error: Value is too large: a list holds at most 67108864 items, this one would have 9000000000000001: go through them one by one, or in parts",
  ]);
});
