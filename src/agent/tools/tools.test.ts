import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  answer,
  callTool,
  collect,
  createTestHost,
  done,
  type Script,
  scriptedModel,
  started,
} from "../../../test/agent/support.ts";
import { CancelToken, type Json } from "../../base/index.ts";
import type { Harness } from "../turn/harness.ts";
import type { Observation, Policy } from "../turn/policy.ts";
import { runTurn } from "../turn/run-turn.ts";
import type { TerminalEvent, TurnEvent } from "../turn/turn-event.ts";
import { bm25Search, bm25Terms } from "./bm25.ts";
import { createToolRuntime, defineTool, joinToolRuntimes, type Tool } from "./define-tool.ts";
import { invokeTool } from "./invoke-tool.ts";
import { ToolRuntimeError, toolFailure, toolSuccess } from "./outcome.ts";
import { isReadOnly, type ToolContext, type ToolKind, type ToolRuntime } from "./tool-runtime.ts";
import { withToolSearch } from "./tool-search.ts";

const host = createTestHost();
const context: ToolContext = {
  callId: "c",
  host,
  signal: new CancelToken(),
  abortSignal: new AbortController().signal,
};

function invoke(tool: Tool, input: Json) {
  return tool.run({ id: "c", name: tool.spec.name, input }, context);
}

async function run(scripts: readonly Script[], options: Partial<Harness>) {
  const fresh = createTestHost();
  const model = scriptedModel(fresh, scripts);
  const harness: Harness = {
    host: fresh,
    model,
    request: { provider: "p", model: "m" },
    tools: createToolRuntime([]),
    ...options,
  };
  const events = await collect(runTurn(harness, { prompt: "go" }));
  const results = events.filter(
    (event): event is Extract<TurnEvent, { type: "tool-result" }> => event.type === "tool-result",
  );
  return { events, results, model, host: fresh, end: events.at(-1) as TerminalEvent };
}

