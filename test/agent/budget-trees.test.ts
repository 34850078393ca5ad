/**
 * AGENT-20, for trees of agents: a budget holds for the agent that has it and for all that work for it, however deep and
 * however many at a time. It is exceeded by one answer for each call that was in flight at most, and nobody is stopped
 * while there is room.
 */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type AgentLoopOptions,
  type AgentLoopResult,
  agentLoop,
  createToolRuntime,
  NO_CEILING,
  runAgent,
  subAgentTool,
  type Tool,
} from "../../src/agent/index.ts";
import { openCatalog } from "../../src/llm/call/catalog-view.ts";
import { createLlm, type ModelChunk, type ModelClient, type ModelInput } from "../../src/llm/index.ts";
import { createVirtualHost } from "../../src/testing/virtual-host.ts";
import { callTool, createTestHost, done, modelError, say, started, usage } from "./support.ts";

/** An agent: what its answers cost, and which agents it asks for help in each. */
interface Node {
  readonly tokenBudget: number | undefined;
  readonly isParallel: boolean;
  readonly answers: readonly { readonly tokens: number; readonly helpers: readonly Node[] }[];
  /** Its provider fails once, after having told what the attempt cost. */
  readonly stumbles: boolean;
}

const budgetOf = fc.option(fc.integer({ min: 1, max: 600 }), { nil: undefined, freq: 2 });

