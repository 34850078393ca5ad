import { describe, expect, it } from "vitest";
import { createTestHost, type TestHost } from "../../../test/agent/support.ts";
import { CancelToken, growingList } from "../../base/index.ts";
import { middleSummaryStrategy } from "../compaction/middle-summary.ts";
import { messageDicts, readMessageDicts } from "./message-dict.ts";
import type { RecordedMessage } from "./recorded-message.ts";
import { createSessionStore } from "./sessions.ts";
import { TranscriptDraft } from "./transcript-draft.ts";

function store(cap?: number) {
  return createSessionStore(createTestHost(), cap === undefined ? {} : { cap });
}

const message = (content: string) => ({ role: "user", content });

describe("message dicts", () => {
  it("read back what was written", () => {
    const messages: RecordedMessage[] = [
      {
        role: "user",
        content: "look",
        attachments: [{ kind: "image", mediaType: "image/png", base64: "AA==", detail: "low" }],
      },
      { role: "user", content: "plain" },
      {
        role: "assistant",
        text: "hm",
        thinking: [{ text: "t", signature: "s" }],
        toolCalls: [{ id: "1", name: "read", input: { a: [1] }, signature: "c" }],
      },
      { role: "tool", toolCallId: "1", toolName: "read", content: "x", isError: true },
      {
        role: "tool",
        toolCallId: "2",
        content: "seen",
        isError: false,
        attachments: [{ kind: "image", mediaType: "image/png", url: "https://example.com/a.png" }],
      },
      { role: "assistant", text: "done", toolCalls: [] },
    ];
    expect(readMessageDicts(messageDicts(messages))).toEqual(messages);
  });
});