describe("tools in TypeScript", () => {
  it("a zod schema validates, types and prints itself", async () => {
    const tool = defineTool({
      name: "add",
      description: "Adds",
      input: z.object({ a: z.number(), b: z.number().default(1) }),
      execute: ({ a, b }) => a + b,
    });
    expect(tool.spec.inputSchema).toMatchObject({ type: "object", properties: { a: { type: "number" } } });
    expect(tool.spec.inputSchema).not.toHaveProperty("$schema");
    expect(await invoke(tool, { a: 2 })).toEqual(toolSuccess(3));
    expect(await invoke(tool, { a: 2, b: 1.5 })).toEqual(toolSuccess(3.5));
  });

  it("LOOP-94 LOOP-95 a violation is told with the expected shape and never reaches the tool", async () => {
    let ran = false;
    const tool = defineTool({
      name: "t",
      description: "",
      input: z.object({ mail: z.email(), n: z.number() }),
      execute: () => {
        ran = true;
        return null;
      },
    });
    const missing = await invoke(tool, { mail: "x" });
    expect(missing.output).toMatchObject({ ok: false, failure: { kind: "InvalidInput" } });
    expect(JSON.stringify(missing)).toContain("missing required field `n`");
    expect(JSON.stringify(missing)).toContain("Expected shape:");
    const refined = await invoke(tool, { mail: "x", n: 1 });
    expect(JSON.stringify(refined)).toContain("field `mail`: ");
    expect(ran).toBe(false);
  });

  it("a Standard Schema that cannot print itself needs inputSchema", () => {
    const schema = { "~standard": { version: 1, vendor: "own", validate: (value: unknown) => ({ value }) } } as const;
    expect(() => defineTool({ name: "t", description: "", input: schema, execute: () => null })).toThrow(
      /pass `inputSchema` too/,
    );
    const tool = defineTool({
      name: "t",
      description: "",
      input: schema,
      inputSchema: { type: "object" },
      execute: () => null,
    });
    expect(tool.spec.inputSchema).toEqual({ type: "object" });
  });

  it("LOOP-93 LOOP-T22 input is repaired again at dispatch, output is bounded", async () => {
    const echo = defineTool({
      name: "echo",
      description: "",
      input: { type: "object", properties: { on: { type: "boolean" } } },
      execute: (input) => input,
    });
    expect(await invoke(echo, { on: "true" })).toEqual(toolSuccess({ on: true }));
    const large = defineTool({
      name: "large",
      description: "",
      input: {},
      maxOutputBytes: 100,
      execute: () => "x".repeat(200),
    });
    expect((await invoke(large, {})).output).toMatchObject({ ok: true, value: { tool_output_clipped: true } });
  });

  it("undefined is null, outcomes pass as they are, what is thrown is a Runtime failure", async () => {
    const tool = (execute: () => never | undefined | ReturnType<typeof toolSuccess>) =>
      defineTool({ name: "t", description: "", input: {}, execute });
    expect(
      await invoke(
        tool(() => undefined),
        {},
      ),
    ).toEqual(toolSuccess(null));
    expect(
      await invoke(
        tool(() => toolFailure("NotFound", "no file")),
        {},
      ),
    ).toEqual(toolFailure("NotFound", "no file"));
    const crash = tool(() => {
      throw new Error("boom");
    });
    expect(await invoke(crash, {})).toEqual(toolFailure("Runtime", "boom"));
  });

  it("two tools of one name are refused; joined runtimes answer for their own tools", async () => {
    const one = defineTool({ name: "a", description: "1", input: {}, kind: "read", execute: () => 1 });
    expect(() => createToolRuntime([one, one])).toThrow(/unique.*`a`/);
    const other = defineTool({ name: "b", description: "2", input: {}, timeoutMs: 9, execute: () => 2 });
    const joined = joinToolRuntimes([createToolRuntime([one]), createToolRuntime([one, other])]);
    expect(joined.specs().map((spec) => spec.name)).toEqual(["a", "b"]);
    expect(isReadOnly(joined, "a")).toBe(true);
    expect(isReadOnly(joined, "b")).toBe(false);
    expect(joined.timeoutOf?.("b")).toBe(9);
    expect(await joined.invoke({ id: "1", name: "b", input: {} }, context)).toEqual(toolSuccess(2));
    await expect(joined.invoke({ id: "1", name: "c", input: {} }, context)).rejects.toThrow("unknown tool c");
  });

  it("LOOP-77 texts of runtime errors", () => {
    expect(new ToolRuntimeError("unknown-tool", "x", "x").message).toBe("unknown tool x");
    expect(new ToolRuntimeError("invalid-input", "x", "bad").message).toBe("invalid input for x: bad");
    expect(new ToolRuntimeError("timeout", "x", "after 1s").message).toBe("tool timed out: after 1s");
    expect(new ToolRuntimeError("runtime", "x", "gone").message).toBe("tool runtime failed: gone");
  });
});

