/**
 * What steps pay over real sockets: nothing for what is refused before it is sent, the provider's own numbers where it
 * told them, and our count, marked as such, where it did not get that far.
 */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createNodeHost } from "../../src/cli/node-host/node-host.ts";
import { loadProgram, startProgram } from "../../src/runtime/index.ts";
import { createProgramSteps, STEPS_STATE } from "../../src/stdlib/index.ts";
import { callsSettled, makeReceipt, type StepReceipt } from "../../src/steps/index.ts";
import { type ModelServer, startModelServer, type Turn } from "../model-server/model-server.ts";

let server: ModelServer;
beforeAll(async () => {
  server = await startModelServer();
});
afterAll(() => server.close());

interface PaidRun {
  /** How many requests reached the provider. */
  readonly requests: number;
  readonly out: string;
  readonly error: unknown;
  readonly receipt: StepReceipt;
}

/** Runs a program whose model calls go to the server, by way of `ask(text)`. */
async function run(source: string, ...turns: readonly Turn[]): Promise<PaidRun> {
  const before = server.requests.length;
  server.script(...turns);
  let out = "";
  const host = createNodeHost({
    environment: { ANTHROPIC_BASE_URL: server.url, ANTHROPIC_API_KEY: "k" },
  });
  const listening = {
    ...host,
    sync: ((kind, args) => {
      if (kind !== "console.write") return host.sync(kind, args);
      out += (args as { readonly text: string }).text;
      return undefined;
    }) as typeof host.sync,
  };
  const text = `let OPTIONS = {provider: "anthropic", model: "claude-sonnet-4-20250514", llm_retries: 0, max_tokens: 64}
fn ask(text, options = {}) { return llm_call(text, nil, {...OPTIONS, ...options}).text }
${source}`;
  const { program, diagnostics } = await loadProgram({ host: listening, path: "/main.harn", text });
  if (program === undefined) throw new Error(diagnostics[0]?.diagnostic.message);
  const steps = createProgramSteps();
  const outcome = await startProgram(program, { host: listening, state: new Map([[STEPS_STATE, steps]]) }).outcome;
  // As `harn run` does.
  await callsSettled(steps);
  const receipt = makeReceipt(steps);
  await server.quiet();
  host.close();
  return {
    requests: server.requests.length - before,
    out,
    error: outcome.status === "ok" ? undefined : outcome,
    receipt,
  };
}

const answer = (inputTokens: number, outputTokens: number): Turn => ({
  answer: { text: "ok", inputTokens, outputTokens },
});
const LONG = '"word ".repeat(500)';

describe("before a call", () => {
  it.each([
    ["tokens", "max_tokens: 100", "max_tokens"],
    ["money", "max_usd: 0.0001", "max_usd"],
    ["no money at all", "max_usd: 0", "max_usd"],
  ])("STEP-37: one that cannot fit is refused and never sent (%s)", async (_, budget, limit) => {
    const { requests, out, error, receipt } = await run(`
@step(budget: {${budget}})
fn plan() { return ask(${LONG}) }
try { plan() } catch (e) { println([e.category, e.kind, e.reason, e.limit, e.step, e.projected_input_tokens > 100]) }`);
    expect([error, requests]).toEqual([undefined, 0]);
    expect(out).toBe(`[budget_exceeded, terminal, budget_exceeded, ${limit}, nil, true]\n`);
    expect(receipt.steps).toMatchObject([{ status: "failed", llmCalls: 0, inputTokens: 0, costUsd: 0 }]);
    expect(receipt.total).toMatchObject({ llmCalls: 0, inputTokens: 0 });
  });

  it("STEP-29, STEP-30: one that fits is made and may cross the limit; then none is sent any more", async () => {
    const { requests, out, receipt } = await run(
      `
@step(budget: {max_tokens: 100})
fn plan() {
  for text in ["a", "b", "c"] {
    try { println(ask(text)) } catch (e) { println([e.reason, e.consumed_tokens]) }
  }
}
plan()`,
      answer(40, 10),
      answer(60, 10),
    );
    expect(requests).toBe(2);
    expect(out).toBe("ok\n[step_budget_exhausted, 120.0]\n[step_budget_exhausted, 120.0]\n");
    expect(receipt.steps).toMatchObject([{ status: "completed", llmCalls: 2, inputTokens: 100, outputTokens: 20 }]);
  });

  it.each([
    ["continue", "nil", "skipped"],
    ["escalate", "[handoff_escalation, plan, true]", "escalated"],
    ["fail", "[budget_exceeded, nil, nil]", "failed"],
  ])("STEP-36, STEP-45: a refusal meets the boundary %s like any exhausted budget", async (boundary, line, status) => {
    const { requests, out, receipt } = await run(`
@step(budget: {max_tokens: 100}, error_boundary: ${boundary})
fn plan() { return ask(${LONG}) }
try { println(plan()) } catch (e) { println([e.category, e.step, e.escalated]) }`);
    expect([requests, out]).toEqual([0, `${line}\n`]);
    expect(receipt.steps).toMatchObject([{ status }]);
  });

  it("an agent whose next turn cannot fit stops before it is sent", async () => {
    const { requests, out, receipt } = await run(
      `
@step(budget: {max_tokens: 400})
fn plan() {
  let tools = tool_define(tool_registry(), "read", "Read", {parameters: {}, handler: { _a -> ${LONG} }})
  return agent_loop("go", nil, {...OPTIONS, tools: tools, tool_format: "native"}).status
}
try { println(plan()) } catch (e) { println([e.category, e.limit]) }`,
      {
        answer: {
          toolCalls: [{ id: "c1", name: "read", input: {} }],
          inputTokens: 100,
          outputTokens: 20,
        },
      },
    );
    expect([requests, out]).toEqual([1, "[budget_exceeded, max_tokens]\n"]);
    expect(receipt.steps).toMatchObject([{ status: "failed", llmCalls: 1, inputTokens: 100, outputTokens: 20 }]);
  });

  it.each([
    ["llm_call_safe", `llm_call_safe(${LONG}, nil, OPTIONS).error.category`],
    ["llm_stream", `llm_stream(${LONG}, nil, OPTIONS).to_list()`],
  ])("%s as well", async (_, call) => {
    const { requests, out } = await run(`
@step(budget: {max_tokens: 100})
fn plan() { return ${call} }
try { println(plan()) } catch (e) { println(e.category) }`);
    expect([requests, out]).toEqual([0, "budget_exceeded\n"]);
  });
});

