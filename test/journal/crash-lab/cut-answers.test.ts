/**
 * The process is gone while an answer comes in, of which the journal has a part. Pieces that nobody has seen are no
 * reason to fail: the call is made anew. What a program reads piece by piece ends there, as with any stream that is cut.
 */

import { describe, expect, it } from "vitest";
import { createMemoryStore, foldEffects, openJournal } from "../../../src/journal/index.ts";
import { compile, isolatedHost, play } from "../journaled-program.ts";
import { openLab } from "./lab-program.ts";
import { begin, live, RUN } from "./processes.ts";
import { stoppable } from "./stop-points.ts";

const source = `
let options = {provider: "anthropic", model: "claude-sonnet-4-20250514", max_tokens: 200}
let beside = spawn {
  for n in 1 to 15 {
    write_file("beside.txt", "\${n}")
    sleep(3ms)
  }
}
println(llm_call("Work as ann", nil, options).stop_reason)
var heard = ""
for piece in llm_stream("Work as nobody", nil, options) { heard = heard + piece }
println(heard)
await(beside)
`;

describe("answers that were cut by a crash", () => {
  it("stopped at every await", { timeout: 120_000 }, async () => {
    const program = await compile(source);
    const outputs = new Set<string>();
    let calls = 0;
    for (let at = 0; ; at++) {
      const lab = openLab();
      const store = createMemoryStore();
      const first = stoppable(lab.host, at);
      await begin(program, store, lab, first);
      if (!first.isGone()) break;
      const stored = await openJournal(store, RUN);
      if (stored.info.status === "running") {
        const last = await live(
          program,
          { mode: "resume", journal: stored, keepOutput: true },
          lab,
          stoppable(lab.host),
        );
        expect(last.error, `await ${at}`).toBeUndefined();
      }
      const journal = await openJournal(store, RUN);
      const replayed = await play(program, { mode: "replay", journal }, { host: isolatedHost() });
      expect(replayed.error, `await ${at}`).toBeUndefined();
      outputs.add(replayed.output.replace(/error: .*was cut after \d items, when the run stopped/, "<cut>"));
      calls = Math.max(calls, foldEffects(journal.entries).filter(({ kind }) => kind === "model.stream").length);
    }
    expect([...outputs].map((output) => output.trimEnd().split("\n").at(-1)).sort()).toEqual([
      "1 things <cut>",
      "1 things done",
      "1 things done<cut>",
      "<cut>",
    ]);
    expect([...outputs].every((output) => output.startsWith("tool_use\n"))).toBe(true);
    expect(calls).toBe(3);
  });
});
