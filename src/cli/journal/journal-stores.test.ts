import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { fallibleDatabase } from "../../../test/journal/fallible-database.ts";
import { describeFaultContract } from "../../../test/journal/fault-contract.ts";
import { describeStoreContract } from "../../../test/journal/store-contract.ts";
import {
  beginJournal,
  createJsonlStore,
  createSqlStore,
  createTextDigest,
  JOURNAL_VERSION,
  type Journal,
  openJournal,
  type StoredBlob,
} from "../../journal/index.ts";
import { openJournalFolder } from "./journal-folder.ts";
import { nodeDigest } from "./node-digest.ts";
import { openSqlite } from "./sqlite.ts";

const folders: string[] = [];
const freshFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "harn-journal-"));
  folders.push(folder);
  return folder;
};
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

describeStoreContract("JSONL on disk", () => createJsonlStore(openJournalFolder(freshFolder())));

describeFaultContract("JSONL on disk", (faults) => {
  const folder = freshFolder();
  return {
    store: createJsonlStore(openJournalFolder(folder), { faults }),
    reopen: () => createJsonlStore(openJournalFolder(folder)),
  };
});

/** The driver is an optional package, and a module of Node from 22 on; without either there is nothing to test. */
const sqlite = await openSqlite(":memory:").then(
  (database) => {
    database.close();
    return true;
  },
  () => false,
);

if (sqlite) {
  describeStoreContract("SQLite in memory", async () => createSqlStore(await openSqlite(":memory:")));
  describeStoreContract("SQLite on disk", async () => createSqlStore(await openSqlite(join(freshFolder(), "runs.db"))));

  describeFaultContract("SQLite on disk", async (faults) => {
    const path = join(freshFolder(), "runs.db");
    return {
      store: createSqlStore(fallibleDatabase(await openSqlite(path), faults)),
      reopen: async () => createSqlStore(await openSqlite(path)),
    };
  });

  it("SQLite that is full says so, keeps what it had, and goes on when there is room", async () => {
    const path = join(freshFolder(), "runs.db");
    const database = await openSqlite(path);
    const store = createSqlStore(database);
    const journal = await beginJournal(store, { id: "a", createdMs: 1 });
    journal.append({ type: "resume" }, 1);
    await journal.flush(true);
    database.exec("PRAGMA max_page_count = 12");
    for (let at = 0; at < 2000; at++) journal.append({ type: "resume" }, at);
    expect(() => journal.flush(true)).toThrow("Expected the journal of run `a` to take an entry");
    expect(journal.failure?.data).toMatchObject({ reason: expect.stringContaining("full") });
    database.exec("PRAGMA max_page_count = 100000");
    const again = await openJournal(store, "a");
    expect(again.entries).toHaveLength(1);
    again.append({ type: "resume" }, 2);
    await again.finish("completed", 3);
    await store.close();
  });

  describe("SQLite shared by two connections", () => {
    it("shows one writer what the other wrote, and notices when both write", async () => {
      const path = join(freshFolder(), "runs.db");
      const one = createSqlStore(await openSqlite(path));
      const two = createSqlStore(await openSqlite(path));
      const first = await beginJournal(one, { id: "a", createdMs: 1 });
      first.append({ type: "resume" }, 1);
      await first.flush(true);
      const second = await openJournal(two, "a");
      second.append({ type: "resume" }, 2);
      await second.flush(true);
      first.append({ type: "resume" }, 3);
      expect(() => first.flush(true)).toThrow("Expected the journal of run `a` to take an entry");
      expect(first.failure?.cause).toMatchObject({ code: "journal.conflict" });
      expect(await one.leases?.claim("a", "one", 0, 10)).toBe(true);
      expect(await two.leases?.claim("a", "two", 9, 10)).toBe(false);
      await one.close();
      await two.close();
    });

    it("keeps the snapshot of the writer that is further, and none once the run is over", async () => {
      const path = join(freshFolder(), "runs.db");
      const one = createSqlStore(await openSqlite(path));
      const two = createSqlStore(await openSqlite(path));
      const take = (journal: Journal, ...parts: readonly number[]) => {
        const rest = { program: "p", clock: { monotonicMs: 0, wallMs: 0 }, machine: null };
        return journal.keepSnapshot!({ tasks: new Map(), starts: new Set() }, rest, new Set(parts)).stored;
      };
      const first = await beginJournal(one, { id: "a", createdMs: 1 }, { snapshots: "keep" });
      const common = first.snapshotParts.put("common");
      first.append({ type: "resume" }, 1);
      await take(first, common);
      const second = await openJournal(two, "a", { snapshots: "use" });
      second.append({ type: "resume" }, 2);
      await take(second, common, second.snapshotParts.put("of the second"));
      // The first was taken for dead, and goes on without anything to store but a snapshot.
      expect(() => take(first, first.snapshotParts.put("of the first"))).toThrow("Expected to be the only writer");
      await one.snapshots!.refuse("a", { seq: 1, reason: "too late" });
      const { snapshot } = (await two.snapshots!.load("a"))!;
      expect(snapshot.seq).toBe(2);
      expect([...snapshot.parts.ids].map((part) => snapshot.parts.text(part))).toEqual(["common", "of the second"]);
      await second.finish("completed", 3);
      expect(() => take(first)).toThrow("Expected to be the only writer");
      expect(await two.snapshots!.look("a")).toBeUndefined();
      await one.close();
      await two.close();
    });
  });
} else {
  describe("SQLite", () => {
    it("says what to install when there is no driver", async () => {
      await expect(openSqlite(":memory:")).rejects.toMatchObject({ code: "journal.no_driver" });
    });
  });
}