describe("sessions", () => {
  it("open is idempotent and mints ids; unknown ids give nothing", () => {
    const sessions = store();
    const id = sessions.open();
    expect(sessions.open(id)).toBe(id);
    expect(sessions.open()).not.toBe(id);
    expect(sessions.length(id)).toBe(0);
    for (const unknown of [
      sessions.length("x"),
      sessions.snapshot("x"),
      sessions.ancestry("x"),
      sessions.fork("x"),
      sessions.forkAt("x", 1),
      sessions.trim("x", 1),
    ]) {
      expect(unknown).toBeUndefined();
    }
    expect(sessions.reset("x")).toBe(false);
    expect(sessions.exists("x")).toBe(false);
    expect(sessions.prompt("x")).toEqual({ messages: [], summary: undefined });
  });

  it("inject adds messages with their events; a bad message or session is refused", () => {
    const sessions = store();
    const id = sessions.open("s");
    sessions.inject(id, message("one"));
    sessions.inject(id, { role: "assistant", content: "two", extra: 1 });
    expect(sessions.snapshot(id)).toMatchObject({
      _type: "transcript",
      id: "s",
      length: 2,
      messages: [message("one"), { role: "assistant", content: "two", extra: 1 }],
      events: [{ kind: "message" }, { kind: "message" }],
      parent_id: null,
      child_ids: [],
      branched_at_event_index: null,
    });
    expect(() => sessions.inject(id, "text")).toThrow("agent_session_inject: message must be a dict");
    expect(() => sessions.inject(id, { content: "x" })).toThrow(/must have a string `role`/);
    expect(() => sessions.inject("ghost", message("x"))).toThrow("agent_session_inject: unknown session id 'ghost'");
  });

  it("reset empties, keeps id and subscribers; close forgets", () => {
    const sessions = store();
    const id = sessions.open("s");
    sessions.subscribe(id, () => {});
    sessions.inject(id, message("x"));
    expect(sessions.reset(id)).toBe(true);
    expect(sessions.length(id)).toBe(0);
    expect(sessions.subscribers(id)).toHaveLength(1);
    sessions.close(id);
    expect(sessions.exists(id)).toBe(false);
    expect(sessions.subscribers(id)).toEqual([]);
  });

  it("a fork goes its own way, without the subscribers", () => {
    const sessions = store();
    const source = sessions.open("source");
    sessions.subscribe(source, () => {});
    sessions.inject(source, message("shared"));
    const copy = sessions.fork(source)!;
    sessions.inject(source, message("source only"));
    sessions.inject(copy, message("a"));
    sessions.inject(copy, message("b"));
    expect([sessions.length(source), sessions.length(copy)]).toEqual([2, 3]);
    expect(sessions.subscribers(copy)).toEqual([]);
    expect(sessions.snapshot(copy)).toMatchObject({ id: copy, parent_id: "source" });
    expect(sessions.snapshot(source)).toMatchObject({ child_ids: [copy] });
  });

  it("fork_at keeps the first messages and remembers the event where it branched", () => {
    const sessions = store();
    const source = sessions.open("source");
    sessions.inject(source, message("1"));
    sessions.inject(source, message("2"));
    sessions.appendEvent(source, { kind: "note", text: "in between" });
    sessions.inject(source, message("3"));
    const branch = sessions.forkAt(source, 2, "branch")!;
    expect(branch).toBe("branch");
    expect(sessions.snapshot(branch)).toMatchObject({
      messages: [message("1"), message("2")],
      branched_at_event_index: 2,
    });
    expect(sessions.forkAt(source, 99)).toBeDefined();
    expect(() => sessions.forkAt(source, -1)).toThrow(/keep_first/);
  });

  it("ancestry walks up to the root, also past closed parents and around circles", () => {
    const sessions = store();
    const root = sessions.open("root");
    const child = sessions.fork(root, "child")!;
    const grandchild = sessions.fork(child, "grandchild")!;
    expect(sessions.ancestry(grandchild)).toEqual({ parentId: "child", childIds: [], rootId: "root" });
    expect(sessions.ancestry(root)).toEqual({ parentId: undefined, childIds: ["child"], rootId: "root" });
    sessions.link(grandchild, root);
    expect(sessions.ancestry(root)?.parentId).toBe("grandchild");
    sessions.close(child);
    expect(sessions.ancestry(grandchild)?.rootId).toBe("child");
    sessions.link(root, root);
    expect(sessions.ancestry(root)?.childIds).toEqual(["child"]);
  });

  it("trim keeps the last messages", () => {
    const sessions = store();
    const id = sessions.open("s");
    for (const text of ["one", "two", "three"]) sessions.inject(id, message(text));
    expect(sessions.trim(id, 2)).toBe(2);
    expect(sessions.snapshot(id)!["messages"]).toEqual([message("two"), message("three")]);
    expect(sessions.trim(id, 0)).toBe(0);
    expect(() => sessions.trim(id, -1)).toThrow(/keep_last/);
  });

  it("compact folds the history and keeps the summary for the next loop", async () => {
    const host: TestHost = createTestHost();
    const sessions = createSessionStore(host);
    const id = sessions.open("s");
    for (let n = 0; n < 8; n++) sessions.inject(id, { role: n % 2 === 0 ? "user" : "assistant", content: `m${n}` });
    const strategy = middleSummaryStrategy({ kind: "truncate", keepLast: 2 });
    const context = {
      host,
      client: {
        provider: "none",
        stream: () => {
          throw new Error("not asked");
        },
      },
      request: { provider: "p", model: "m" },
      system: undefined,
      tools: [],
      windowTokens: 100_000,
      signal: new CancelToken(),
      forced: false,
    };
    expect(await sessions.compact(id, strategy, context)).toBe(3);
    const { messages, summary } = sessions.prompt(id);
    expect(summary).toMatch(/^\[auto-compacted 6 older/);
    expect(messages).toHaveLength(3);
    expect(await sessions.compact("ghost", strategy, context)).toBeUndefined();
  });

  it("a summary that the messages do not start with is put in front of them", () => {
    const sessions = store();
    const id = sessions.open("s");
    sessions.store(id, { _type: "transcript", id, messages: [message("x")], summary: "What was" });
    expect(sessions.prompt(id)).toEqual({ messages: [message("What was"), message("x")], summary: "What was" });
  });

  it("a transcript that is given as a draft is made once, when somebody looks", () => {
    const sessions = store();
    const id = sessions.open("s");
    const history: RecordedMessage[] = [{ role: "user", content: "x" }];
    const draft = new TranscriptDraft(createTestHost(), { sessionId: id, history });
    sessions.store(id, draft);
    expect(draft.made).toBeUndefined();
    expect(sessions.length(id)).toBe(1);
    const { made } = draft;
    expect(sessions.snapshot(id)).toMatchObject({ messages: [{ content: "x" }], length: 1 });
    expect(draft.transcript()).toBe(made);
  });

  it("a draft is of the conversation as it was, though the conversation goes on before somebody looks", () => {
    const history = growingList<RecordedMessage>([{ role: "user", content: "x" }]);
    const draft = new TranscriptDraft(createTestHost(), { sessionId: "s", history });
    history.push({ role: "user", content: "y" });
    expect(draft.transcript()).toMatchObject({ messages: [{ content: "x" }] });
    expect(draft.transcript()["messages"]).toHaveLength(1);
  });

  it("appendEvent wants a kind", () => {
    const sessions = store();
    const id = sessions.open("s");
    expect(() => sessions.appendEvent(id, {})).toThrow(/string `kind`/);
    expect(() => sessions.appendEvent(id, 1)).toThrow(/must be a dict/);
    expect(() => sessions.appendEvent("ghost", { kind: "x" })).toThrow(/unknown session id 'ghost'/);
  });

  it("beyond the cap the session used least recently leaves; forking does not push its own source out", () => {
    const sessions = store(2);
    sessions.open("a");
    sessions.open("b");
    sessions.length("a");
    sessions.open("c");
    expect([sessions.exists("a"), sessions.exists("b"), sessions.exists("c")]).toEqual([true, false, true]);
    sessions.fork("a", "d");
    expect([sessions.exists("a"), sessions.exists("c"), sessions.exists("d")]).toEqual([true, false, true]);
  });

  it("EVENT-01 EVENT-03 subscribing opens a session; feedback waits for it in order, once", () => {
    const sessions = store();
    sessions.subscribe("s", () => {});
    expect(sessions.exists("s")).toBe(true);
    sessions.injectFeedback("later", { kind: "a", content: "1" });
    sessions.injectFeedback("later", { kind: "b", content: "2" });
    expect(sessions.exists("later")).toBe(false);
    expect(sessions.takeFeedback("later").map((item) => item.kind)).toEqual(["a", "b"]);
    expect(sessions.takeFeedback("later")).toEqual([]);
  });

  it("two stores share nothing", () => {
    const [one, two] = [store(), store()];
    one.open("s");
    expect(two.exists("s")).toBe(false);
  });
});
