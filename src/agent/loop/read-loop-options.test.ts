import { describe, expect, it } from "vitest";
import { createTestHost, done, type Script, say, scriptedModel, started } from "../../../test/agent/support.ts";
import { askedKeys } from "../../../test/support/recorded-options.ts";
import { CancelToken } from "../../base/index.ts";
import type { UserMessage } from "../../llm/index.ts";
import { LOOP_OPTION_NAMES, readLoopOptions } from "./read-loop-options.ts";

const context = { model: "gpt-4o" };
const read = (options: object, extra: object = {}) =>
  readLoopOptions(options as Record<string, unknown>, { ...context, ...extra });

describe("agent_loop options", () => {
  it("AGENT-01 … AGENT-16 DETECT-01 the seed's defaults", () => {
    expect(read({})).toEqual({
      flow: { maxIterations: 50, persistent: false, maxNudges: 3, exitWhenVerified: false },
      toolUse: { format: "text", retries: 0, backoffMs: 1000, nativeFallback: "allow" },
      retry: { llmRetries: 3, llmBackoffMs: 2000 },
      schemaRetries: 0,
      schemaNudge: { kind: "auto" },
      rules: {},
      loopDetection: { warn: 2, block: 3, skip: 4 },
      ledger: { root_task: "", deliverables: [], rationale: "", observations: [] },
      sessionId: "",
    });
  });

  it("AGENT-23 the list of names is what is read", async () => {
    const configurations = [
      {},
      { auto_compact: true, compact_strategy: "llm" },
      { compaction: "hybrid" },
      { compaction: { strategy: "truncate" } },
      { daemon: true },
      { budget: { max_cost_usd: 1 } },
      { task_ledger: { root_task: "t" } },
    ];
    expect(await askedKeys(configurations, (options) => read(options))).toEqual(LOOP_OPTION_NAMES);
  });

  it("AGENT-01 … AGENT-16 every option by its name", () => {
    const postTurn = () => null;
    const options = read({
      max_iterations: 7,
      persistent: true,
      max_nudges: 2,
      nudge: "go",
      tool_retries: 1,
      tool_backoff_ms: 5,
      tool_format: "native",
      session_id: "s",
      done_sentinel: "FIN",
      break_unless_phase: "p",
      exit_when_verified: true,
      llm_retries: 0,
      llm_backoff_ms: 9,
      tool_examples: "ex",
      stop_after_successful_tools: ["a"],
      require_successful_tools: ["b"],
      post_turn_callback: postTurn,
      native_tool_fallback: "reject",
      loop_detect_warn: 0,
      loop_detect_block: 5,
      loop_detect_skip: 6,
      schema_retries: 2,
      schema_retry_nudge: "x",
      turn_policy: { require_action_or_yield: true },
      policy: { tools: ["a"] },
      approval_policy: { auto_deny: ["x"] },
      permissions: { deny: ["y"] },
      root_task: "t",
      deliverables: ["d"],
      token_budget: 100,
    });
    expect(options).toMatchObject({
      flow: {
        maxIterations: 7,
        persistent: true,
        maxNudges: 2,
        nudge: "go",
        doneSentinel: "FIN",
        breakUnlessPhase: "p",
        exitWhenVerified: true,
        stopAfterSuccessfulTools: ["a"],
        requireSuccessfulTools: ["b"],
        turnShape: { requireActionOrYield: true },
        postTurn,
      },
      toolUse: { format: "native", retries: 1, backoffMs: 5, examples: "ex", nativeFallback: "reject" },
      retry: { llmRetries: 0, llmBackoffMs: 9 },
      schemaRetries: 2,
      schemaNudge: { kind: "verbatim", text: "x" },
      rules: { policy: { tools: ["a"] }, approvals: [{ autoDeny: ["x"] }], permissions: [{ deny: [{ tool: "y" }] }] },
      budget: { tokenBudget: 100 },
      loopDetection: { warn: 0, block: 5, skip: 6 },
      ledger: { root_task: "t", deliverables: [{ id: "deliverable-1", text: "d" }] },
      sessionId: "s",
    });
  });

  it("AGENT-17 a profile gives defaults, explicit keys win", () => {
    expect(read({ profile: "verifier", max_nudges: 4 })).toMatchObject({
      flow: { maxIterations: 5, maxNudges: 4 },
      retry: { llmRetries: 2 },
      schemaRetries: 3,
    });
    expect(() => read({ profile: "planner" })).toThrow(
      "profile must be one of tool_using, researcher, verifier, completer",
    );
  });

  it("AGENT-16 a post_turn_callback that is no closure is ignored; nil counts as absent", () => {
    expect(read({ post_turn_callback: "x", nudge: null, max_iterations: null }).flow).toEqual(read({}).flow);
  });

  it("llm 34.31 negative iterations run nothing", () => {
    expect(read({ max_iterations: -5 }).flow!.maxIterations).toBe(0);
  });

  it("AGENT-20 budgets", () => {
    const costUsd = () => 1;
    expect(read({ budget: { total_budget_usd: 2 } }, { costUsd }).budget).toEqual({ totalBudgetUsd: 2, costUsd });
    expect(read({}).budget).toBeUndefined();
  });

  it.each([
    [{ max_nudges: "3" }, /`max_nudges` to be an integer of at least 0, got `3` \(string\)/],
    [{ max_iterations: 1.5 }, /max_iterations/],
    [{ persistent: "yes" }, /`persistent` to be a bool/],
    [{ tool_format: "xml" }, /`tool_format` to be one of text, native/],
    [{ native_tool_fallback: "maybe" }, /allow, allow_once, reject/],
    [{ policy: "open" }, /`policy` to be a dict/],
    [{ turn_policy: { typo: 1 } }, /Unknown key `typo`/],
    [{ approval_policy: [] }, /a dict/],
    [{ stop_after_successful_tools: "edit" }, /list of strings/],
    [{ token_budget: -1 }, /token_budget/],
    [{ daemon: "yes" }, /daemon/],
  ])("AGENT-09 llm 34.30 refuses %j", (options, message) => {
    expect(() => read(options)).toThrow(message);
  });

  it("DAEMON-01 DAEMON-02 daemon keys, read only with the flag", () => {
    const keys = {
      persist_path: "p",
      resume_path: "",
      wake_interval_ms: 5,
      watch_paths: "one",
      consolidate_on_idle: true,
      idle_watchdog_attempts: 0,
    };
    expect(read(keys).daemon).toBeUndefined();
    expect(read({ daemon: true, ...keys }).daemon).toEqual({
      persistPath: "p",
      wakeIntervalMs: 5,
      watchPaths: ["one"],
      consolidateOnIdle: true,
      idleWatchdogAttempts: 0,
    });
    expect(
      read({ daemon: true, watch_paths: ["a", "", "b"], wake_interval_ms: 0, consolidate_on_idle: 1 }).daemon,
    ).toEqual({ watchPaths: ["a", "b"], consolidateOnIdle: false });
  });

  it("LEDGER-01 LEDGER-02 task_ledger wins over the shorthands, values are displayed", () => {
    expect(read({ task_ledger: { root_task: "whole" }, root_task: "x" }).ledger!.root_task).toBe("whole");
    expect(
      read({ deliverables: [5] }, { display: (value: unknown) => `<${value}>` }).ledger!.deliverables[0]!.text,
    ).toBe("<5>");
  });
});

