import { describe, expect, it } from "vitest";
import { createTestHost } from "../../../test/agent/support.ts";
import type { TranscriptNote } from "../policies/recorder.ts";
import { createEventNotes } from "./event-notes.ts";

const note = (text: string): TranscriptNote => ({ kind: "probe", role: "system", visibility: "internal", text });

describe("event notes", () => {
  it("CONV-04 a note becomes an event when somebody looks, and stays that event", () => {
    const notes = createEventNotes(createTestHost());
    notes.add(note("one"));
    notes.add(note("two"));
    const [one] = notes.first(1);
    expect(one).toMatchObject({ kind: "probe", role: "system", visibility: "internal", text: "one" });
    expect(notes.first(2).map((event) => event["text"])).toEqual(["one", "two"]);
    expect(notes.first(2)[0]).toBe(one);
    const ids = notes.first(2).map((event) => event["id"]);
    expect(new Set(ids).size).toBe(2);
  });

  it("asks the host for nothing before that", () => {
    const host = createTestHost();
    const asked: string[] = [];
    const notes = createEventNotes({
      ...host,
      sync(kind, args) {
        asked.push(kind);
        return host.sync(kind, args);
      },
    });
    notes.add(note("one"));
    expect(notes.count).toBe(1);
    expect(asked).toEqual([]);
    notes.first(1);
    expect(asked).not.toEqual([]);
  });

  it("events of an earlier run keep their ids", () => {
    const notes = createEventNotes(createTestHost());
    const event = { id: "kept", kind: "probe" };
    notes.restore([event]);
    notes.add(note("new"));
    expect(notes.first(2)[0]).toBe(event);
    expect(notes.count).toBe(2);
  });
});
