/** Journals written by released versions. They must be readable, and replay, for ever: add samples, never change one. */

import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createFakeFolder } from "../../test/journal/fake-folder.ts";
import { runNotesSample } from "../../test/journal/sample-notes.ts";
import { runSample } from "../../test/journal/sample-program.ts";
import { turn } from "../../test/journal/world.ts";
import { foldEffects } from "./effects.ts";
import { openJournal } from "./journal.ts";
import { createJsonlStore } from "./jsonl-store.ts";
import { replayHost } from "./replay-host.ts";
import { JOURNAL_VERSION } from "./spec.ts";

const folder = new URL("./__fixtures__/", import.meta.url);

function storeOf(name: string) {
  const files = createFakeFolder();
  files.files.set(`${name}.jsonl`, readFileSync(new URL(`${name}.jsonl`, folder)));
  return createJsonlStore(files);
}

describe("saved journals", () => {
  it("are there for every version of the format", () => {
    const versions = readdirSync(folder).map((name) => /^v(\d+)-/.exec(name)?.[1]);
    for (let version = 1; version <= JOURNAL_VERSION; version++) expect(versions).toContain(String(version));
  });

  it("v1: a run that crashed once, with one of each thing, replays", async () => {
    const journal = await openJournal(storeOf("v1-sample"), "v1-sample");
    expect(journal.info).toEqual({
      id: "v1-sample",
      version: 1,
      program: "sample",
      createdMs: 1_767_225_600_000,
      status: "completed",
      finishedMs: 1_767_225_601_000,
      meta: { purpose: "sample" },
    });
    const host = replayHost(journal, { turn });
    const answer = [
      { type: "response-start", usage: { inputTokens: 4 } },
      { type: "text-delta", delta: "talk#0 " },
      { type: "done", stopReason: "end_turn", usage: { inputTokens: 4, outputTokens: 1 } },
    ];
    expect(await runSample(host)).toEqual({
      // First and last look at the clock, as they stand in the file.
      elapsed: 31,
      bytes: [228, 1, 54, 81],
      heard: [...answer, ...answer, "head"],
      stdout: [0, 255, 128, 10],
      missing: "host.not_found",
      slept: "enough",
    });
    host.finish();
  });

  it("v1: all entry types and outcomes are in the sample", async () => {
    const { entries } = await openJournal(storeOf("v1-sample"), "v1-sample");
    expect(new Set(entries.map((entry) => entry.type))).toEqual(new Set(["sync", "start", "chunk", "end", "resume"]));
    expect(new Set(foldEffects(entries).map((effect) => effect.outcome))).toEqual(
      new Set(["done", "failed", "cancelled", "closed"]),
    );
  });

  it("v2: notes are kept apart from effects, once each, and a replay passes over them", async () => {
    const journal = await openJournal(storeOf("v2-sample"), "v2-sample");
    expect(journal.info).toMatchObject({ version: 2, status: "completed" });
    const host = replayHost(journal, { turn });
    expect(await runNotesSample(host)).toBe("kept kept");
    host.finish();
    const notes = journal.entries.filter((entry) => entry.type === "note");
    expect(notes.map(({ kind, id, task }) => `${kind} ${id} ${task}`)).toEqual([
      "step-start 1 main",
      "step-start 2 main/1",
      "step-start 3 main/2",
      "step-end 2 main/1",
      "step-end 3 main/2",
      "step-end 1 main",
    ]);
  });
});
