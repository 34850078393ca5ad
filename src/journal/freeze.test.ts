/** What a program does while it is taken apart is none of its story. */

import { describe, expect, it } from "vitest";
import type { Host } from "../base/index.ts";
import { beginJournal, openJournal } from "./journal.ts";
import { createMemoryStore } from "./memory-store.ts";
import { recordingHost } from "./recording-host.ts";

describe("a frozen journal", () => {
  it("keeps what was appended, takes nothing more, and performs nothing more", async () => {
    const asked: string[] = [];
    let finish = (): void => {};
    const host: Host = {
      sync: ((kind: string) => {
        asked.push(kind);
        return 1;
      }) as Host["sync"],
      perform: ((kind: string) => {
        asked.push(kind);
        return new Promise<undefined>((resolve) => {
          finish = () => resolve(undefined);
        });
      }) as Host["perform"],
      stream: async function* () {} as unknown as Host["stream"],
    };
    const store = createMemoryStore();
    const journal = await beginJournal(store, { id: "r", createdMs: 0 });
    const main = recordingHost(host, journal).forTask("main");
    main.sync("random.float", {});
    const write = main.perform("fs.write", { path: "a", data: "b", append: true });
    for (let i = 0; i < 20; i++) await undefined;
    expect(asked).toContain("fs.write");

    journal.freeze();
    finish();
    await write;
    expect(main.sync("random.float", {})).toBe(1);
    void main.perform("fs.write", { path: "c", data: "d" });
    void main.stream("http.stream", { method: "GET", url: "/", headers: {} })[Symbol.asyncIterator]().next();
    for (let i = 0; i < 20; i++) await undefined;
    await journal.flush(true);

    const { entries } = await openJournal(store, "r");
    // The write has its intent and no end: whoever goes on asks whether it happened.
    expect(entries.map((entry) => ("kind" in entry ? `${entry.type} ${entry.kind}` : entry.type))).toEqual([
      "sync random.float",
      "start fs.write",
    ]);
    expect(asked.filter((kind) => kind === "fs.write")).toHaveLength(1);
  });
});
