import { describe, expect, it } from "vitest";
import type { HarnError } from "../base/index.ts";
import { decodeEntry, decodeRunInfo } from "./entry-codec.ts";
import { checkVersion, MIGRATIONS, type Migration, migrateEntry } from "./migrations.ts";
import { JOURNAL_VERSION } from "./spec.ts";

const chain: readonly Migration[] = [
  { from: 1, entry: ({ time, ...rest }) => ({ ...rest, timeMs: Number(time) * 1000 }) },
  { from: 2, entry: (entry) => ({ ...entry, task: entry.task ?? "main" }) },
];

describe("journal migrations", () => {
  it("are applied one version at a time", () => {
    expect(migrateEntry({ seq: 0, time: 2 }, 1, chain, 3)).toEqual({ seq: 0, timeMs: 2000, task: "main" });
    expect(migrateEntry({ seq: 0, timeMs: 2 }, 2, chain, 3)).toEqual({ seq: 0, timeMs: 2, task: "main" });
    expect(migrateEntry({ seq: 0 }, 3, chain, 3)).toEqual({ seq: 0 });
  });

  it("lead from every released version to the current one", () => {
    for (let version = 1; version <= JOURNAL_VERSION; version++) expect(() => checkVersion(version)).not.toThrow();
    expect(MIGRATIONS).toHaveLength(JOURNAL_VERSION - 1);
  });

  it.each([
    [4, chain, 3, "Expected a journal of version 1 to 3, found version 4; read it with the release that wrote it"],
    [0, chain, 3, "Expected a journal of version 1 to 3, found version 0; read it with the release that wrote it"],
    [1, chain.slice(1), 3, "Expected a migration from journal version 1, found none"],
  ])("refuse version %i", (version, migrations, target, message) => {
    expect(() => migrateEntry({}, version, migrations, target)).toThrow(message);
  });
});

describe("entries as read", () => {
  const start = { seq: 3, timeMs: 1, type: "start", form: "async", task: "t", kind: "k", digest: "d", args: {} };
  it.each([
    ["no type", { seq: 0, timeMs: 1 }, "Expected a known type of journal entry, found `undefined`"],
    [
      "a text as time",
      { seq: 0, timeMs: "1", type: "resume" },
      'Expected `timeMs` of journal entry 0 to be a number, found "1"',
    ],
    [
      "a negative seq",
      { seq: -1, timeMs: 1, type: "resume" },
      "Expected `seq` of journal entry -1 to be a whole number from 0, found -1",
    ],
    ["no safety", start, "Expected `safety` of journal entry 3 to be one of pure, idempotent, unsafe, found nothing"],
    ["no task", { ...start, task: undefined }, "Expected `task` of journal entry 3 to be a string, found nothing"],
  ])("are refused with %s", (_name, raw, message) => {
    let thrown: HarnError | undefined;
    try {
      decodeEntry(raw);
    } catch (error) {
      thrown = error as HarnError;
    }
    expect(thrown?.code).toBe("journal.corrupt");
    expect(thrown?.message).toBe(message);
  });

  it("are refused as run header when fields are missing", () => {
    expect(() => decodeRunInfo({ id: "a", version: 1, createdMs: 0, status: "odd" })).toThrow(
      'Expected `status` of run header to be one of running, completed, failed, cancelled, found "odd"',
    );
    expect(() => decodeRunInfo([])).toThrow("Expected an object describing a run");
  });
});
