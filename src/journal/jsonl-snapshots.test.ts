import { describe, expect, it } from "vitest";
import { createFakeFolder, type FakeFolder } from "../../test/journal/fake-folder.ts";
import { createJsonlStore } from "./jsonl-store.ts";
import { JOURNAL_VERSION, type JournalStore, type PartChanges } from "./spec.ts";

const TEXT = "x".repeat(1000);

async function begun(folder: FakeFolder, ...ids: readonly string[]): Promise<JournalStore> {
  const store = createJsonlStore(folder);
  for (const id of ids) {
    await store.begin({ id, version: JOURNAL_VERSION, createdMs: 1, status: "running" });
    const rows = [0, 1, 2, 3].map((seq) => ({ seq, body: `{"seq":${seq},"type":"resume","timeMs":1}` }));
    await store.append(id, { rows, blobs: [], durable: true });
  }
  return store;
}

function changes(added: readonly (readonly [number, string])[], more: Partial<PartChanges> = {}): PartChanges {
  return { isFirst: false, added: new Map(added), dropped: [], ...more };
}

async function save(store: JournalStore, id: string, seq: number, parts: PartChanges): Promise<void> {
  await store.snapshots!.save(id, { seq, body: `${seq}`, parts }, store.snapshots!.mark(id));
}

/** As the next process finds it: the number of each part that is sound. */
async function found(folder: FakeFolder, id: string): Promise<readonly number[] | undefined> {
  const loaded = await createJsonlStore(folder).snapshots!.load(id);
  const parts = loaded?.snapshot.parts;
  return parts && [...parts.ids].filter((part) => parts.text(part) !== undefined);
}

const partFiles = ({ files }: FakeFolder): readonly string[] =>
  [...files.keys()].filter((name) => name.includes(".parts-")).sort();

describe("files of parts beside a log", () => {
  it("go on behind what the snapshot counts: what a process wrote before it was stopped is written over", async () => {
    const folder = createFakeFolder();
    await save(await begun(folder, "a"), "a", 1, changes([[0, TEXT]], { isFirst: true }));
    const [name = ""] = partFiles(folder);
    const whole = folder.files.get(name)!;
    folder.files.set(name, new Uint8Array([...whole, ...whole.subarray(0, 500)]));
    expect(await found(folder, "a")).toEqual([0]);
    const next = createJsonlStore(folder);
    await next.snapshots!.load("a");
    await save(next, "a", 2, changes([[1, TEXT]]));
    expect(await found(folder, "a")).toEqual([0, 1]);
    expect(folder.files.get(name)!.length).toBe(2 * whole.length);
  });

  it("that are damaged in any way make the snapshot unreadable", async () => {
    const folder = createFakeFolder();
    const added = [
      [0, TEXT],
      [1, TEXT],
    ] as const;
    await save(await begun(folder, "a"), "a", 1, changes(added, { isFirst: true }));
    const [name = ""] = partFiles(folder);
    const whole = folder.files.get(name)!;
    expect(await found(folder, "a")).toEqual([0, 1]);
    for (const place of [0, 2, 12, 1500, whole.length - 2]) {
      const damaged = whole.map((byte, at) => (at === place ? 7 : byte));
      folder.files.set(name, damaged);
      expect(await found(folder, "a"), `byte ${place}`).toBeUndefined();
    }
    folder.files.set(name, whole.subarray(0, -1));
    expect(await found(folder, "a")).toBeUndefined();
    folder.files.delete(name);
    expect(await found(folder, "a")).toBeUndefined();
  });

  it("are those of the snapshot, whole as they may be", async () => {
    const folder = createFakeFolder();
    const store = await begun(folder, "a");
    await save(store, "a", 1, changes([[0, TEXT]], { isFirst: true }));
    const [name = ""] = partFiles(folder);
    // What a power cut brings back: the parts of a snapshot that was never finished.
    await save(store, "a", 1, changes([[1, "one"]]));
    const unfinished = folder.files.get(name)!;
    await save(store, "a", 1, changes([[0, TEXT]], { isFirst: true }));
    await save(store, "a", 1, changes([[1, "two"]]));
    const [other = ""] = partFiles(folder);
    expect(await found(folder, "a")).toEqual([0, 1]);
    expect(folder.files.get(other)!.length).toBe(unfinished.length);
    folder.files.set(other, unfinished);
    expect(await found(folder, "a")).toBeUndefined();
  });

  it("are made anew once most of what is in them counts no more", async () => {
    const folder = createFakeFolder();
    const store = await begun(folder, "a");
    let longest = 0;
    for (let part = 0; part < 100; part++) {
      const isFirst = part === 0;
      await save(
        store,
        "a",
        1,
        changes([[part, "y".repeat(100_000)]], { isFirst, dropped: isFirst ? [] : [part - 1] }),
      );
      expect(partFiles(folder)).toHaveLength(1);
      longest = Math.max(longest, folder.files.get(partFiles(folder)[0]!)!.length);
      expect(await found(folder, "a")).toContain(part);
    }
    expect(longest).toBeLessThan(1_600_000);
  });

  it("that were lost while the run went on are not taken over into another file", async () => {
    const folder = createFakeFolder();
    const store = await begun(folder, "a");
    const text = "y".repeat(100_000);
    await save(store, "a", 1, changes([[0, text]], { isFirst: true }));
    folder.files.delete(partFiles(folder)[0]!);
    for (let part = 1; part < 30; part++) {
      await save(store, "a", 1, changes([[part, text]], { dropped: part === 1 ? [] : [part - 1] }));
      const loaded = await createJsonlStore(folder).snapshots!.load("a");
      for (const id of loaded?.snapshot.parts.ids ?? []) expect(loaded?.snapshot.parts.text(id) === text).toBe(true);
    }
  });

  it("are not those of the snapshot before, when a run begins to keep them again", async () => {
    const folder = createFakeFolder();
    await save(await begun(folder, "a"), "a", 2, changes([[0, TEXT]], { isFirst: true }));
    const [before] = partFiles(folder);
    const bytes = folder.files.get(before!);
    const { replace } = folder.snapshots!;
    const next = createJsonlStore({
      ...folder,
      snapshots: {
        ...folder.snapshots!,
        // Stopped short of telling of the new one, under the same number.
        replace(name, content) {
          expect(folder.files.get(before!)).toEqual(bytes);
          return replace(name, content);
        },
      },
    });
    await next.load("a");
    await save(next, "a", 2, changes([[0, "another"]], { isFirst: true }));
    const loaded = await createJsonlStore(folder).snapshots!.load("a");
    expect(loaded?.snapshot.parts.text(0)).toBe("another");
    expect(partFiles(folder)).toHaveLength(1);
  });

  it("end with the run, and only with that run", async () => {
    const folder = createFakeFolder();
    const store = await begun(folder, "a", "a.parts-1", "a.parts-1.x");
    for (const id of ["a", "a.parts-1", "a.parts-1.x"])
      await save(store, id, 1, changes([[0, TEXT]], { isFirst: true }));
    await store.finish("a", "completed", 2);
    expect([...folder.files.keys()].sort()).toEqual([
      "a.jsonl",
      "a.parts-1.jsonl",
      "a.parts-1.parts-1",
      "a.parts-1.snapshot",
      "a.parts-1.x.jsonl",
      "a.parts-1.x.parts-1",
      "a.parts-1.x.snapshot",
    ]);
  });

  it("count for nothing when one digit of what stands around the snapshot is another", async () => {
    const folder = createFakeFolder();
    await save(await begun(folder, "a"), "a", 1, changes([[0, TEXT]], { isFirst: true }));
    const whole = folder.files.get("a.snapshot")!;
    const [line = ""] = new TextDecoder().decode(whole).split("\n");
    expect(line).toContain('"from":{"bytes":');
    for (let at = 0; at < line.length; at++) {
      folder.files.set("a.snapshot", whole.with(at, whole[at]! === 0x34 ? 0x35 : 0x34));
      expect(await createJsonlStore(folder).snapshots!.load("a"), line.slice(0, at + 1)).toBeUndefined();
    }
  });

  it("end with the run whose snapshot cannot be read any more", async () => {
    const folder = createFakeFolder();
    const store = await begun(folder, "a");
    await save(store, "a", 1, changes([[0, TEXT]], { isFirst: true }));
    folder.files.set("a.snapshot", new Uint8Array([1, 2, 3]));
    await store.finish("a", "completed", 2);
    expect([...folder.files.keys()]).toEqual(["a.jsonl"]);
  });

  it("that another run's snapshot names are none of this one's", async () => {
    const folder = createFakeFolder();
    const store = await begun(folder, "a", "b");
    await save(store, "a", 1, changes([[0, TEXT]], { isFirst: true }));
    const [name = ""] = partFiles(folder);
    folder.files.set("b.snapshot", folder.files.get("a.snapshot")!);
    expect(await found(folder, "a")).toEqual([0]);
    expect(await found(folder, "b")).toBeUndefined();
    const outside = new TextDecoder().decode(folder.files.get("a.snapshot")).replace(name, `../${name}`);
    folder.files.set("a.snapshot", new TextEncoder().encode(outside));
    folder.files.set(`../${name}`, folder.files.get(name)!);
    expect(await found(folder, "a")).toBeUndefined();
  });
});

