/** A run that is gone on with long after it was cut off, in the middle of a model's answer. */

import { describe, expect, it } from "vitest";
import { beginJournal, createMemoryStore, openJournal } from "../../src/journal/index.ts";
import { createVirtualHost, type VirtualHost } from "../../src/testing/index.ts";
import { compile, play } from "./journaled-program.ts";

const MODEL = 'provider: "anthropic", model: "claude-sonnet-4-20250514"';
const HOUR_MS = 3_600_000;

/** Answers a second after it was asked, or never. */
function worldThat(answers: boolean, asked: string[]): VirtualHost {
  const inner = createVirtualHost({ env: { ANTHROPIC_API_KEY: "a-key-for-this-test" } });
  return {
    ...inner,
    stream(kind, args, signal) {
      if (kind !== "model.stream") return inner.stream(kind, args, signal);
      asked.push(kind);
      return (async function* () {
        await (answers ? inner.perform("sleep", { ms: 1000 }, signal) : new Promise(() => {}));
        yield { type: "response-start" };
        yield { type: "text-delta", messageId: "m", delta: "the answer" };
        const usage = { inputTokens: 5, outputTokens: 2, cacheReadTokens: 0, cacheWriteTokens: 0, exact: true };
        yield { type: "done", stopReason: "end_turn", usage };
      })() as never;
    },
  };
}

describe("a call of a model that was under way when the machine went off for hours", () => {
  it.each([
    ["llm_call", `println(llm_call("hi", nil, {${MODEL}, llm_retries: 0}).text)`],
    ["llm_call with a limit", `println(llm_call("hi", nil, {${MODEL}, llm_retries: 0, timeout: 60}).text)`],
    ["llm_call with a short limit", `println(llm_call("hi", nil, {${MODEL}, llm_retries: 0, timeout: 5}).text)`],
    ["agent_loop", `println(agent_loop("hi", nil, {${MODEL}, llm_retries: 0, max_iterations: 1}).text)`],
  ])("is made again, and has its time again: %s", async (_name, source) => {
    const program = await compile(source);
    const store = createMemoryStore();
    const journal = await beginJournal(store, { id: "r", createdMs: 0 }, { snapshots: "keep" });
    const asked: string[] = [];
    let rests = 0;
    await play(
      program,
      { mode: "record", journal },
      { host: worldThat(false, asked), isGone: () => rests >= 1, whileResting: () => void (rests += 1) },
    );
    expect(asked).toHaveLength(1);

    const host = worldThat(true, asked);
    host.clock.moveTo(8 * HOUR_MS);
    const { output, error } = await play(
      program,
      { mode: "resume", journal: await openJournal(store, "r", { snapshots: "use" }) },
      { host, whileResting: () => void host.clock.wakeNext() },
    );
    expect({ output, error, asked: asked.length }).toEqual({ output: "the answer\n", error: undefined, asked: 2 });
  });
});
