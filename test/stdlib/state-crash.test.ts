/** A program that keeps state, stopped at every write of its journal and resumed, leaves the files that it leaves undisturbed. */

import { describe, expect, it } from "vitest";
import { beginJournal, openJournal } from "../../src/journal/index.ts";
import { createVirtualHost, type VirtualHost } from "../../src/testing/index.ts";
import {
  compile,
  createMemoryStore,
  isolatedHost,
  play,
  playVirtually,
  replayFrom,
} from "../journal/journaled-program.ts";

const PROGRAM = `
import "std/agent_state"
import "std/memory"

store_set("a", 1)
checkpoint("one", {rows: 2.0})
parallel each ["b", "c"] { key -> store_set(key, key) }
let state = agent_state_init("state", {session_id: "s", conflict_policy: "error"})
agent_state_write(state, "plan.md", "text")
agent_state_delete(state, "plan.md")
memory_store("team", "ada", "likes tea", nil, {id: "m1", now: "2026-01-01"})
memory_forget("team", "coffee")
println(store_list())
println([checkpoint_get("one"), agent_state_list(state), memory_recall("team", "tea")[0].key])
checkpoint_clear()`;

const OUTPUT = "[a, b, c]\n[{rows: 2.0}, [], ada]\n";

/** What was about to be appended is appended again; ids make one record of two lines. */
function files(host: VirtualHost): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(host.files.snapshot()).map(([path, text]) => {
      return [path, path.endsWith(".jsonl") ? [...new Set(text.split("\n"))].join("\n") : text];
    }),
  );
}

describe("state and the journal", async () => {
  const program = await compile(PROGRAM);
  const store = createMemoryStore();
  let writes = 0;
  const counted = await beginJournal(
    store,
    { id: "run", createdMs: 0 },
    {
      faults: (moment) => {
        if (moment === "after-append") writes += 1;
        return undefined;
      },
    },
  );
  const undisturbed = createVirtualHost();
  const whole = await playVirtually(program, { mode: "record", journal: counted }, undisturbed);

  it("a replay asks the world for nothing", async () => {
    expect(whole).toMatchObject({ output: OUTPUT, error: undefined });
    expect(Object.keys(files(undisturbed))).toHaveLength(2);
    const replayed = await play(program, await replayFrom(store), { host: isolatedHost() });
    expect(replayed).toMatchObject({ output: OUTPUT, error: undefined });
  });

  it.each(["before-append", "after-append"] as const)("stopped %s, wherever it is", async (moment) => {
    expect(writes).toBeGreaterThan(20);
    for (let at = 0; at < writes; at++) {
      const host = createVirtualHost();
      const kept = createMemoryStore();
      let seen = 0;
      const faults = (now: string) => (now === moment && seen++ === at ? { kind: "crash" as const } : undefined);
      const first = await beginJournal(kept, { id: "run", createdMs: 0 }, { faults });
      const whileResting = (): void => {
        host.clock.wakeNext();
      };
      await play(program, { mode: "record", journal: first }, { host, whileResting, isGone: () => first.crashed });
      const journal = await openJournal(kept, "run");
      const decide = (): never => {
        throw new Error("Nothing is in doubt");
      };
      const resumed = await playVirtually(program, { mode: "resume", journal, decide }, host);
      expect({ at, error: resumed.error }).toEqual({ at, error: undefined });
      expect({ at, files: files(host) }).toEqual({ at, files: files(undisturbed) });
    }
  });
});
