import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  answer,
  brokenRules,
  callTool,
  collect,
  createTestHost,
  done,
  fileText,
  modelError,
  type Script,
  say,
  scriptedModel,
  started,
  type TestHost,
  usage,
} from "../../../test/agent/support.ts";
import { HostError } from "../../base/index.ts";
import { createToolRuntime, defineTool } from "../tools/define-tool.ts";
import type { Harness, TurnInput } from "../turn/harness.ts";
import { runTurn } from "../turn/run-turn.ts";
import type { TerminalEvent } from "../turn/turn-event.ts";
import { openContextFile } from "./context-file.ts";
import { decodeLine, encodeLine } from "./context-line.ts";
import { healHistory, INTERRUPTED_RESULT, isHealthy } from "./heal.ts";
import type { RecordedMessage } from "./recorded-message.ts";

const PATH = "folder/deep/context.jsonl";

const MESSAGES: readonly RecordedMessage[] = [
  { role: "user", content: "hi\nthere", attachments: [{ kind: "image", mediaType: "image/png", base64: "AA==" }] },
  {
    role: "assistant",
    text: "Looking",
    thinking: [{ text: "hm", signature: "sig" }],
    toolCalls: [{ id: "1", name: "read", input: { path: "ä" }, signature: "call-sig", rawInput: '{"path":"ä"}' }],
    usage: usage(10, 2, 3),
  },
  { role: "tool", toolCallId: "1", toolName: "read", content: '"x"', isError: false },
  { role: "assistant", text: "Done", toolCalls: [] },
];

function write(host: TestHost, text: string | Uint8Array, path = PATH): void {
  host.files.set(path, typeof text === "string" ? new TextEncoder().encode(text) : text);
}

function lines(messages: readonly RecordedMessage[]): string {
  return messages.map((message) => `${encodeLine(message)}\n`).join("");
}

async function load(host: TestHost, path = PATH): Promise<readonly RecordedMessage[]> {
  return (await openContextFile(host, path)).messages;
}

const read = defineTool({ name: "read", description: "", input: {}, execute: () => "text" });

async function turn(
  host: TestHost,
  scripts: readonly Script[],
  options: Partial<Harness> = {},
  input: Partial<TurnInput> = {},
) {
  const model = scriptedModel(host, scripts);
  const harness: Harness = {
    host,
    model,
    request: { provider: "p", model: "m" },
    tools: createToolRuntime([read]),
    ...options,
  };
  const events = await collect(runTurn(harness, { prompt: "go", contextPath: PATH, ...input }));
  return { events, model, end: events.at(-1) as TerminalEvent };
}

