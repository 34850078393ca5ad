import { describe, expect, it } from "vitest";
import { createTestHost } from "../../../test/agent/support.ts";
import { AppendList } from "../../base/index.ts";
import { type Note, spelledNote, type TranscriptNote } from "../policies/recorder.ts";
import { createEventNotes, type EventNotes, firstEvents, inheritEvents, noteCount } from "./event-notes.ts";

const note = (text: string): TranscriptNote => ({ kind: "probe", role: "system", visibility: "internal", text });
const waiting = (...texts: string[]): EventNotes => ({ ...createEventNotes(), notes: AppendList.of(texts.map(note)) });

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

  const call = { id: "c1", name: "read", input: { path: "a" }, rawInput: '{"path":"a"}' };
  const usage = { inputTokens: 3, outputTokens: 4, cacheReadTokens: 1, cacheWriteTokens: 1, exact: true };
  const shared: readonly [name: string, note: Note, spelt: TranscriptNote][] = [
    [
      "an answer: model, tokens, calls without what only the conversation needs",
      { of: "answer", model: "m", mode: "native", usage, calls: [call] },
      {
        kind: "provider_payload",
        role: "assistant",
        visibility: "internal",
        text: "",
        metadata: {
          model: "m",
          input_tokens: 3,
          output_tokens: 4,
          tool_calls: [{ id: "c1", name: "read", arguments: { path: "a" } }],
          tool_calling_mode: "native",
        },
      },
    ],
    [
      "a call",
      { of: "call", call },
      {
        kind: "tool_intent",
        role: "assistant",
        visibility: "internal",
        text: "read",
        metadata: { arguments: { path: "a" }, tool_use_id: "c1" },
      },
    ],
    [
      "a result",
      { of: "result", call, text: "seen" },
      {
        kind: "tool_execution",
        role: "tool",
        visibility: "internal",
        text: "seen",
        metadata: { tool_name: "read", tool_use_id: "c1", rejected: false },
      },
    ],
    [
      "a refusal, with its category",
      { of: "result", call, text: "no", failure: { rejected: true, category: "permission_denied" } },
      {
        kind: "tool_execution",
        role: "tool",
        visibility: "internal",
        text: "no",
        metadata: { tool_name: "read", tool_use_id: "c1", rejected: true, error_category: "permission_denied" },
      },
    ],
    ["anything else, as it is", note("one"), note("one")],
  ];
  it.each(shared)("spells out %s", (_, short, spelt) => {
    expect(spelledNote(short)).toEqual(spelt);
    expect(firstEvents(createTestHost(), createEventNotes(undefined, AppendList.of([short])), 1)).toMatchObject([
      spelt,
    ]);
  });
});
