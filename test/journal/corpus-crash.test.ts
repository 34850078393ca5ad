/** Every program of the corpus, stopped at writes of its journal and resumed, prints what it prints undisturbed. */

import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { createRunState } from "../../src/cli/engine/run-state.ts";
import { createNodeHost } from "../../src/cli/node-host/node-host.ts";
import { beginJournal, type Journal, openJournal } from "../../src/journal/index.ts";
import { isError, type JournalUse, loadProgram, type Program } from "../../src/runtime/index.ts";
import { type CorpusCase, createVirtualHost, discoverCorpus, type VirtualHost } from "../../src/testing/index.ts";
import { createMemoryStore, isolatedHost, type Played, play } from "./journaled-program.ts";

/** Of a long program, so many of its writes. */
const POINTS = 8;

const node = createNodeHost();
afterAll(() => node.close());
const suite = fileURLToPath(new URL("../../conformance", import.meta.url));
const runnable: { name: string; corpusCase: CorpusCase; program: Program }[] = [];
for (const corpusCase of (await discoverCorpus(node, suite)).cases) {
  const { path, source, name } = corpusCase.program;
  const loaded = await loadProgram({ host: node, path, text: source });
  if (loaded.program && !loaded.diagnostics.some(isError)) runnable.push({ name, corpusCase, program: loaded.program });
}

async function live(program: Program, { program: { llmMock } }: CorpusCase, use: JournalUse, host: VirtualHost) {
  return play(program, use, {
    host,
    state: await createRunState({ host: node, ...(llmMock !== undefined && { llmMock }) }),
    isGone: () => use.journal.crashed,
    whileResting: () => {
      host.clock.wakeNext();
      host.clock.moveTo(host.clock.elapsedMs + 10);
    },
  });
}

const resumption = (journal: Journal): JournalUse => ({
  mode: "resume",
  journal,
  keepOutput: true,
  partialStreams: "match",
  decide: () => ({ action: "retry" }),
});

const summary = ({ output, error }: Played) => ({ output, error });

describe("the corpus with crashes", () => {
  it.each(runnable)(
    "$name",
    async ({ corpusCase, program }) => {
      let writes = 0;
      const counted = await beginJournal(
        createMemoryStore(),
        { id: "r", createdMs: 0 },
        {
          faults: (moment) => {
            if (moment === "after-append") writes++;
            return undefined;
          },
        },
      );
      const whole = await live(
        program,
        corpusCase,
        { mode: "record", journal: counted, keepOutput: true },
        createVirtualHost(),
      );
      const step = Math.max(1, Math.ceil(writes / POINTS));
      for (let at = 0; at < writes; at += step) {
        const host = createVirtualHost();
        const store = createMemoryStore();
        let seen = 0;
        const moment = at % 2 === 0 ? "after-append" : "before-append";
        const faults = (now: string) => (now === moment && seen++ === at ? { kind: "crash" as const } : undefined);
        const first = await beginJournal(store, { id: "r", createdMs: 0 }, { faults });
        await live(program, corpusCase, { mode: "record", journal: first, keepOutput: true }, host);
        expect(first.crashed).toBe(true);
        await live(program, corpusCase, resumption(await openJournal(store, "r")), host);
        const {
          program: { llmMock },
        } = corpusCase;
        const replayed = await play(
          program,
          { mode: "replay", journal: await openJournal(store, "r") },
          {
            host: isolatedHost(),
            state: await createRunState({ host: node, ...(llmMock !== undefined && { llmMock }) }),
          },
        );
        expect(summary(replayed), `${moment} ${at}`).toEqual(summary(whole));
      }
      // A busy loop until a deadline is played thrice for each write: seven seconds where nothing else runs.
    },
    60_000,
  );
});