describe("context lines", () => {
  it("CTX-04 one versioned JSON object per line, read back as it was", () => {
    const line = encodeLine(MESSAGES[3]!)!;
    expect(line).toBe('{"v":1,"role":"assistant","text":"Done","toolCalls":[]}');
    for (const message of MESSAGES) expect(decodeLine(encodeLine(message)!)).toEqual({ kind: "message", message });
  });

  it.each<[string, string, object]>([
    [
      "v0 user",
      '{"User":{"content":"hi","attachments":[{"Image":{"media_type":"image/png","data":{"Base64":"AA=="}}},{"Image":{"media_type":"image/png","data":{"Url":"http://x"}}}]}}',
      {
        role: "user",
        content: "hi",
        attachments: [
          { kind: "image", mediaType: "image/png", base64: "AA==" },
          { kind: "image", mediaType: "image/png", url: "http://x" },
        ],
      },
    ],
    [
      "v0 assistant",
      '{"Assistant":{"text":null,"tool_calls":[{"id":"1","name":"read","input":{"a":1}}],"thinking":{"text":"t","signature":"s"},"usage":{"input_tokens":5,"output_tokens":1,"cache_read_input_tokens":2,"cache_creation_input_tokens":0}}}',
      {
        role: "assistant",
        toolCalls: [{ id: "1", name: "read", input: { a: 1 } }],
        thinking: [{ text: "t", signature: "s" }],
        usage: { inputTokens: 5, outputTokens: 1, cacheReadTokens: 2, cacheWriteTokens: 0, exact: true },
      },
    ],
    [
      "v0 tool",
      '{"Tool":{"tool_call_id":"1","content":"c","is_error":true,"attachments":[]}}',
      { role: "tool", toolCallId: "1", content: "c", isError: true },
    ],
    ["v1 user", '{"v":1,"role":"user","content":"hi"}', { role: "user", content: "hi" }],
  ])("CTX-04 a line of %s loads for ever", (_name, line, message) => {
    expect(decodeLine(line)).toEqual({ kind: "message", message });
  });

  it.each([
    "",
    "{",
    "null",
    "[]",
    '{"v":1}',
    '{"v":"x","role":"user"}',
    '{"v":1,"role":"user","content":5}',
    '{"Odd":{}}',
    '{"v":1,"role":"assistant","toolCalls":[{"id":1}]}',
  ])("garbage is unreadable: %s", (line) => {
    expect(decodeLine(line)).toEqual({ kind: "unreadable" });
  });

  it("a line of a newer version is recognised", () => {
    expect(decodeLine('{"v":2,"role":"user","shape":"unknown"}')).toEqual({ kind: "newer", version: 2 });
  });

  it("CTX-09 a message that is not JSON is skipped with a warning, the rest is written", async () => {
    const host = createTestHost();
    const { file } = await openContextFile(host, PATH);
    const circular: Record<string, unknown> = {};
    circular["self"] = circular;
    const bad = {
      role: "assistant",
      toolCalls: [{ id: "1", name: "x", input: circular }],
    } as unknown as RecordedMessage;
    expect(await file.save([MESSAGES[0]!, bad, MESSAGES[3]!], 0)).toBe(true);
    expect(await load(host)).toEqual([MESSAGES[0], MESSAGES[3]]);
    expect(host.log.some((entry) => entry.message.includes("not JSON"))).toBe(true);
  });
});