describe("invoking", () => {
  it("LOOP-71 LOOP-72 a tool that ignores signal and time is left behind; the model hears of the timeout", async () => {
    let aborted = false;
    const hung = defineTool({
      name: "hung",
      description: "",
      input: {},
      timeoutMs: 1500,
      execute: (_input, { signal, abortSignal }) => {
        signal.addEventListener("abort", () => {
          aborted = abortSignal.aborted;
        });
        return new Promise<never>(() => {});
      },
    });
    const {
      results,
      host: used,
      end,
    } = await run([[started, ...callTool("1", "hung", {}), done()], answer("ok")], {
      tools: createToolRuntime([hung]),
    });
    expect(results[0]!.output).toEqual({ ok: false, error: "Timeout: tool timed out after 1.5s" });
    expect(used.clock.elapsedMs).toBe(1500);
    expect(aborted).toBe(true);
    expect(end).toMatchObject({ stopReason: "end_turn" });
  });

  it("a limit for all tools, and a finished tool leaves no timer behind", async () => {
    const fast = defineTool({ name: "fast", description: "", input: {}, execute: () => 1 });
    const { host: used } = await run([[started, ...callTool("1", "fast", {}), done()], answer("ok")], {
      tools: createToolRuntime([fast]),
      dispatch: { timeoutMs: 60_000 },
    });
    expect(used.clock.pending).toBe(0);
    expect(used.clock.elapsedMs).toBe(0);
  });

  it("AGENT-05 failed executions are tried again after base × 2^min(n, 5); refusals and bad input are not", async () => {
    let calls = 0;
    const flaky = (outcome: () => ReturnType<typeof toolFailure>): ToolRuntime => ({
      specs: () => [],
      invoke: async () => {
        calls++;
        return outcome();
      },
    });
    const attempt = async (outcome: () => ReturnType<typeof toolFailure>, retries: number) => {
      calls = 0;
      const used = createTestHost();
      await invokeTool(
        { id: "1", name: "t", input: {} },
        { host: used, runtime: flaky(outcome), retries, backoffMs: 10 },
        undefined,
      );
      return { calls, elapsedMs: used.clock.elapsedMs };
    };
    expect(await attempt(() => toolFailure("Runtime", "x"), 7)).toEqual({
      calls: 8,
      elapsedMs: 20 + 40 + 80 + 160 + 320 + 320 + 320,
    });
    expect(await attempt(() => toolFailure("Denied", "x"), 7)).toEqual({ calls: 1, elapsedMs: 0 });
    expect(await attempt(() => toolFailure("InvalidInput", "x"), 7)).toEqual({ calls: 1, elapsedMs: 0 });
    expect(await attempt(() => (calls < 3 ? toolFailure("Runtime", "x") : toolSuccess(1)), 7)).toEqual({
      calls: 3,
      elapsedMs: 60,
    });
  });
});

