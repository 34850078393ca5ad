/**
 * Every program of the corpus, with a snapshot at every moment at which it waits or asks: gone on with from each of them,
 * in this process and in another, it does the same as before. The rest is played from the journal, which compares every
 * request, printed text included, and misses none.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { createRunState } from "../../src/cli/engine/run-state.ts";
import { createNodeHost } from "../../src/cli/node-host/node-host.ts";
import { beginJournal, createMemoryStore, openJournal } from "../../src/journal/index.ts";
import { isError, loadProgram, type Program, type SnapshotEvent } from "../../src/runtime/index.ts";
import { type CorpusCase, createVirtualHost, discoverCorpus } from "../../src/testing/index.ts";
import { isolatedHost, play, playVirtually } from "./journaled-program.ts";
import { collecting, goOnElsewhere, openAt, refusals } from "./snapshots.ts";

const node = createNodeHost();
const folder = mkdtempSync(join(tmpdir(), "harn-snapshots-"));
afterAll(() => {
  node.close();
  rmSync(folder, { recursive: true, force: true });
});

const runnable: { name: string; corpusCase: CorpusCase; program: Program }[] = [];
for (const corpusCase of (await discoverCorpus(node, fileURLToPath(new URL("../../conformance", import.meta.url))))
  .cases) {
  const { path, source, name } = corpusCase.program;
  const loaded = await loadProgram({ host: node, path, text: source });
  if (loaded.program && !loaded.diagnostics.some(isError)) runnable.push({ name, corpusCase, program: loaded.program });
}

const stateOf = ({ program: { llmMock } }: CorpusCase) =>
  createRunState({ host: node, ...(llmMock !== undefined && { llmMock }) });

async function recorded(program: Program, corpusCase: CorpusCase) {
  const { store, snapshots } = collecting(createMemoryStore());
  const journal = await beginJournal(store, { id: "r", createdMs: 0 }, { snapshots: "keep" });
  const events: SnapshotEvent[] = [];
  const whole = await playVirtually(
    program,
    {
      mode: "record",
      journal,
      keepOutput: true,
      snapshots: { everyEntries: 0, onSnapshot: (event) => events.push(event) },
    },
    createVirtualHost(),
    await stateOf(corpusCase),
  );
  return { store, snapshots, events, whole };
}

/** What the other process is handed: stored runs, and what each came to. */
const exported: object[] = [];
let taken = 0;

describe("the corpus from its snapshots", () => {
  it.each(runnable)("$name", async ({ corpusCase, program }) => {
    const { store, snapshots, events, whole } = await recorded(program, corpusCase);
    // Nothing else may stand in the way.
    const others = [...refusals(events).keys()].filter((reason) => !/^(a call of |supervised children$)/.test(reason));
    expect(others).toEqual([]);
    const replayed = await play(
      program,
      { mode: "replay", journal: await openJournal(store, "r") },
      { host: isolatedHost(), state: await stateOf(corpusCase) },
    );
    expect({ output: replayed.output, error: replayed.error }).toEqual({ output: whole.output, error: whole.error });
    for (const snapshot of snapshots) {
      const journal = await openAt(store, "r", snapshot);
      expect(journal.snapshot?.seq).toBe(snapshot.seq);
      const rest = await play(
        program,
        { mode: "replay", journal },
        { host: isolatedHost(), state: await stateOf(corpusCase) },
      );
      expect(rest.error, `from entry ${snapshot.seq}`).toBe(whole.error);
      expect(whole.output.endsWith(rest.output), `from entry ${snapshot.seq}`).toBe(true);
    }
    taken += snapshots.length;
    if (snapshots.length > 0) {
      const { info, rows, blobs } = (await store.load("r"))!;
      const { path, source } = corpusCase.program;
      exported.push({
        path,
        source,
        info,
        rows,
        blobs: [...blobs],
        snapshots,
        output: whole.output,
        error: whole.error,
      });
    }
  });

  it("in another process", { timeout: 120_000 }, () => {
    expect(taken).toBeGreaterThan(10);
    expect(goOnElsewhere(exported)).toEqual({ same: taken, different: [] });
  });
});
