import { describe, expect, test } from "vitest";
import { askedKeys } from "../../../test/support/recorded-options.ts";
import type { Host, Json, JsonObject } from "../../base/index.ts";
import { createVirtualHost } from "../../testing/index.ts";
import { createLlmContext } from "../call/llm-context.ts";
import { createFakeModel } from "../fake/fake-model.ts";
import { fakeScript, fakeStream } from "../fake/fake-script.ts";
import { newTranscript, transcriptEvent } from "./transcript.ts";
import * as builtins from "./transcript-builtins.ts";
import { SUMMARIZE_OPTION_NAMES, transcriptSummarize } from "./transcript-summarize.ts";
import { uuidsV7, uuidV7 } from "./uuid-v7.ts";

const host = createVirtualHost({ startMs: 1_700_000_000_000 });
const user = (content: Json): Json => ({ role: "user", content });
const eventsOf = (value: JsonObject) => builtins.transcriptEvents(value) as readonly JsonObject[];

test("CONV-03 ids are UUIDs of version 7, sorted by time", () => {
  const late = createVirtualHost({ startMs: 1_700_000_000_001 });
  const ids = [uuidV7(host), uuidV7(late)];
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(Number.parseInt(ids[0]!.replaceAll("-", "").slice(0, 12), 16)).toBe(1_700_000_000_000);
  expect([...ids].sort()).toEqual(ids);
});

