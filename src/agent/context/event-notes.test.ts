import { describe, expect, it } from "vitest";
import { createTestHost } from "../../../test/agent/support.ts";
import type { TranscriptNote } from "../policies/recorder.ts";
import { createEventNotes, type EventNotes, firstEvents, inheritEvents, noteCount } from "./event-notes.ts";

const note = (text: string): TranscriptNote => ({ kind: "probe", role: "system", visibility: "internal", text });
const waiting = (...texts: string[]): EventNotes => ({ ...createEventNotes(), notes: texts.map(note) });

describe("event notes", () => {
  it("CONV-04 a note becomes an event when somebody looks, and stays that event", () => {
    const host = createTestHost();
    const notes = waiting("one", "two");
    const [one] = firstEvents(host, notes, 1);
    expect(one).toMatchObject({ kind: "probe", role: "system", visibility: "internal", text: "one" });
    const both = firstEvents(host, notes, 2);
    expect(both.map((event) => event["text"])).toEqual(["one", "two"]);
    expect(both[0]).toBe(one);
    expect(new Set(both.map((event) => event["id"])).size).toBe(2);
    expect(firstEvents(host, notes, 1)).toEqual([one]);
  });

  it("counts what has happened, looked at or not", () => {
    const notes = waiting("one", "two");
    expect(noteCount(notes)).toBe(2);
    firstEvents(createTestHost(), notes, 1);
    notes.notes.push(note("three"));
    expect(noteCount(notes)).toBe(3);
  });

  it("events of an earlier run come first and keep their ids", () => {
    const notes = waiting();
    const event = { id: "kept", kind: "probe" };
    inheritEvents(notes, [event]);
    notes.notes.push(note("new"));
    expect(firstEvents(createTestHost(), notes, 2)).toMatchObject([event, { text: "new" }]);
  });
});