describe("the digest of the platform", () => {
  it("is the one that journals have everywhere", () => {
    const inJavaScript = createTextDigest();
    for (const text of ["", "a", "ä ☃ 😀", "\ud800", "x".repeat(100_000), "\u0000"]) {
      expect(nodeDigest(text)).toBe(inJavaScript(text));
    }
  });
});

describe("journal folder on disk", () => {
  it("leaves nothing of a file that cannot take the place of another, nor of one that was never finished", async () => {
    const path = freshFolder();
    const { snapshots } = openJournalFolder(path);
    mkdirSync(join(path, "a.snapshot"));
    expect(() => snapshots?.replace("a.snapshot", new Uint8Array(1000))).toThrow("Cannot keep runs");
    expect(readdirSync(path)).toEqual(["a.snapshot"]);
    writeFileSync(join(path, "b.snapshot.new"), "the beginn");
    await snapshots?.remove("b.snapshot");
    expect(readdirSync(path)).toEqual(["a.snapshot"]);
  });

  it("cuts a torn tail off before writing on", async () => {
    const folder = freshFolder();
    const store = createJsonlStore(openJournalFolder(folder));
    const journal = await beginJournal(store, { id: "a", createdMs: 1 });
    journal.append({ type: "resume" }, 1);
    await journal.flush(true);
    await store.close();
    const file = join(folder, "a.jsonl");
    const sound = readFileSync(file, "utf8");
    writeFileSync(file, `${sound}{"seq":1,"type":"res`);

    const reopened = createJsonlStore(openJournalFolder(folder));
    const resumed = await openJournal(reopened, "a");
    expect(resumed.entries).toHaveLength(1);
    resumed.append({ type: "resume" }, 2);
    await resumed.flush(true);
    await reopened.close();
    expect(readFileSync(file, "utf8")).toBe(`${sound}{"seq":1,"type":"resume","timeMs":2}\n`);
  });

  it("lists runs by the ends of their logs, and reads all of a log whose last line is long", async () => {
    const folder = freshFolder();
    const path = openJournalFolder(folder);
    const read: string[] = [];
    const watched = {
      ...path,
      read(name: string) {
        read.push(name);
        return path.read(name);
      },
    };
    const store = createJsonlStore(watched);
    const fill = async (id: string, blobs: readonly StoredBlob[]): Promise<void> => {
      await store.begin({ id, version: JOURNAL_VERSION, createdMs: 1, status: "running" });
      const rows = Array.from({ length: 1000 }, (_, seq) => ({
        seq,
        body: `{"seq":${seq},"type":"resume","timeMs":1}`,
      }));
      await store.append(id, { rows, blobs: [], durable: false });
      await store.append(id, { rows: [], blobs, durable: false });
    };
    await fill("long", []);
    await fill("over", []);
    await fill("wide", [{ digest: "d", body: JSON.stringify("x".repeat(40_000)) }]);
    await store.finish("over", "completed", 7);
    writeFileSync(join(folder, "other.jsonl"), `${"no journal\n".repeat(4000)}`);
    expect((await store.list()).map(({ id, status }) => [id, status])).toEqual([
      ["long", "running"],
      ["over", "completed"],
      ["wide", "running"],
    ]);
    expect(read.sort()).toEqual(["other.jsonl", "wide.jsonl"]);
    await store.close();
  });
});