describe("context file", () => {
  it("CTX-05 a missing file is an empty history, without a warning", async () => {
    const host = createTestHost();
    expect(await load(host)).toEqual([]);
    expect(host.log).toEqual([]);
  });

  it("CTX-05 an unreadable file is logged, gives an empty history and is never overwritten", async () => {
    const host = createTestHost();
    write(host, lines(MESSAGES));
    const before = fileText(host, PATH);
    host.fault = (effect) => {
      if (effect === "fs.read") throw new HostError("permission_denied", effect, "denied");
      return undefined;
    };
    const { messages, file } = await openContextFile(host, PATH);
    expect(messages).toEqual([]);
    expect(host.log).toHaveLength(1);
    expect(await file.replace([MESSAGES[0]!])).toBe(true);
    expect(fileText(host, PATH)).toBe(before);
    await file.save([MESSAGES[0]!], 0);
    expect(fileText(host, PATH)).toBe(`${before}\n${encodeLine(MESSAGES[0]!)}\n`);
  });

  it("CTX-06 blank lines are skipped silently, unreadable ones with a warning, the order is kept", async () => {
    const host = createTestHost();
    write(host, `\n${encodeLine(MESSAGES[0]!)}\n   \nnot json\n${encodeLine(MESSAGES[3]!)}\n{"half":`);
    expect(await load(host)).toEqual([MESSAGES[0], MESSAGES[3]]);
    expect(host.log.map((entry) => (entry.fields as { line: number }).line)).toEqual([4, 6]);
  });

  it("one byte that is no UTF-8 costs one line, not the file", async () => {
    const host = createTestHost();
    const good = new TextEncoder().encode(lines([MESSAGES[0]!]));
    write(host, new Uint8Array([...good, 0xff, 0xfe, 0x0a, ...good]));
    expect(await load(host)).toEqual([MESSAGES[0], MESSAGES[0]]);
  });

  it("CTX-07 appends create folders and file, and are on stable storage", async () => {
    const host = createTestHost();
    const { file } = await openContextFile(host, PATH);
    expect(await file.save(MESSAGES, 4)).toBe(true);
    expect(host.files.size).toBe(0);
    await file.save(MESSAGES.slice(0, 1), 0);
    await file.save(MESSAGES, 1);
    expect(fileText(host, PATH)).toBe(lines(MESSAGES));
    expect(host.fileEffects).toEqual([
      `read ${PATH}`,
      "mkdir folder/deep",
      `append+sync ${PATH}`,
      `append+sync ${PATH}`,
    ]);
  });

  it("CTX-08 a rewrite goes to a temporary file that takes the old one's place", async () => {
    const host = createTestHost();
    write(host, lines(MESSAGES));
    const { file } = await openContextFile(host, PATH);
    expect(await file.replace([MESSAGES[0]!])).toBe(true);
    expect(await load(host)).toEqual([MESSAGES[0]]);
    expect(host.fileEffects.slice(2, 4)).toEqual([`write+sync ${PATH}.tmp`, `move+sync ${PATH}.tmp ${PATH}`]);
    expect(host.files.has(`${PATH}.tmp`)).toBe(false);
  });

  it.each(["fs.write", "fs.move"])(
    "CTX-08 a rewrite that fails at %s leaves the old conversation, and is made good later",
    async (at) => {
      const host = createTestHost();
      write(host, lines(MESSAGES));
      const { file } = await openContextFile(host, PATH);
      host.fault = (effect) => {
        if (effect === at) throw new HostError("no_space", effect, "disk full");
        return undefined;
      };
      expect(await file.replace([MESSAGES[0]!])).toBe(false);
      expect(await load(host)).toEqual(MESSAGES);
      host.fault = undefined;
      expect(await file.save([MESSAGES[0]!, MESSAGES[3]!], 1)).toBe(true);
      expect(await load(host)).toEqual([MESSAGES[0], MESSAGES[3]]);
    },
  );

  it("a file with lines of a newer release is appended to but never rewritten", async () => {
    const host = createTestHost();
    const newer = '{"v":9,"role":"oracle"}\n';
    write(host, newer);
    const { file } = await openContextFile(host, PATH);
    await file.replace([MESSAGES[0]!]);
    await file.save([MESSAGES[0]!], 0);
    expect(fileText(host, PATH)).toBe(newer + lines([MESSAGES[0]!]));
  });

  it("cut at any byte, the file loads as a prefix, and the next append loses nothing more", async () => {
    const text = new TextEncoder().encode(lines(MESSAGES));
    for (let cut = 0; cut <= text.length; cut++) {
      const host = createTestHost();
      write(host, text.slice(0, cut));
      const { messages, file } = await openContextFile(host, PATH);
      expect(MESSAGES.slice(0, messages.length)).toEqual(messages);
      const grown = [...messages, MESSAGES[3]!];
      expect(await file.save(grown, messages.length)).toBe(true);
      expect(await load(host)).toEqual(grown);
    }
  });

  it("an append that dies after any byte is made good by the next save", async () => {
    const size = new TextEncoder().encode(lines(MESSAGES.slice(1, 3))).length;
    for (let arrived = 0; arrived < size; arrived += 3) {
      const host = createTestHost();
      const { file } = await openContextFile(host, PATH);
      await file.save(MESSAGES.slice(0, 1), 0);
      host.fault = () => arrived;
      expect(await file.save(MESSAGES.slice(0, 3), 1)).toBe(false);
      host.fault = undefined;
      expect(await file.save(MESSAGES, 1)).toBe(true);
      expect(await load(host)).toEqual(MESSAGES);
    }
  });
});

