import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createFakeFolder } from "../../test/journal/fake-folder.ts";
import type { HarnError } from "../base/index.ts";
import type { Fault, FaultMoment, FaultPoints } from "./faults.ts";
import { beginJournal, openJournal } from "./journal.ts";
import { createJsonlStore, parseFile } from "./jsonl-store.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The n-th time that `moment` comes up (from 0), `fault` happens. */
function faultAt(moment: FaultMoment, nth: number, fault: Fault): FaultPoints {
  let seen = 0;
  return (at) => (at === moment && seen++ === nth ? fault : undefined);
}

async function sampleFile(): Promise<Uint8Array> {
  const folder = createFakeFolder();
  const journal = await beginJournal(createJsonlStore(folder), { id: "a", createdMs: 1 });
  const scrubber = { version: 0, text: (text: string) => text, bytes: (bytes: Uint8Array) => bytes };
  for (let i = 0; i < 4; i++) {
    const args = journal.encode({ text: `${i} ü😀`.repeat(100) }, scrubber);
    journal.append({ type: "sync", task: "main", kind: "log.write", digest: journal.digest(args), args }, i);
    await journal.flush(true);
  }
  await journal.finish("completed", 9);
  return folder.files.get("a.jsonl")!;
}

describe("JSONL journal", () => {
  it("cut at any byte gives a prefix of its entries, with their blobs", async () => {
    const bytes = await sampleFile();
    const whole = parseFile(bytes, "a")!;
    for (let length = 0; length < bytes.length; length++) {
      const cut = parseFile(bytes.subarray(0, length), "a");
      if (cut === undefined) {
        expect(length).toBeLessThanOrEqual(bytes.indexOf(10));
        continue;
      }
      expect(cut.rows).toEqual(whole.rows.slice(0, cut.rows.length));
      expect(cut.soundBytes).toBe(bytes.lastIndexOf(10, length - 1) + 1);
      expect(cut.info.status).toBe("running");
      for (const row of cut.rows) expect(cut.blobs.has(/"\$ref":"([^"]+)"/.exec(row.body)![1]!)).toBe(true);
    }
  });

  it("drops a tail of any garbage without a sound line in it", async () => {
    const bytes = await sampleFile();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (garbage) => {
        const torn = new Uint8Array([...bytes, ...encoder.encode("{"), ...garbage.filter((byte) => byte !== 0x7d)]);
        expect(parseFile(torn, "a")!.rows).toHaveLength(4);
        expect(parseFile(torn, "a")!.soundBytes).toBe(bytes.length);
      }),
    );
  });

  it("drops whole lines of zeros at the end", async () => {
    const bytes = await sampleFile();
    const torn = new Uint8Array([...bytes, 0, 0, 10, 0, 10]);
    expect(parseFile(torn, "a")).toMatchObject({ soundBytes: bytes.length, totalBytes: bytes.length + 5 });
  });

  it("reports damage before a sound line with its number", async () => {
    const lines = decoder.decode(await sampleFile()).split("\n");
    lines[2] = lines[2]!.slice(0, 20);
    expect(() => parseFile(encoder.encode(lines.join("\n")), "a")).toThrow(
      "Expected JSON in line 3 of journal `a`, found none",
    );
  });

  it("reports an entry that is missing, and takes one that is there twice", async () => {
    const lines = decoder.decode(await sampleFile()).split("\n");
    const first = lines.findIndex((line) => line.startsWith('{"seq":0'));
    expect(() => parseFile(encoder.encode(lines.toSpliced(first, 1).join("\n")), "a")).toThrow(
      "Expected entry 0 in journal `a`, found entry 1",
    );
    expect(parseFile(encoder.encode(lines.toSpliced(first, 0, lines[first]!).join("\n")), "a")!.rows).toHaveLength(4);
  });

  it("reports a file that is something else, and leaves it out of the list", async () => {
    const folder = createFakeFolder();
    folder.files.set("x.jsonl", encoder.encode('{"hello":1}\n'));
    folder.files.set("empty.jsonl", new Uint8Array());
    folder.files.set("readme.txt", encoder.encode("x"));
    const store = createJsonlStore(folder);
    expect(() => store.load("x")).toThrow("Expected a journal header in line 1 of `x`, found something else");
    expect(store.load("empty")).toBeUndefined();
    expect(await store.list()).toEqual([]);
  });

  it("reports a journal of a later version", async () => {
    const folder = createFakeFolder();
    const header = { format: "harn-journal", version: 99, run: { id: "a", createdMs: 0, status: "running" } };
    folder.files.set("a.jsonl", encoder.encode(`${JSON.stringify(header)}\n`));
    expect(() => openJournal(createJsonlStore(folder), "a")).toThrow("found version 99");
  });

  it("synchronises the batches that ask for it and no others", async () => {
    const folder = createFakeFolder();
    const journal = await beginJournal(createJsonlStore(folder), { id: "a", createdMs: 1 });
    expect(folder.syncs).toBe(1);
    journal.append({ type: "resume" }, 1);
    await journal.flush(false);
    expect(folder.syncs).toBe(1);
    await journal.flush(true);
    expect(folder.syncs).toBe(2);
    await journal.flush(true);
    expect(folder.syncs).toBe(2);
    expect(folder.synchronised.get("a.jsonl")).toBe(folder.files.get("a.jsonl")!.length);
  });

  it("never synchronises when told so", async () => {
    const folder = createFakeFolder();
    const journal = await beginJournal(createJsonlStore(folder, { fsync: "never" }), { id: "a", createdMs: 1 });
    journal.append({ type: "resume" }, 1);
    await journal.finish("completed", 2);
    expect(folder.syncs).toBe(0);
  });

  it.each([false, true])("goes on after a short write (files that answer later: %s)", async (later) => {
    const folder = createFakeFolder(later);
    const store = createJsonlStore(folder, {
      faults: (moment) => (moment === "write" ? { kind: "short-write", bytes: 3 } : undefined),
    });
    const journal = await beginJournal(store, { id: "a", createdMs: 1 });
    journal.append({ type: "resume" }, 1);
    await journal.finish("completed", 2);
    const opened = await openJournal(createJsonlStore(folder), "a");
    expect(opened.entries).toHaveLength(1);
    expect(opened.info.status).toBe("completed");
  });

  it.each<[string, FaultMoment, Fault, string]>([
    ["a full disk", "write", { kind: "disk-full" }, "No space left on device"],
    ["a failing synchronisation", "sync", { kind: "sync-error" }, "The disk reported an error while synchronising"],
  ])("is broken after %s, and what was stored before can be resumed", async (_name, moment, fault, reason) => {
    for (const later of [false, true]) {
      const folder = createFakeFolder(later);
      const store = createJsonlStore(folder, { faults: faultAt(moment, 2, fault) });
      const journal = await beginJournal(store, { id: "a", createdMs: 1 });
      journal.append({ type: "resume" }, 1);
      await journal.flush(true);
      journal.append({ type: "resume" }, 2);
      const failure = await Promise.resolve()
        .then(() => journal.flush(true))
        .catch((error: HarnError) => error);
      expect(failure).toMatchObject({ code: "journal.write_failed", cause: { code: "journal.io" } });
      expect((failure as HarnError).cause).toMatchObject({ message: `Expected to write a journal file: ${reason}` });
      journal.append({ type: "resume" }, 3);
      expect(() => journal.flush(false)).toThrow(failure as HarnError);

      const again = await openJournal(store, "a");
      expect(again.entries.map((entry) => entry.timeMs)).toEqual([1]);
      again.append({ type: "resume" }, 4);
      await again.flush(true);
      expect((await openJournal(createJsonlStore(folder), "a")).entries.map((entry) => entry.timeMs)).toEqual([1, 4]);
    }
  });

  it("survives being stopped in the middle of a write", async () => {
    const folder = createFakeFolder();
    const faults = faultAt("write", 2, { kind: "short-write", bytes: 10, crash: true });
    const journal = await beginJournal(createJsonlStore(folder, { faults }), { id: "a", createdMs: 1 });
    journal.append({ type: "resume" }, 1);
    await journal.flush(true);
    journal.append({ type: "resume" }, 2);
    void journal.flush(true);
    const store = createJsonlStore(folder);
    const again = await openJournal(store, "a");
    expect(again.entries).toHaveLength(1);
    again.append({ type: "resume" }, 3);
    await again.flush(true);
    expect((await openJournal(store, "a")).entries.map((entry) => entry.timeMs)).toEqual([1, 3]);
  });
});
