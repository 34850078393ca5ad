import { describe, expect, it } from "vitest";
import { createFakeFolder } from "../../test/journal/fake-folder.ts";
import type { Host } from "../base/index.ts";
import { beginJournal, type Journal, openJournal } from "./journal.ts";
import { createJsonlStore } from "./jsonl-store.ts";
import { createMemoryStore } from "./memory-store.ts";
import { recordingHost } from "./recording-host.ts";
import { resumeHost } from "./resume-host.ts";
import type { OpenRequests } from "./run-snapshot.ts";
import type { JournalStore } from "./spec.ts";

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

describe("a snapshot that says it is whole and is not", () => {
  const damages: readonly (readonly [string, (body: string) => string])[] = [
    ["no JSON", (body) => body.slice(0, -1)],
    ["no object", () => "[]"],
    ["of another moment", (body) => body.replace('"seq":2', '"seq":1')],
    ...["program", "clock", "rows", "blobs", "held", "machine"].flatMap((field) => [
      [`without \`${field}\``, (body: string) => edited(body, field, undefined)] as const,
      [
        `with another \`${field}\``,
        (body: string) => edited(body, field, field === "machine" ? undefined : [1]),
      ] as const,
    ]),
    ["with rows that are none", (body) => edited(body, "rows", [{ seq: 0, body: "{}" }])],
  ];
  const edited = (body: string, field: string, value: unknown): string =>
    JSON.stringify({ ...JSON.parse(body), [field]: value });

  const begun = async (): Promise<JournalStore> => {
    const store = createMemoryStore();
    const journal = await beginJournal(store, { id: "r", createdMs: 0 }, { snapshots: "keep" });
    await recordingHost(worldThat(true), journal).perform("fs.write", { path: "p", data: TEXT });
    await snapshot(journal);
    return store;
  };

  it.each(damages)("is passed over: %s", async (_name, damage) => {
    const store = await begun();
    expect((await openJournal(store, "r", { snapshots: "use" })).snapshot).toBeDefined();
    const { snapshot: sound, tail } = (await store.snapshots!.load("r"))!;
    const body = damage(sound.body);
    expect(body).not.toBe(sound.body);
    const load = () => ({ snapshot: { ...sound, body }, tail });
    const found = await openJournal({ ...store, snapshots: { ...store.snapshots!, load } }, "r", { snapshots: "use" });
    expect(found.snapshot).toBeUndefined();
    expect(found.entries).toHaveLength(2);
  });

  it("is passed over where its file cannot even be read", async () => {
    const store = await begun();
    for (const load of [
      () => Promise.reject(new Error("EISDIR")),
      () => {
        throw new Error("EACCES");
      },
    ]) {
      // biome-ignore format: short
      const found = await openJournal({ ...store, snapshots: { ...store.snapshots!, load } }, "r", { snapshots: "use" });
      expect([found.snapshot, found.entries.length]).toEqual([undefined, 2]);
    }
  });
});

describe("what a request holds that was asked for before", () => {
  const messages = Array.from({ length: 20 }, (_, at) => ({ role: "user", content: `${at} ${TEXT}` }));
  const ask = (host: Host): Promise<unknown> =>
    host.perform("process.run", { command: "say", args: [], messages } as never);

  it("is stored once, also when somebody goes on from a snapshot, or only compares", async () => {
    const folder = createFakeFolder();
    const journal = await beginJournal(createJsonlStore(folder), { id: "r", createdMs: 0 }, { snapshots: "keep" });
    const safety = () => ({ safety: "pure" }) as const;
    await ask(recordingHost(worldThat(true), journal, { safety }));
    await snapshot(journal);
    const before = journal.grownChars;
    expect(before).toBeGreaterThan(20 * TEXT.length);
    await ask(recordingHost(worldThat(true), journal, { safety }));
    const again = journal.grownChars - before;
    await journal.flush(true);

    const next = (await openJournal(createJsonlStore(folder), "r", { snapshots: "use" })) as Journal;
    const resumed = resumeHost(next, worldThat(true), { safety });
    await ask(resumed);
    expect([next.snapshot?.seq, next.grownChars]).toEqual([2, 0]);
    await ask(resumed);
    // And that it was resumed.
    expect(next.grownChars).toBeLessThan(again + 100);
    await next.flush(true);

    const whole = await openJournal(createJsonlStore(folder), "r");
    const asked = whole.entries.filter((entry) => entry.type === "start");
    expect(asked.map(({ args }) => whole.decode(args))).toEqual(
      Array.from({ length: 3 }, () => ({ command: "say", args: [], messages })),
    );
  });
});

describe("snapshots that are taken while one is being stored", () => {
  /** Answers to `save` when it is told to. */
  function slowStore() {
    const store = createMemoryStore();
    const waiting: (() => void)[] = [];
    let saving = 0;
    let most = 0;
    const kept = store.snapshots!;
    const slow: JournalStore = {
      ...store,
      snapshots: {
        ...kept,
        async save(id, draft, mark) {
          most = Math.max(most, ++saving);
          await new Promise<void>((done) => waiting.push(done));
          saving -= 1;
          await kept.save(id, draft, mark);
        },
      },
    };
    const answer = async (): Promise<void> => {
      for (let turn = 0; turn < 20; turn++) await undefined;
      waiting.shift()?.();
      for (let turn = 0; turn < 20; turn++) await undefined;
    };
    return { store: slow, answer, most: () => most };
  }

  const take = (journal: Journal, ...used: readonly number[]) => {
    const rest = { program: "p", clock: { monotonicMs: 0, wallMs: 0 }, machine: null };
    return journal.keepSnapshot!({ tasks: new Map(), starts: new Set() }, rest, new Set(used)).stored;
  };

  it("follow it, and what they refer to is there", async () => {
    const { store, answer, most } = slowStore();
    const journal = await beginJournal(store, { id: "r", createdMs: 0 }, { snapshots: "keep" });
    const parts = journal.snapshotParts;
    const [one, two] = [parts.put("one"), parts.put("two")];
    const saves = [take(journal, one, two), take(journal, two)];
    await answer();
    // Stored with the first; the second does without.
    const again = parts.has(one) ? one : parts.put("one");
    saves.push(take(journal, again, two));
    await answer();
    await answer();
    await Promise.all(saves);
    expect(most()).toBe(1);
    const stored = (await store.snapshots!.load("r"))!.snapshot.parts;
    expect([again, two].map((part) => stored.text(part))).toEqual(["one", "two"]);
  });

  it("do not come after the end of the run", async () => {
    const { store, answer } = slowStore();
    const journal = await beginJournal(store, { id: "r", createdMs: 0 }, { snapshots: "keep" });
    const saved = take(journal);
    const finished = journal.finish("completed", 1);
    await answer();
    await Promise.all([saved, finished]);
    expect(await store.snapshots!.look("r")).toBeUndefined();
  });

  it("do not wait for one that could not be stored", async () => {
    const { store } = slowStore();
    let calls = 0;
    const failing: JournalStore = {
      ...store,
      snapshots: {
        ...store.snapshots!,
        save: () => (++calls === 1 ? Promise.reject(new Error("No space left on device")) : Promise.resolve()),
      },
    };
    const journal = await beginJournal(failing, { id: "r", createdMs: 0 }, { snapshots: "keep" });
    const [first, second] = [take(journal), take(journal)];
    await expect(first).rejects.toThrow("No space left on device");
    await second;
    await journal.finish("completed", 1);
    expect(calls).toBe(2);
  });
});