describe("dispatch", () => {
  const log: string[] = [];
  const tool = (name: string, kind: ToolKind, ms: number): Tool =>
    defineTool({
      name,
      description: "",
      input: {},
      kind,
      execute: async (_input, { host: used }) => {
        log.push(`start ${name}`);
        await used.perform("sleep", { ms });
        log.push(`end ${name}`);
        return name;
      },
    });

  it("AGENT-34 a leading run of two or more read-only tools runs at once, the rest in order; results keep call order", async () => {
    log.length = 0;
    const tools = createToolRuntime([
      tool("r1", "read", 30),
      tool("r2", "search", 10),
      tool("w", "edit", 10),
      tool("r3", "read", 10),
    ]);
    const calls = ["r1", "r2", "w", "r3"].flatMap((name) => callTool(name, name, {}));
    const { results } = await run([[started, ...calls, done()], answer("x")], {
      tools,
      dispatch: { schedule: "ordered" },
    });
    expect(log).toEqual(["start r1", "start r2", "end r2", "end r1", "start w", "end w", "start r3", "end r3"]);
    expect(results.map((event) => event.id)).toEqual(["r1", "r2", "w", "r3"]);
  });

  it("AGENT-34 one leading read-only tool, or one without a kind, runs alone", async () => {
    log.length = 0;
    const tools = createToolRuntime([tool("r", "read", 20), tool("o", "other", 10), tool("r2", "read", 5)]);
    const calls = ["r", "o", "r2"].flatMap((name) => callTool(name, name, {}));
    await run([[started, ...calls, done()], answer("x")], { tools, dispatch: { schedule: "ordered" } });
    expect(log).toEqual(["start r", "end r", "start o", "end o", "start r2", "end r2"]);
  });

  it("LOOP-101 gates run in order and before any tool; the first refusal is what the model sees", async () => {
    const asked: string[] = [];
    const gate = (name: string, verdict?: () => ReturnType<NonNullable<Policy["gate"]>>): Policy => ({
      name,
      gate: (_turn, call) => {
        asked.push(`${name} ${call.id}`);
        return call.name === "bad" ? verdict?.() : undefined;
      },
    });
    let ran = 0;
    const count = (name: string) => defineTool({ name, description: "", input: {}, execute: () => ++ran });
    const refuse = () =>
      ({ kind: "reject", outcome: toolFailure("Denied", "not today"), category: "permission_denied" }) as const;
    const { results } = await run(
      [[started, ...callTool("1", "good", {}), ...callTool("2", "bad", {}), done()], answer("x")],
      {
        tools: createToolRuntime([count("good"), count("bad")]),
        policies: [gate("first"), gate("second", refuse), gate("third")],
      },
    );
    expect(asked).toEqual(["first 1", "second 1", "third 1", "first 2", "second 2"]);
    expect(ran).toBe(1);
    expect(results[1]!.output).toEqual({ ok: false, error: "Denied: not today" });
  });

  it("a gate may change the input, later gates and the tool see the new one; settle may rewrite what comes back", async () => {
    const seen: Json[] = [];
    const echo = defineTool({ name: "t", description: "", input: {}, execute: (input) => input });
    const { results } = await run([[started, ...callTool("1", "t", { a: 1 }), done()], answer("x")], {
      tools: createToolRuntime([echo]),
      policies: [
        { name: "change", gate: () => ({ kind: "modify", input: { a: 2 } }) },
        { name: "look", gate: (_turn, call) => void seen.push(call.input) },
        {
          name: "after",
          settle: (_turn, settled) => ({ ...settled, outcome: toolSuccess({ wrapped: settled.status }) }),
        },
      ],
    });
    expect(seen).toEqual([{ a: 2 }]);
    expect(results[0]!.output).toEqual({ ok: true, value: { wrapped: "ok" } });
  });

  it("a policy that throws lets nothing through: the turn fails and says which one", async () => {
    let ran = false;
    const spy = defineTool({
      name: "t",
      description: "",
      input: {},
      execute: () => {
        ran = true;
        return 1;
      },
    });
    const { end } = await run([[started, ...callTool("1", "t", {}), done()]], {
      tools: createToolRuntime([spy]),
      policies: [{ name: "guard", gate: () => Promise.reject(new Error("database down")) }],
    });
    expect(end).toMatchObject({
      type: "turn-error",
      error: { kind: "internal", detail: "policy guard failed: database down" },
    });
    expect(ran).toBe(false);
  });

  it("observers see each call's life; one that throws changes nothing", async () => {
    const seen: string[] = [];
    const echo = defineTool({ name: "t", description: "", input: {}, execute: () => 1 });
    const { end, host: used } = await run([[started, ...callTool("1", "t", {}), done()], answer("x")], {
      tools: createToolRuntime([echo]),
      policies: [
        { name: "bad", observe: () => Promise.reject(new Error("x")) },
        { name: "good", observe: (_turn, { type }: Observation) => void seen.push(type) },
      ],
    });
    expect(seen).toEqual([
      "request-start",
      "answer-end",
      "call-pending",
      "call-running",
      "call-settled",
      "request-start",
      "answer-end",
    ]);
    expect(end).toMatchObject({ stopReason: "end_turn" });
    expect(used.log.filter((entry) => entry.message.includes("Policy bad failed")).length).toBe(7);
  });
});