describe("agent_loop compaction options", () => {
  const long = (count: number): UserMessage[] =>
    Array.from({ length: count }, (_, n) => ({ role: "user", content: `${n} ${"x".repeat(40)}` }));

  function compactWith(options: object, scripts: readonly Script[] = [], extra: object = {}) {
    const { compaction } = read({ auto_compact: true, ...options }, extra);
    const host = createTestHost();
    const client = scriptedModel(host, scripts);
    const fold = (messages: ReturnType<typeof long>) =>
      compaction!.strategy.compact(messages, {
        host,
        client,
        request: { provider: "p", model: "m" },
        system: undefined,
        tools: [],
        windowTokens: compaction!.windowTokens!,
        signal: new CancelToken(),
        forced: false,
      });
    return { compaction: compaction!, fold, client };
  }

  it("llm COMPACT-01 off unless auto_compact is true, whatever else is set", () => {
    expect(read({ compact_threshold: 5, compact_callback: () => "x" }).compaction).toBeUndefined();
    expect(read({ auto_compact: false }).compaction).toBeUndefined();
    expect(read({ auto_compact: true }).compaction).toBeDefined();
  });

  it("llm COMPACT-02 COMPACT-03 observation_mask, keep last 12 and 16,000 characters by default", async () => {
    const { compaction, fold } = compactWith({});
    expect(compaction.strategy.name).toBe("observation_mask");
    expect(compaction.toolOutput).toEqual({});
    expect((await fold(long(20))).detail).toMatchObject({ archived_messages: 8, keep_first: 0, keep_last: 12 });
  });

  it("llm COMPACT-02 keys: threshold, keep counts, strategy, callbacks", async () => {
    const seen: unknown[] = [];
    const compress = () => "short";
    const { compaction, fold } = compactWith({
      compact_threshold: 10,
      compact_keep_last: 2,
      compact_keep_first: 1,
      tool_output_max_chars: 99,
      compress_callback: compress,
      compact_callback: (archived: unknown[]) => {
        seen.push(...archived);
        return { summary: `daemon compact ${archived.length}` };
      },
    });
    expect(compaction.strategy.name).toBe("custom");
    expect(compaction.strategy.shouldCompact(long(1), 0, 0)).toBe(true);
    expect(compaction.toolOutput).toEqual({ maxChars: 99, compress });
    const outcome = await fold(long(6));
    expect(outcome.summary).toContain("daemon compact 3");
    expect(seen[0]).toEqual({ role: "user", content: expect.stringContaining("1 x") });
    expect(compactWith({ compact_strategy: "truncate", compact_callback: () => "x" }).compaction.strategy.name).toBe(
      "truncate",
    );
    expect(() => read({ auto_compact: true, compact_strategy: "magic" })).toThrow(/unknown compact_strategy 'magic'/);
  });

  it.each([
    ["hybrid", "llm", 10],
    ["truncate", "truncate", 10],
    ["summarize_middle", "llm", 10],
    ["summarize_all", "llm", 0],
  ])("llm COMPACT-04 compaction: %s", async (name, engine, keepLast) => {
    const script: Script = [started, say("S"), done()];
    const { fold, compaction } = compactWith({ auto_compact: false, compaction: name }, [script]);
    expect(compaction.strategy.name).toBe(name);
    expect((await fold(long(20))).detail).toMatchObject({ engine_strategy: engine, keep_last: keepLast });
  });

  it("llm COMPACT-04 as a dict, as a bool, and what is refused", async () => {
    expect(read({ compaction: "none" }).compaction).toBeUndefined();
    expect(read({ compaction: false, auto_compact: true }).compaction).toBeUndefined();
    expect(read({ compaction: true }).compaction!.strategy.name).toBe("hybrid");
    const { fold } = compactWith({ compaction: { strategy: "truncate", keep_first_n: 1, keep_last_n: 3 } });
    expect((await fold(long(9))).detail).toMatchObject({ keep_first: 1, keep_last: 3, archived_messages: 5 });
    expect(() => read({ compaction: "magic" })).toThrow(/unknown compaction strategy 'magic'/);
    expect(() => read({ compaction: 5 })).toThrow(/a string, a dict or a bool/);
    expect(() => read({ auto_compact: true, compact_keep_last: -1 })).toThrow(/compact_keep_last/);
    expect(() => read({ auto_compact: true, hard_limit_tokens: -1 })).toThrow(/hard_limit_tokens/);
  });

  it("llm COMPACT-04 mask_callback and summarize_prompt", async () => {
    const masked = compactWith({
      mask_callback: (messages: unknown[]) => messages.map(() => "MASK"),
      compact_keep_last: 1,
    });
    const wide = [...long(2), { role: "user", content: "y".repeat(900) } as const, ...long(2)];
    expect((await masked.fold(wide)).summary).toContain("MASK");
    const prompted = compactWith(
      { compact_strategy: "llm", summarize_prompt: "p.harn", compact_keep_last: 1 },
      [[started, say("S"), done()]],
      {
        renderPrompt: async (path: string, _text: string, count: number) => `${path} ${count}`,
      },
    );
    await prompted.fold(long(5));
    expect(prompted.client.inputs[0]!.messages).toEqual([{ role: "user", content: "p.harn 4" }]);
  });

  it("llm COMPACT-05 thresholds go down to the model's window: 65 % and 75 %, an explicit one stays", () => {
    const gate = (options: object, extra: object) => {
      const { strategy } = compactWith(options, [], extra).compaction;
      let tokens = 0;
      while (!strategy.shouldCompact([], 0, tokens)) tokens += 50;
      return tokens;
    };
    expect(gate({}, { contextWindowTokens: 10_000 })).toBe(6500);
    expect(gate({}, { contextWindowTokens: 1_000_000 })).toBe(48_000);
    expect(gate({ compact_threshold: 9000 }, { contextWindowTokens: 10_000 })).toBe(9000);
    expect(read({ auto_compact: true }).compaction!.windowTokens).toBe(128_000);
  });
});
