/** What is stored, in the log and with snapshots, when a process ends again and again, each time after a snapshot, and the next one goes on. */

import { describe, expect, it } from "vitest";
import { beginJournal, createJsonlStore, type JournalStore, openJournal } from "../../src/journal/index.ts";
import { createVirtualHost, type VirtualHost } from "../../src/testing/index.ts";
import { createFakeFolder } from "./fake-folder.ts";
import { compile, isolatedHost, play } from "./journaled-program.ts";

const LONG = "what there is to say of it, in as many words as it takes to be stored apart from its request ".repeat(5);
const TURNS = 72;
const MODEL = 'provider: "anthropic", model: "claude-sonnet-4-20250514", max_tokens: 200';

const AGENT = `
let tools = tool_define(tool_registry(), "look", "${LONG}", {
  parameters: {what: "string"},
  handler: { args -> "\${args.what}: ${LONG}" },
})
let result = agent_loop("Look up what you can", "${LONG}", {
  ${MODEL}, tools: tools, tool_format: "native", max_iterations: ${TURNS + 1}, loop_detect: false,
})
println(result.status)
`;

const LOOP = `
var messages = []
for i in 1 to ${TURNS} {
  messages = messages.push({role: "user", content: "question \${i}: ${LONG}"})
  let answer = llm_call(nil, "${LONG}", {${MODEL}, messages: messages})
  messages = messages.push({role: "assistant", content: answer.text})
}
println(len(messages))
`;

/** Answers at once, with calls of a tool or with a long text; never again once the process is gone. */
function hostThat(calls: boolean, isGone: () => boolean): VirtualHost {
  const inner = createVirtualHost({ env: { ANTHROPIC_API_KEY: "a-key-for-this-test" } });
  const usage = { inputTokens: 5, outputTokens: 2, cacheReadTokens: 0, cacheWriteTokens: 0, exact: true };
  return {
    ...inner,
    stream(kind, args, signal) {
      if (kind !== "model.stream") return inner.stream(kind, args, signal);
      const number = (args as { readonly messages: readonly unknown[] }).messages.length;
      const isLast = number > 2 * TURNS;
      const id = `c${number}`;
      return (async function* () {
        if (isGone()) await new Promise(() => {});
        yield { type: "response-start" };
        if (calls && !isLast) {
          yield { type: "tool-call-start", id, name: "look" };
          yield { type: "tool-call-end", id, input: { what: `thing ${number}` } };
        } else yield { type: "text-delta", messageId: "m", delta: `answer ${number}: ${LONG}` };
        yield { type: "done", stopReason: calls && !isLast ? "tool_use" : "end_turn", usage };
      })() as never;
    },
  };
}

/**
 * Characters that each process stored in the log, but the first and the last; and the parts of snapshots that they stored, in
 * which there may be nothing of the key that each of them reads.
 *
 * @param asks each has asked for its next answer when it ends
 */
async function storedByEach(source: string, calls: boolean, asks: boolean) {
  const folder = createFakeFolder();
  const program = await compile(source);
  const inLog: number[] = [];
  const parts: string[] = [];
  let output = "";
  for (let error: string | undefined = "gone"; error === "gone"; ) {
    const inner = createJsonlStore(folder);
    const { snapshots } = inner;
    let logChars = 0;
    let isGone = false;
    const store: JournalStore = {
      ...inner,
      snapshots: {
        ...snapshots!,
        async save(run, snapshot, mark) {
          await snapshots!.save(run, snapshot, mark);
          parts.push(...snapshot.parts.added.values());
          isGone = true;
        },
      },
      append(run, batch) {
        if (isGone && !asks) return new Promise(() => {});
        for (const { body } of [...batch.rows, ...batch.blobs]) logChars += body.length;
        return inner.append(run, batch);
      },
    };
    const isFirst = inLog.length === 0;
    const journal = isFirst
      ? await beginJournal(store, { id: "r", createdMs: 0 }, { snapshots: "keep" })
      : await openJournal(store, "r", { snapshots: "use" });
    expect(journal.snapshot === undefined).toBe(isFirst);
    const played = await play(
      program,
      { mode: isFirst ? "record" : "resume", journal, snapshots: { everyEntries: 60 } },
      { host: hostThat(calls, () => isGone), isGone: () => isGone },
    );
    ({ error } = played);
    if (error !== "gone") expect(error).toBeUndefined();
    else if (asks) await journal.flush(true);
    output += played.output;
    inLog.push(logChars);
  }
  const replayed = await play(
    program,
    { mode: "replay", journal: await openJournal(createJsonlStore(folder), "r") },
    { host: isolatedHost() },
  );
  expect({ output: replayed.output, error: replayed.error }).toEqual({ output, error: undefined });
  return { inLog: inLog.slice(1, -1), parts };
}

describe("a process that goes on after a snapshot", () => {
  it.each([
    ["an agent's conversation", "had asked for something", AGENT, true],
    ["an agent's conversation", "had not", AGENT, true],
    ["a conversation that the program keeps", "had asked for something", LOOP, false],
    ["a conversation that the program keeps", "had not", LOOP, false],
  ])("stores nothing of %s again, where the one before %s since", async (...given) => {
    const [, before, source, calls] = given;
    const { inLog, parts } = await storedByEach(source, calls, before !== "had not");
    expect(inLog.length).toBeGreaterThan(6);
    const third = Math.floor(inLog.length / 3);
    const mean = (some: readonly number[]): number => some.reduce((sum, chars) => sum + chars, 0) / some.length;
    expect(mean(inLog.slice(-third)), inLog.join(" ")).toBeLessThan(1.3 * mean(inLog.slice(0, third)));
    expect(parts.length).toBeGreaterThan(0);
    expect(new Set(parts).size).toBe(parts.length);
  });
});