describe("what failed and aborted calls took", () => {
  const plan = `
@step(name: "plan")
fn plan() { return ask("Tell me a story") }
`;
  it("a refusal of the provider is free, and exactly so", async () => {
    const { requests, receipt } = await run(`${plan}try { plan() } catch (_e) { println("no") }`, {
      misbehave: { kind: "status", status: 401, body: '{"error":{"type":"authentication_error","message":"no"}}' },
    });
    expect(requests).toBe(1);
    expect(receipt.steps).toMatchObject([{ status: "failed", inputTokens: 0, outputTokens: 0, costUsd: 0 }]);
    expect([receipt.steps[0]?.estimated, receipt.total.estimated]).toEqual([undefined, undefined]);
  });

  it("an answer that breaks off is paid: the input as told, the output by our count", async () => {
    const { receipt } = await run(
      `${plan}try { plan() } catch (e) { println(e.category) }`,
      // Far enough for the beginning of the answer, not for its end.
      { ...answer(77, 30), misbehave: { kind: "cut", at: 420 } },
    );
    expect(receipt.steps).toMatchObject([{ status: "failed", inputTokens: 77, llmCalls: 1, estimated: true }]);
    expect(receipt.total).toMatchObject({ inputTokens: 77, llmCalls: 1, estimated: true });
    expect(receipt.total.costUsd).toBeGreaterThan(0);
  });

  it.each([
    ["a deadline", "try { deadline 150ms { plan() } } catch (_e) { println(1) }"],
    ["cancelling", "let task = spawn { plan() }\nsleep(150)\ncancel(task)"],
  ])("a call that %s ends while the provider works is paid for its input, by our count", async (_, use) => {
    const { requests, receipt } = await run(`${plan}${use}`, { misbehave: { kind: "silence" } });
    expect(requests).toBe(1);
    const [step] = receipt.steps;
    expect(step).toMatchObject({ name: "plan", status: "failed", llmCalls: 1, estimated: true });
    expect(step?.inputTokens).toBeGreaterThan(0);
    expect(receipt.total).toMatchObject({ inputTokens: step?.inputTokens, llmCalls: 1, estimated: true });
  });

  it("a stream that is cancelled half-way is paid: the input as told, the output by our count", async () => {
    const { receipt } = await run(
      `@step
fn tell() {
  for _piece in llm_stream("x", nil, OPTIONS) { }
}
let task = spawn { tell() }
sleep(150)
cancel(task)`,
      { ...answer(77, 30), misbehave: { kind: "stall", at: 650 } },
    );
    expect(receipt.steps).toMatchObject([{ name: "tell", inputTokens: 77, llmCalls: 1, estimated: true }]);
  });

  it("a call that ends well is exact", async () => {
    const { receipt } = await run(`${plan}println(plan())`, answer(12, 3));
    expect(receipt.steps).toMatchObject([{ status: "completed", inputTokens: 12, outputTokens: 3 }]);
    expect(receipt.steps[0]?.estimated).toBeUndefined();
  });
});