describe("a turn with a context file", () => {
  it("LOOP-32 LOOP-33 CTX-01 the file is the history, the prompt is written before the model is asked", async () => {
    const host = createTestHost();
    write(host, lines(MESSAGES));
    let onDisk = "";
    const script: Script = [
      started,
      () => {
        onDisk = fileText(host, PATH);
        return [say("ok")];
      },
      done(),
    ];
    const { end, model } = await turn(host, [script], {}, { priorMessages: [{ role: "user", content: "ignored" }] });
    expect(onDisk.trimEnd().split("\n").at(-1)).toBe('{"v":1,"role":"user","content":"go"}');
    expect(model.inputs[0]!.messages).toHaveLength(5);
    expect(end.finalMessages).toEqual([]);
    expect(await load(host)).toEqual([
      ...MESSAGES,
      { role: "user", content: "go" },
      { role: "assistant", text: "ok", toolCalls: [] },
    ]);
  });

  it("CTX-01 assistant and results are written after each tool step, in one append", async () => {
    const host = createTestHost();
    const { events } = await turn(host, [
      [started, ...callTool("1", "read", {}), ...callTool("2", "read", {}), done()],
      answer("ok"),
    ]);
    expect(events.at(-1)).toMatchObject({ stopReason: "end_turn", finalMessages: [] });
    expect(host.fileEffects.filter((effect) => effect.startsWith("append"))).toHaveLength(3);
    expect((await load(host)).map((message) => message.role)).toEqual([
      "user",
      "assistant",
      "tool",
      "tool",
      "assistant",
    ]);
  });

  it("LOOP-40 CTX-01 everything is on disk at max_turns", async () => {
    const host = createTestHost();
    const { end } = await turn(host, [[started, ...callTool("1", "read", {}), done()]], { maxSteps: 1 });
    expect(end).toMatchObject({ stopReason: "max_turns", finalMessages: [] });
    expect(await load(host)).toHaveLength(3);
  });

  it("CTX-02 nothing of a failed step is written", async () => {
    const host = createTestHost();
    const { end } = await turn(host, [
      [started, ...callTool("1", "read", {}), done()],
      [started, say("half"), modelError("auth", "x")],
    ]);
    expect(end).toMatchObject({ type: "turn-error" });
    expect(await load(host)).toHaveLength(3);
  });

  it("CTX-03 COMPACT-03 a compaction rewrites the file before it is told, and later appends follow it", async () => {
    const host = createTestHost();
    write(host, lines(MESSAGES));
    const folded: RecordedMessage = { role: "user", content: "folded" };
    let asked = 0;
    const model = scriptedModel(host, []);
    const compaction = {
      client: model,
      request: { provider: "p", model: "m" },
      windowTokens: 100,
      strategy: { name: "fold", shouldCompact: () => asked++ === 0, compact: async () => ({ messages: [folded] }) },
    };
    let onDisk: readonly RecordedMessage[] = [];
    const harness: Harness = {
      host,
      model: scriptedModel(host, [[started, ...callTool("1", "read", {}), done()], answer("ok")]),
      request: { provider: "p", model: "m" },
      tools: createToolRuntime([read]),
      compaction,
    };
    for await (const event of runTurn(harness, { prompt: "go", contextPath: PATH })) {
      if (event.type === "compaction-applied") onDisk = await load(host);
    }
    expect(onDisk).toEqual([folded]);
    expect((await load(host)).map((message) => message.role)).toEqual(["user", "assistant", "tool", "assistant"]);
  });

  it("CTX-10 loading heals nothing, the turn does, and the healed history is on disk", async () => {
    const host = createTestHost();
    const dangling: readonly RecordedMessage[] = MESSAGES.slice(0, 2);
    write(host, lines(dangling));
    expect(await load(host)).toEqual(dangling);
    const { model } = await turn(host, [answer("ok")]);
    expect(brokenRules(model.inputs[0]!.messages)).toEqual([]);
    const after = await load(host);
    expect(isHealthy(after)).toBe(true);
    expect(after.map((message) => message.role)).toEqual(["user", "assistant", "tool", "user", "assistant"]);
  });

  it("a full disk does not fail the turn; the next save that works has everything", async () => {
    const host = createTestHost();
    host.fault = (effect, path) => {
      if (effect === "fs.write" && !path.endsWith(".tmp")) throw new HostError("no_space", effect, "disk full");
      return undefined;
    };
    const { end } = await turn(host, [[started, ...callTool("1", "read", {}), done()], answer("ok")]);
    expect(end).toMatchObject({ stopReason: "end_turn" });
    expect(await load(host)).toHaveLength(4);
  });

  it("crashed at any byte, a resumed conversation is one that every provider accepts", async () => {
    const original = createTestHost();
    await turn(original, [
      [started, say("a"), ...callTool("1", "read", {}), ...callTool("2", "read", {}), done()],
      answer("done"),
    ]);
    const bytes = original.files.get(PATH)!;
    for (let cut = 0; cut <= bytes.length; cut += 7) {
      const host = createTestHost();
      write(host, bytes.slice(0, cut));
      const { model } = await turn(host, [answer("again")], {}, { prompt: "again" });
      expect(brokenRules(model.inputs[0]!.messages)).toEqual([]);
      expect(isHealthy(await load(host))).toBe(true);
    }
  });
});

