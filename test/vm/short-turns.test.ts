/** Tasks that wake each other for ever: no turn is long, and yet the platform must have its own. */

import { describe, expect, test } from "vitest";
import { startProgram } from "../../src/runtime/index.ts";
import { createVirtualHost } from "../../src/testing/index.ts";
import { soundProgram } from "../support/run-harn.ts";

interface Ending {
  readonly status: string;
  readonly output: string;
}

/** Runs a program whose clock stands still while it computes, but for a second at each breath. */
async function run(source: string, stopAfterBreaths = Number.POSITIVE_INFINITY): Promise<Ending> {
  const parts: string[] = [];
  let breaths = 0;
  let writes = 0;
  const host = createVirtualHost();
  const { vm, outcome } = startProgram(soundProgram(source), {
    host,
    output: {
      write: (text) => {
        parts.push(text);
        if (++writes > 1_000_000) throw new Error("A million lines without a breath");
      },
    },
    breathe: async () => {
      await host.advance(1000);
      if (++breaths === stopAfterBreaths) vm.cancel("Enough");
    },
  });
  const { status } = await outcome;
  return { status, output: parts.join("") };
}

const endless: readonly [name: string, declarations: string, body: string][] = [
  ["a stream and its consumer", "gen fn numbers() { while true { emit 1 } }", "for n in numbers() { log(n) }"],
  ["a generator and its consumer", "fn numbers() { while true { yield 1 } }", "for n in numbers() { log(n) }"],
  ["a builtin that consumes", "fn numbers() { while true { yield 1 } }", "iter(numbers()).count()"],
  [
    "two tasks and two channels",
    "",
    `let there = channel(1)
let back = channel(1)
let echo = spawn { while true { send(back, receive(there)) } }
while true {
  send(there, 1)
  log(receive(back))
}`,
  ],
  ["one task after the other", "", "while true { log(await(spawn { 1 })) }"],
];

describe("an endless exchange can be stopped", () => {
  test.each(endless)("%s", async (_name, declarations, body) => {
    expect((await run(`${declarations}\n${body}\n`, 3)).status).toBe("cancelled");
  });
});

describe("an endless exchange meets its deadline", () => {
  test.each(endless)("%s", async (_name, declarations, body) => {
    const source = `${declarations}
pipeline default() {
  try {
    deadline 2s { ${body} }
  } catch (e) { println("caught: " + to_string(e)) }
}
`;
    const { status, output } = await run(source, 200);
    expect([status, output.trimEnd().split("\n").at(-1)]).toEqual(["ok", "caught: Deadline exceeded"]);
  });
});

test("short tasks are not interrupted by what others have used up", async () => {
  const source = `let results = parallel 2000 { i ->
  var sum = 0
  for n in 0 to 50 exclusive { sum = sum + n }
  println("\${i} begun")
  for n in 0 to 50 exclusive { sum = sum + n }
  println("\${i} done")
  sum
}
println(len(results))
`;
  const { output } = await run(source);
  const lines = output.trimEnd().split("\n");
  expect(lines).toHaveLength(4001);
  expect(lines.slice(0, 4)).toEqual(["0 begun", "0 done", "1 begun", "1 done"]);
});