describe("CONV-04 ids of a long conversation", () => {
  const draw = (count: number, asked: number) => {
    const effects: unknown[] = [];
    const watched: Pick<Host, "sync"> = {
      sync(kind, args) {
        effects.push([kind, args]);
        return host.sync(kind, args);
      },
    };
    const next = uuidsV7(watched as Host, count);
    return { ids: Array.from({ length: asked }, next), effects };
  };

  test.each([
    ["one", 1, 1, 16],
    ["a few, each of its own randomness", 64, 64, 1024],
    ["ten thousand, with no more randomness than a few", 10_000, 10_000, 1024],
    ["more than were spoken of", 2, 100, 32],
  ])("%s: one draw, one look at the clock, no id twice", (_name, count, asked, length) => {
    const { ids, effects } = draw(count, asked);
    expect(effects).toEqual([
      ["random.bytes", { length }],
      ["clock.now", {}],
    ]);
    expect(new Set(ids).size).toBe(asked);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  test("counting on from the highest number begins again at the lowest, and changes nothing before it", () => {
    const full: Pick<Host, "sync"> = {
      sync: (kind) => (kind === "random.bytes" ? new Uint8Array(16).fill(255) : 1_700_000_000_000) as never,
    };
    const next = uuidsV7(full as Host, 1);
    expect(next()).toMatch(/-7fff-bfff-ffffffffffff$/);
    expect(next()).toMatch(/-7fff-bfff-ffff00000000$/);
  });
});

describe("CONV-02 extending", () => {
  const { conversation, addMessage, addUser, addAssistant, addSystem, addToolResult } = builtins;

  test("message lists", () => {
    const empty = conversation();
    expect(empty).toEqual([]);
    let list: Json = addUser(host, empty, "u");
    list = addAssistant(host, list, "a");
    list = addSystem(host, list, "s");
    list = addMessage(host, list, "critic", [{ type: "text", text: "c" }]);
    list = addToolResult(host, list, "t1", "r");
    list = addUser(host, list);
    expect(list).toEqual([
      user("u"),
      { role: "assistant", content: "a" },
      { role: "system", content: "s" },
      { role: "critic", content: [{ type: "text", text: "c" }] },
      { role: "tool_result", tool_use_id: "t1", content: "r" },
      user(""),
    ]);
    expect(empty).toEqual([]);
  });

  test("transcripts: a copy with the same id, and the extra events kept", () => {
    const extra = transcriptEvent(host, { kind: "note", role: "system", visibility: "internal", text: "n" });
    const base = newTranscript(host, { messages: [user("a")], extraEvents: [extra], metadata: { k: 1 }, summary: "s" });
    const next = addUser(host, base, "b") as JsonObject;
    expect(next).toMatchObject({ id: base["id"], metadata: { k: 1 }, summary: "s" });
    expect(eventsOf(next).map((event) => [event["kind"], event["text"]])).toEqual([
      ["message", "a"],
      ["message", "b"],
      ["note", "n"],
    ]);
    expect(builtins.transcriptMessages(base)).toHaveLength(1);
  });

  test.each([
    ["add_message", () => addMessage(host, "x", "user", "c")],
    ["add_user", () => addUser(host, {}, "c")],
    ["add_assistant", () => addAssistant(host, null, "c")],
    ["add_system", () => addSystem(host, 1, "c")],
    ["add_tool_result", () => addToolResult(host, undefined, "i", "c")],
  ])("%s refuses what is neither", (fn, act) => {
    expect(act).toThrow(`${fn}: first argument must be a message list or transcript`);
  });
});

describe("transcripts", () => {
  test("CONV-03 CONV-05 creating and reading", () => {
    const base = builtins.transcript(host, { source: "test" });
    expect(base).toEqual({
      _type: "transcript",
      version: 2,
      id: expect.any(String),
      messages: [],
      events: [],
      assets: [],
      metadata: { source: "test" },
    });
    expect(builtins.transcript(host)).not.toHaveProperty("metadata");
    const made = builtins.transcriptFromMessages(host, [user("a")]);
    expect(builtins.transcriptMessages(made)).toEqual([user("a")]);
    expect(builtins.transcriptAssets(made)).toEqual([]);
    expect(builtins.transcriptSummary(made)).toBeNull();
    expect(builtins.transcriptId(made)).toBe(made["id"]);
    expect(builtins.transcriptFromMessages(host, made)["id"]).not.toBe(made["id"]);
    expect(() => builtins.transcriptFromMessages(host, 4)).toThrow(
      "transcript_from_messages: argument must be a message list or transcript",
    );
  });

  test.each([
    ["transcript_messages", builtins.transcriptMessages],
    ["transcript_events", builtins.transcriptEvents],
    ["transcript_assets", builtins.transcriptAssets],
    ["transcript_summary", builtins.transcriptSummary],
    ["transcript_id", builtins.transcriptId],
    ["transcript_render_visible", builtins.transcriptRenderVisible],
    ["transcript_render_full", builtins.transcriptRenderFull],
    ["transcript_export", builtins.transcriptExport],
    ["transcript_fork", (value: unknown) => builtins.transcriptFork(host, value)],
    ["transcript_archive", (value: unknown) => builtins.transcriptArchive(host, value)],
  ])("CONV-05 %s refuses what is no transcript", (fn, act) => {
    for (const value of [null, [], {}, { _type: "other" }]) {
      expect(() => act(value)).toThrow(`${fn}: argument must be a transcript`);
    }
  });

  test("a transcript whose lists are broken is an error, not an empty one", () => {
    expect(() => builtins.transcriptMessages({ _type: "transcript", messages: "x" })).toThrow(
      "transcript.messages must be a list",
    );
  });

  test("CONV-04 events follow from messages: kinds, visibility, text", () => {
    const messages: Json[] = [
      user("plain"),
      { role: "tool_result", content: "r" },
      {
        role: "assistant",
        content: [
          { type: "output_text", text: "said" },
          { type: "reasoning", text: "hidden" },
          { type: "tool_call", name: "read" },
          { type: "image", name: "a.png" },
          { type: "file", path: "b.txt" },
          { type: "odd" },
          "loose",
        ],
      },
      { role: "user", content: { type: "text", text: "one", visibility: "internal" } },
      { role: "user", content: [{ type: "text", text: "x", visibility: "private" }] },
      { role: "user" },
    ];
    const events = eventsOf(builtins.transcriptFromMessages(host, messages));
    expect(events.map(({ kind, role, visibility, text }) => [kind, role, visibility, text])).toEqual([
      ["message", "user", "public", "plain"],
      ["tool_result", "tool_result", "internal", "r"],
      ["message", "assistant", "public", "said <tool_call:read> <image:a.png> <file:b.txt> <odd> loose"],
      ["message", "user", "internal", "one"],
      ["message", "user", "public", "x"],
      ["message", "user", "public", ""],
    ]);
    expect(new Set(events.map((event) => event["id"])).size).toBe(events.length);
    expect(events[0]?.["blocks"]).toEqual([{ type: "text", text: "plain", visibility: "public" }]);
  });

  test("CONV-06 assets: defaults, replacement by id, a path for what is no dict", () => {
    let value = builtins.transcriptAddAsset(host, builtins.transcript(host), { kind: "image", id: "a", name: "1" });
    value = builtins.transcriptAddAsset(host, value, "some/path.bin");
    value = builtins.transcriptAddAsset(host, value, { id: "a", visibility: "public", name: "2" });
    expect(builtins.transcriptAssets(value)).toEqual([
      {
        _type: "transcript_asset",
        id: expect.any(String),
        kind: "blob",
        visibility: "internal",
        storage: { path: "some/path.bin" },
      },
      { _type: "transcript_asset", id: "a", kind: "blob", visibility: "public", name: "2" },
    ]);
    expect(() => builtins.transcriptAddAsset(host, value, undefined)).toThrow("transcript_add_asset: missing asset");
  });

  test("CONV-07 rendering", () => {
    let value: Json = builtins.transcriptFromMessages(host, [
      user("hi"),
      { role: "tool_result", content: "r" },
      user(""),
    ]);
    value = builtins.transcriptArchive(host, value);
    expect(builtins.transcriptRenderVisible(value)).toBe("user: hi");
    expect(builtins.transcriptRenderFull(value)).toBe(
      "[public] user: hi\n[internal] tool_result: r\n[public] user: \n[internal] system: transcript archived",
    );
  });

  test.each([
    ["transcript_archive", builtins.transcriptArchive, "archived", "transcript archived"],
    ["transcript_abandon", builtins.transcriptAbandon, "abandoned", "transcript abandoned"],
    ["transcript_resume", builtins.transcriptResume, "active", "transcript resumed"],
    ["transcript_fork", builtins.transcriptFork, "forked", "transcript forked"],
  ])("CONV-08 %s", (kind, act, state, text) => {
    const base = newTranscript(host, { messages: [user("a")], summary: "s", assets: [{ id: "x" }] });
    const moved = act(host, base);
    expect(moved).toMatchObject({ id: base["id"], state, summary: "s", messages: [user("a")], assets: [{ id: "x" }] });
    expect(eventsOf(moved).at(-1)).toMatchObject({ kind, role: "system", visibility: "internal", text });
    expect(base).not.toHaveProperty("state");
  });

  test("CONV-08 a fork can leave messages and summary behind; a reset starts anew", () => {
    const base = newTranscript(host, { messages: [user("a")], summary: "s", metadata: { k: 1 } });
    const bare = builtins.transcriptFork(host, base, { retain_messages: false, retain_summary: false });
    expect(bare["messages"]).toEqual([]);
    expect(bare).not.toHaveProperty("summary");
    const reset = builtins.transcriptReset(host, { metadata: { source: "t" } });
    expect(reset).toMatchObject({ messages: [], state: "active", metadata: { source: "t" } });
    expect(eventsOf(reset)).toMatchObject([{ kind: "transcript_reset", text: "transcript reset" }]);
  });

  test("CONV-08 export and import are JSON text", () => {
    const base = newTranscript(host, { messages: [user("ä")] });
    expect(builtins.transcriptImport(builtins.transcriptExport(base))).toEqual(base);
    expect(() => builtins.transcriptImport("{")).toThrow(/^transcript_import: /);
  });

  test("CONV-10 statistics", () => {
    const crafted = {
      _type: "transcript",
      messages: [
        user("hi"),
        { role: "assistant", content: "hey" },
        { role: "assistant", content: "", tool_calls: [{ id: "a" }, { id: "b" }] },
        { role: "tool", content: "ok" },
        { role: "tool_result", content: "ok" },
        { role: "system", content: "ignore" },
        "odd",
      ],
      events: [
        { kind: "message", visibility: "visible" },
        { kind: "tool_result", visibility: "hidden" },
        { kind: "message", visibility: "visible" },
      ],
    };
    expect(builtins.transcriptStats(crafted)).toEqual({
      message_count: 6,
      user_facing_message_count: 3,
      tool_result_message_count: 2,
      tool_call_count: 2,
      assistant_message_count: 2,
      user_message_count: 1,
      visible_event_count: 2,
    });
    expect(Object.values(builtins.transcriptStats(null))).toEqual([0, 0, 0, 0, 0, 0, 0]);
    expect(builtins.transcriptEventsByKind(crafted, "message")).toHaveLength(2);
    expect(builtins.transcriptEventsByKind(null, "message")).toEqual([]);
  });
});

describe("CONV-09 transcript_summarize", () => {
  const long = newTranscript(host, {
    messages: Array.from({ length: 9 }, (_, i) => user(`m${i}`)),
    metadata: { k: 1 },
  });
  const summarize = (options?: object) => {
    const here = createVirtualHost();
    const model = createFakeModel(here, fakeScript(fakeStream(["short"])));
    const context = createLlmContext({ host: here, clients: model });
    return here
      .drive(transcriptSummarize(context, long, { model: "m", ...options }))
      .then((value) => ({ value, model }));
  };

  test("the options read besides those of a call are listed", async () => {
    const here = createVirtualHost();
    const context = createLlmContext({ host: here, clients: createFakeModel(here, fakeScript(fakeStream(["short"]))) });
    const read = (options: object) => here.drive(transcriptSummarize(context, long, options));
    expect(await askedKeys([{}], read)).toEqual(SUMMARIZE_OPTION_NAMES);
  });

  test("one call, the answer as summary, the last six messages", async () => {
    const { value, model } = await summarize();
    expect(value).toMatchObject({ id: long["id"], summary: "short", archived_messages: 3, metadata: { k: 1 } });
    expect(value["messages"]).toHaveLength(6);
    const prompt = JSON.stringify(model.calls[0]?.messages);
    expect(prompt).toContain("USER: m0");
    expect(prompt).toContain("USER: m8");
  });

  test("keep_last and prompt", async () => {
    const { value, model } = await summarize({ keep_last: 0, prompt: "Condense!" });
    expect(value).toMatchObject({ messages: [], archived_messages: 9 });
    expect(JSON.stringify(model.calls[0]?.messages)).toContain("Condense!\\n\\nConversation:");
    expect((await summarize({ keep_last: -4 })).value["messages"]).toEqual([]);
    await expect(summarize({ keep_last: "all" })).rejects.toThrow("`keep_last`");
  });
});