describe("healing", () => {
  const message: fc.Arbitrary<RecordedMessage> = fc.oneof(
    fc.constantFrom("hi", "", "  ").map((content): RecordedMessage => ({ role: "user", content })),
    fc
      .tuple(fc.constantFrom("text", "", undefined), fc.uniqueArray(fc.constantFrom("a", "b", "c"), { maxLength: 3 }))
      .map(
        ([text, ids]): RecordedMessage => ({
          role: "assistant",
          ...(text === undefined ? {} : { text }),
          toolCalls: ids.map((id) => ({ id, name: "t", input: {} })),
        }),
      ),
    fc
      .constantFrom("a", "b", "c")
      .map((id): RecordedMessage => ({ role: "tool", toolCallId: id, content: "r", isError: false })),
  );

  it("any list of messages becomes a valid one; healing twice changes nothing; a healthy list is the same array", () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 12 }), (messages) => {
        const healed = healHistory(messages);
        expect(brokenRules([{ role: "user", content: "first" }, ...healed])).toEqual([]);
        expect(healHistory(healed)).toBe(healed);
        const callsIn = (list: readonly RecordedMessage[]) =>
          list.flatMap((entry) => (entry.role === "assistant" ? entry.toolCalls : []));
        const ids = callsIn(healed).map((call) => call.id);
        expect(new Set(ids).size).toBe(ids.length);
        // Every call is kept, and its id too where it is the first of that id.
        const seen = new Set<string>();
        for (const [at, call] of callsIn(messages).entries()) {
          if (seen.has(call.id)) expect(ids[at]).not.toBe(call.id);
          else expect(ids[at]).toBe(call.id);
          seen.add(call.id);
        }
        expect(ids).toHaveLength(callsIn(messages).length);
      }),
    );
  });

  it("two calls of one id, which providers refuse: the later one gets another, and keeps its own result", () => {
    const said = (id: string): RecordedMessage => ({ role: "assistant", toolCalls: [{ id, name: "t", input: {} }] });
    const got = (id: string, content: string): RecordedMessage => ({
      role: "tool",
      toolCallId: id,
      content,
      isError: false,
    });
    const twice = [said("call_0"), got("call_0", "first"), said("call_0"), got("call_0", "second")];
    expect(healHistory(twice)).toEqual([
      said("call_0"),
      got("call_0", "first"),
      said("call_0_2"),
      got("call_0_2", "second"),
    ]);
  });

  it("answers a dangling call, keeps the results there are, in the order of the calls, ahead of what came between", () => {
    const calls = ["a", "b"].map((id) => ({ id, name: "t", input: {} }));
    const result = { role: "tool", toolCallId: "b", content: "B", isError: false } as const;
    expect(healHistory([{ role: "assistant", toolCalls: calls }, { role: "user", content: "hey" }, result])).toEqual([
      { role: "assistant", toolCalls: calls },
      { role: "tool", toolCallId: "a", toolName: "t", content: INTERRUPTED_RESULT, isError: true },
      result,
      { role: "user", content: "hey" },
    ]);
  });
});