describe("tool search", () => {
  const specs: [string, string, string?][] = [
    ["create_issue", "Opens an issue on GitHub", "title"],
    ["deployService", "Ships a service to production", "service"],
    ["read_file", "Reads a file from the workspace", "path"],
    ["open_door", "Opens the door of the building"],
  ];
  const deferred = () =>
    createToolRuntime([
      defineTool({ name: "always", description: "", input: {}, execute: () => 1 }),
      ...specs.map(([name, description, parameter]) =>
        defineTool({
          name,
          description,
          deferred: true,
          input: {
            type: "object",
            properties:
              parameter === undefined ? {} : { [parameter]: { type: "string", description: `the ${parameter}` } },
          },
          execute: () => `ran ${name}`,
        }),
      ),
    ]);

  it("terms are lower-case words; camel case, snake case and digits are split sensibly", () => {
    expect(bm25Terms("openFile read_bytes HTTP2Server Größe")).toEqual([
      "open",
      "file",
      "read",
      "bytes",
      "http2",
      "server",
      "größe",
    ]);
  });

  it("ranks by BM25: rare terms count more, long documents less, ties by name", () => {
    const documents = [
      { id: "b", text: "open file" },
      { id: "a", text: "open file" },
      { id: "long", text: `open file ${"filler ".repeat(50)}` },
      { id: "rare", text: "open quaternion" },
      { id: "none", text: "other" },
    ];
    expect(bm25Search("open file", documents, 10)).toEqual(["a", "b", "rare", "long"]);
    expect(bm25Search("quaternion open", documents, 1)).toEqual(["rare"]);
    expect(bm25Search("missing", documents, 10)).toEqual([]);
  });

  it("deferred tools are not sent until a search has found them; then they run", async () => {
    const search = withToolSearch(deferred());
    const { model, results } = await run(
      [
        [started, ...callTool("1", "__harn_tool_search", { query: "ship to production" }), done()],
        [started, ...callTool("2", "deployService", { service: "x" }), done()],
        answer("x"),
      ],
      search,
    );
    const sent = model.inputs.map((input) => (input.tools ?? []).map((tool) => tool.name));
    expect(sent).toEqual([
      ["__harn_tool_search", "always"],
      ["__harn_tool_search", "always", "deployService"],
      ["__harn_tool_search", "always", "deployService"],
    ]);
    expect(model.inputs[1]!.tools!.at(-1)).not.toHaveProperty("deferred");
    expect(results.map((event) => event.output)).toEqual([
      { ok: true, value: { tool_names: ["deployService"] } },
      { ok: true, value: "ran deployService" },
    ]);
  });

  it.each<[string, Parameters<typeof withToolSearch>[1], string, object]>([
    ["parameters are searched too", {}, "path", { tool_names: ["read_file"] }],
    ["an empty query is told", {}, " ", { tool_names: [], diagnostic: expect.stringContaining("empty") }],
    ["nothing found is told", {}, "zebra", { tool_names: [], diagnostic: expect.stringContaining("No tool matches") }],
    ["regex", { strategy: "regex" }, "^open_", { tool_names: ["open_door"] }],
    [
      "a broken regex is told",
      { strategy: "regex" },
      "(",
      { tool_names: [], diagnostic: expect.stringContaining("regular expression") },
    ],
    [
      "someone else's search",
      { strategy: () => ({ names: ["open_door", "ghost"] }) },
      "x",
      { tool_names: ["open_door", "ghost"] },
    ],
    [
      "whose failure is told",
      { strategy: () => Promise.reject(new Error("down")) },
      "x",
      { tool_names: [], diagnostic: expect.stringContaining("down") },
    ],
  ])("%s", async (_name, options, query, value) => {
    const { results } = await run(
      [[started, ...callTool("1", "__harn_tool_search", { query }), done()], answer("x")],
      withToolSearch(deferred(), options),
    );
    expect(results[0]!.output).toEqual({ ok: true, value });
  });

  it("a token budget drops the oldest find first and never takes a tool larger than itself", async () => {
    const { model } = await run(
      [
        [started, ...callTool("1", "__harn_tool_search", { query: "issue" }), done()],
        [started, ...callTool("2", "__harn_tool_search", { query: "door" }), done()],
        answer("x"),
      ],
      withToolSearch(deferred(), { budgetTokens: 45 }),
    );
    expect(model.inputs.map((input) => input.tools!.at(-1)!.name)).toEqual(["always", "create_issue", "open_door"]);
    expect(model.inputs[2]!.tools).toHaveLength(3);
  });

  it("LOOP-92 where the provider searches itself, it gets the deferred tools as they are", async () => {
    const { model } = await run([answer("x")], {
      tools: deferred(),
      request: { provider: "p", model: "m", toolSearch: { variant: "bm25" } },
    });
    expect(model.inputs[0]!.tools!.filter((tool) => tool.deferred === true)).toHaveLength(4);
  });
});