describe("a snapshot beside a log that has lost its end", () => {
  const row = (seq: number, timeMs: number) => ({ seq, body: `{"seq":${seq},"type":"resume","timeMs":${timeMs}}` });

  it.each([false, true])("is not that of what is written instead (answers later: %s)", async (later) => {
    const folder = createFakeFolder(later);
    const store = await begun(folder, "a");
    await save(store, "a", 4, changes([[0, TEXT]], { isFirst: true }));
    // As after a power cut, where nothing is synchronised; or as somebody has cut it who was told where it is damaged.
    const lines = new TextDecoder().decode(folder.files.get("a.jsonl")).split("\n");
    folder.files.set("a.jsonl", new TextEncoder().encode(`${lines.slice(0, 3).join("\n")}\n`));
    const next = createJsonlStore(folder);
    expect(await next.snapshots!.load("a")).toBeUndefined();
    expect((await next.load("a"))?.rows).toHaveLength(2);
    await next.append("a", { rows: [2, 3, 4].map((seq) => row(seq, 7)), blobs: [], durable: true });
    const last = createJsonlStore(folder);
    expect(await last.snapshots!.load("a")).toBeUndefined();
    expect((await last.load("a"))?.rows).toHaveLength(5);
    await save(last, "a", 5, changes([[0, "of the new end"]], { isFirst: true }));
    expect((await createJsonlStore(folder).snapshots!.load("a"))?.snapshot.parts.text(0)).toBe("of the new end");
  });

  it("stays where the log reaches up to it", async () => {
    const folder = createFakeFolder();
    const store = await begun(folder, "a");
    await save(store, "a", 4, changes([[0, TEXT]], { isFirst: true }));
    const next = createJsonlStore(folder);
    await next.load("a");
    await next.append("a", { rows: [row(4, 7)], blobs: [], durable: true });
    expect(await found(folder, "a")).toEqual([0]);
  });
});
