/** What a process that goes on from a snapshot keeps of the parts that it was started with. */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { beginJournal, createJsonlStore, openJournal } from "../../src/journal/index.ts";
import { createFakeFolder } from "./fake-folder.ts";
import { tick } from "./journaled-program.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

it("a part that may be needed later is kept, and of the file nothing", async () => {
  const folder = createFakeFolder();
  const first = await beginJournal(createJsonlStore(folder), { id: "r", createdMs: 0 }, { snapshots: "keep" });
  const ids = ["one", "two", "three"].map((word) => first.snapshotParts.put(`${word} `.repeat(100_000)));
  const rest = { program: "p", clock: { monotonicMs: 0, wallMs: 0 }, machine: null };
  await first.keepSnapshot!({ tasks: new Map(), starts: new Set() }, rest, new Set(ids)).stored;

  let file: WeakRef<Uint8Array> | undefined;
  const watched = {
    ...folder,
    snapshots: {
      ...folder.snapshots!,
      readFrom(name: string, offset: number) {
        const bytes = new Uint8Array(folder.snapshots!.readFrom(name, offset) as Uint8Array);
        if (name.includes(".parts-")) file = new WeakRef(bytes);
        return bytes;
      },
    },
  };
  const store = createJsonlStore(watched);
  const next = await openJournal(store, "r", { snapshots: "use" });
  const later = next.snapshotParts.later(ids[1]!);
  await tick();
  collect();
  expect(file?.deref()?.length).toBeGreaterThan(1_000_000);

  next.snapshotParts.letGo();
  await tick();
  collect();
  expect(file?.deref()).toBeUndefined();
  expect(later()).toBe("two ".repeat(100_000));
  expect(() => next.snapshotParts.get(ids[0]!)).toThrow("found none that is sound");
  expect(ids.every((id) => next.snapshotParts.has(id))).toBe(true);
  await store.close();
});
