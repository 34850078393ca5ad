import { describe, expect, it } from "vitest";
import { createFakeFolder } from "../../test/journal/fake-folder.ts";
import type { Host } from "../base/index.ts";
import { beginJournal, type Journal, openJournal } from "./journal.ts";
import { createJsonlStore } from "./jsonl-store.ts";
import { recordingHost } from "./recording-host.ts";
import type { OpenRequests } from "./run-snapshot.ts";

const TEXT = "long enough to be stored apart ".repeat(20);

/** Writes files, or begins to; everything else is the clock. */
function worldThat(answers: boolean): Host {
  return {
    sync: () => 1 as never,
    perform: () => (answers ? Promise.resolve(undefined as never) : new Promise<never>(() => {})),
    stream: () => {
      throw new Error("Nobody streams");
    },
  };
}

async function snapshot(journal: Journal, open: Partial<OpenRequests> = {}): Promise<void> {
  const rest = { program: "p", clock: { monotonicMs: 0, wallMs: 0 }, machine: null };
  await journal.keepSnapshot!({ tasks: new Map(), starts: new Set(), ...open }, rest, new Set()).stored;
}

/** Arguments of the one effect that was begun and is in doubt, as the next process finds them. */
async function argsInDoubt(folder: ReturnType<typeof createFakeFolder>): Promise<unknown> {
  const found = await openJournal(createJsonlStore(folder), "r", { snapshots: "use" });
  expect(found.snapshot).toBeDefined();
  const starts = found.entries.filter((entry) => entry.type === "start");
  expect(starts).toHaveLength(1);
  return found.decode(starts[0]!.args);
}

describe("what was begun and may have happened, in a run that is gone on with from a snapshot", () => {
  const args = { path: "log", data: TEXT, append: true };

  it("can be shown, also when its arguments were first stored before the snapshot", async () => {
    const folder = createFakeFolder();
    const journal = await beginJournal(createJsonlStore(folder), { id: "r", createdMs: 0 }, { snapshots: "keep" });
    await recordingHost(worldThat(true), journal).perform("fs.write", args);
    await snapshot(journal);
    void recordingHost(worldThat(false), journal).perform("fs.write", args);
    expect(await argsInDoubt(folder)).toEqual(args);
  });

  it("can be shown when it was begun before the snapshot", async () => {
    const folder = createFakeFolder();
    const journal = await beginJournal(createJsonlStore(folder), { id: "r", createdMs: 0 }, { snapshots: "keep" });
    void recordingHost(worldThat(false), journal).perform("fs.write", args);
    await snapshot(journal, { starts: new Set([0]) });
    expect(await argsInDoubt(folder)).toEqual(args);
  });
});