const { tree } = fc.letrec<{ tree: Node; leaf: Node }>((tie) => ({
  leaf: fc.record({
    tokenBudget: budgetOf,
    isParallel: fc.constant(false),
    answers: fc.array(fc.record({ tokens: fc.integer({ min: 1, max: 100 }), helpers: fc.constant([]) }), {
      minLength: 1,
      maxLength: 4,
    }),
    stumbles: fc.boolean(),
  }),
  tree: fc.record({
    tokenBudget: budgetOf,
    isParallel: fc.boolean(),
    answers: fc.array(
      fc.record({
        tokens: fc.integer({ min: 1, max: 100 }),
        helpers: fc.array(fc.oneof({ depthSize: "small", withCrossShrink: true }, tie("leaf"), tie("tree")), {
          maxLength: 3,
        }),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    stumbles: fc.boolean(),
  }),
}));

interface Played {
  /** What each agent has spent by itself, by its path. */
  readonly spent: ReadonlyMap<string, number>;
  readonly ends: ReadonlyMap<string, string>;
  /** The largest answer, and how many calls were in flight at the most. */
  readonly largest: number;
  readonly peak: number;
}

async function play(root: Node): Promise<Played> {
  const host = createTestHost();
  const spent = new Map<string, number>();
  const ends = new Map<string, string>();
  const calls = new Map<string, number>();
  const stumbled = new Set<string>();
  let inFlight = 0;
  let peak = 0;
  let largest = 0;

  const modelOf = (path: string, node: Node): ModelClient => ({
    provider: "p",
    async *stream(): AsyncIterable<ModelChunk> {
      const at = calls.get(path) ?? 0;
      const { tokens, helpers } = node.answers[Math.min(at, node.answers.length - 1)]!;
      const pay = (): void => {
        spent.set(path, (spent.get(path) ?? 0) + tokens);
        largest = Math.max(largest, tokens);
      };
      inFlight++;
      peak = Math.max(peak, inFlight);
      try {
        await host.perform("sleep", { ms: 1 + (tokens % 7) });
        yield started;
        if (node.stumbles && !stumbled.has(path)) {
          stumbled.add(path);
          pay();
          throw modelError("transient_network", "cut", { usage: usage(tokens, 0) });
        }
        calls.set(path, at + 1);
        pay();
        if (at < node.answers.length)
          for (const n of helpers.keys()) yield* callTool(`${path}/${at}/${n}`, `help_${at}_${n}`, { task: "x" });
        if (at >= node.answers.length - 1 && helpers.length === 0) yield say("done");
        if (at >= node.answers.length) yield say("done");
        else if (helpers.length === 0 && at < node.answers.length - 1)
          yield* callTool(`${path}/${at}/idle`, "idle", {});
        yield done("end_turn", usage(tokens, 0));
      } finally {
        inFlight--;
      }
    },
  });

  const optionsOf = (path: string, node: Node): AgentLoopOptions => {
    const self = (): AgentLoopOptions => options;
    const helpers = node.answers.flatMap(({ helpers: list }, at) =>
      list.map((helper, n): Tool => {
        const name = `help_${at}_${n}`;
        const below = `${path}/${at}.${n}`;
        const tool = subAgentTool(self, {
          name,
          description: "",
          agent: () => {
            const { host: _host, ...rest } = optionsOf(below, helper);
            return rest;
          },
        });
        return node.isParallel ? { ...tool, kind: "read" } : tool;
      }),
    );
    const options: AgentLoopOptions = {
      host,
      prompt: path,
      model: modelOf(path, node),
      request: { provider: "p", model: "m" },
      tools: createToolRuntime(helpers),
      toolUse: { format: "native" },
      flow: { maxIterations: 20 },
      rules: { ceiling: { ...NO_CEILING, recursionLimit: 30 } },
      ...(node.tokenBudget === undefined ? {} : { budget: { tokenBudget: node.tokenBudget } }),
    };
    return options;
  };

  const result: AgentLoopResult = await agentLoop(optionsOf("root", root));
  ends.set("root", result.status);
  return { spent, ends, largest, peak };
}

function nodesOf(path: string, node: Node): readonly (readonly [string, Node])[] {
  return [
    [path, node],
    ...node.answers.flatMap(({ helpers }, at) => helpers.flatMap((helper, n) => nodesOf(`${path}/${at}.${n}`, helper))),
  ];
}

const sumBelow = (spent: ReadonlyMap<string, number>, path: string): number =>
  [...spent].reduce((sum, [at, tokens]) => (at === path || at.startsWith(`${path}/`) ? sum + tokens : sum), 0);

describe("budgets of trees of agents", () => {
  it("AGENT-20 no budget is exceeded by more than an answer for each call in flight, nobody stops while there is room", async () => {
    let limited = 0;
    await fc.assert(
      fc.asyncProperty(tree, async (root) => {
        const { spent, ends, largest, peak } = await play(root);
        const nodes = nodesOf("root", root);
        for (const [path, { tokenBudget }] of nodes) {
          if (tokenBudget === undefined) continue;
          // An agent that starts under its own limit gets its first answer; a dead attempt is paid for twice.
          expect(sumBelow(spent, path), path).toBeLessThan(tokenBudget + 2 * peak * largest);
        }
        const isSpent = nodes.some(
          ([path, { tokenBudget }]) => tokenBudget !== undefined && sumBelow(spent, path) >= tokenBudget,
        );
        if (ends.get("root") === "budget_exhausted") {
          limited++;
          expect(sumBelow(spent, "root")).toBeGreaterThanOrEqual(root.tokenBudget!);
        } else {
          expect(ends.get("root")).toBe("done");
        }
        if (!isSpent) {
          // With room everywhere, every agent has said all it had to say.
          for (const [path, node] of nodes) expect(spent.get(path) ?? 0, path).toBe(costOf(node));
        }
      }),
      { numRuns: 80 },
    );
    expect(limited).toBeGreaterThan(2);
  }, 60_000);

  it("AGENT-20 a helper that is asked when all is spent does not begin", async () => {
    const leaf = (tokens: number): Node => ({
      tokenBudget: undefined,
      isParallel: false,
      stumbles: false,
      answers: [{ tokens, helpers: [] }],
    });
    const { spent, ends } = await play({
      tokenBudget: 100,
      isParallel: false,
      stumbles: false,
      answers: [{ tokens: 10, helpers: [leaf(95), leaf(50), leaf(50)] }],
    });
    expect(ends.get("root")).toBe("budget_exhausted");
    expect([...spent]).toEqual([
      ["root", 10],
      ["root/0.0", 95],
    ]);
  });
});

/** What an agent pays when nobody stops it: a step for each answer, one more after helpers, and one that died. */
function costOf({ answers, stumbles }: Node): number {
  const all = answers.reduce((sum, { tokens }) => sum + tokens, 0);
  const last = answers.at(-1)!;
  return all + (last.helpers.length > 0 ? last.tokens : 0) + (stumbles ? answers[0]!.tokens : 0);
}

describe("money of agents at once", () => {
  it("COST-04 fifty agents on one purse of dollars: never above it, and refused only when the next call does not fit", async () => {
    const host = createVirtualHost();
    const client: ModelClient = {
      provider: "openai",
      async *stream(input: ModelInput): AsyncIterable<ModelChunk> {
        await host.perform("sleep", { ms: 5 + input.messages.length });
        yield started;
        yield say("ok");
        yield done("end_turn", usage(40, 100));
      },
    };
    // A thousandth of a dollar for each answer.
    const catalog = { ...openCatalog("openai"), rates: () => ({ input: 0, output: 10 }) };
    const llm = createLlm({ host, client, provider: "openai", model: "gpt-4o-mini", catalog, budgetUsd: 0.0205 });
    const ends = await host.drive(
      Promise.allSettled(
        Array.from({ length: 50 }, () =>
          runAgent({ llm, prompt: "Go", request: { maxTokens: 100 }, retry: { llmRetries: 0 } }),
        ),
      ),
    );
    const { spentUsd, reservedUsd } = llm.context.ledger;
    const statuses = ends.map((end) => (end.status === "fulfilled" ? end.value.status : "failed"));
    const finished = statuses.filter((status) => status === "done").length;
    expect(finished).toBe(20);
    expect(statuses.filter((status) => status === "budget_exhausted")).toHaveLength(30);
    expect(reservedUsd).toBe(0);
    expect(spentUsd).toBeCloseTo(0.02, 9);
  });
});
