/** Random programs of steps: whatever they do, the books are right and nothing stays open. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makeSteps, spend } from "../../test/steps/lab.ts";
import { CancelToken } from "../base/index.ts";
import type { ErrorBoundary } from "./definition.ts";
import { activeStep, personaName } from "./scope.ts";

type Node =
  | {
      readonly kind: "step";
      readonly boundary: ErrorBoundary;
      readonly maxTokens: number | undefined;
      readonly body: readonly Node[];
    }
  | { readonly kind: "persona"; readonly body: readonly Node[] }
  | { readonly kind: "parallel"; readonly branches: readonly (readonly Node[])[] }
  | { readonly kind: "catch"; readonly body: readonly Node[] }
  | { readonly kind: "charge"; readonly tokens: number; readonly eighths: number }
  | { readonly kind: "wait"; readonly ticks: number }
  | { readonly kind: "throw" }
  | { readonly kind: "cancel" }
  | { readonly kind: "detach"; readonly tokens: number; readonly ticks: number };

const { body: treeBody } = fc.letrec<{ body: readonly Node[]; node: Node }>((tie) => ({
  body: fc.array(tie("node"), { maxLength: 4 }),
  node: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("charge"), tokens: fc.nat(20), eighths: fc.nat(8) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("wait"), ticks: fc.nat(4) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("throw") }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("cancel") }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("detach"), tokens: fc.nat(9), ticks: fc.nat(9) }) },
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant("step"),
        boundary: fc.constantFrom<ErrorBoundary>("fail", "continue", "escalate"),
        maxTokens: fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined }),
        body: tie("body"),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("persona"), body: tie("body") }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant("parallel"), branches: fc.array(tie("body"), { maxLength: 3 }) }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("catch"), body: tie("body") }) },
  ) as fc.Arbitrary<Node>,
}));

describe("any tree of steps", () => {
  it("logs each entered step once, balances usage, and leaves no scope behind", async () => {
    await fc.assert(
      fc.asyncProperty(treeBody, async (tree) => {
        const steps = makeSteps();
        const entered: string[] = [];
        const detached: Promise<unknown>[] = [];
        const cancel = new CancelToken();
        const wrong: string[] = [];
        let charged = 0;
        let eighths = 0;
        let calls = 0;
        let personas = 0;

        const ticks = async (count: number) => {
          for (let i = 0; i < count; i++) {
            if (cancel.aborted) throw cancel.reason;
            await Promise.resolve();
          }
        };

        /** `owner` and `persona` are who should be at work, followed by hand. */
        const runAll = async (body: readonly Node[], owner: string | undefined, persona: string | undefined) => {
          for (const node of body) {
            await run(node, owner, persona);
            // Collected, since a program may catch what is thrown in it.
            const found = `${activeStep(steps.current())?.definition.name} of ${personaName(steps.current())}`;
            if (found !== `${owner} of ${persona}`)
              wrong.push(`after ${node.kind}: ${found}, not ${owner} of ${persona}`);
          }
        };

        const run = async (node: Node, owner: string | undefined, persona: string | undefined): Promise<void> => {
          switch (node.kind) {
            case "charge":
              charged += node.tokens;
              eighths += node.eighths;
              calls++;
              return steps.charge(spend(node.tokens, 0, node.eighths / 8));
            case "wait":
              return ticks(node.ticks);
            case "throw":
              throw new Error("thrown on purpose");
            case "cancel":
              cancel.cancel(new Error("cancelled on purpose"));
              return ticks(1);
            case "detach":
              detached.push(
                (async () => {
                  for (let i = 0; i < node.ticks; i++) await Promise.resolve();
                  charged += node.tokens;
                  calls++;
                  await steps.charge(spend(node.tokens));
                })().catch(() => {}),
              );
              return undefined;
            case "persona": {
              const name = `persona ${personas++}`;
              return steps.persona({ name }, () => runAll(node.body, owner, name))();
            }
            case "parallel": {
              const branches = node.branches.map((branch) => runAll(branch, owner, persona));
              const outcomes = await Promise.allSettled(branches);
              for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
              return undefined;
            }
            case "catch":
              return runAll(node.body, owner, persona).catch(() => {});
            case "step": {
              const name = `step ${entered.length} ${calls}`;
              const budget = node.maxTokens === undefined ? {} : { budget: { maxTokens: node.maxTokens } };
              await steps.step({ name, errorBoundary: node.boundary, ...budget } as never, async () => {
                entered.push(name);
                await runAll(node.body, name, persona);
              })();
              return undefined;
            }
          }
        };

        await runAll(tree, undefined, undefined).catch(() => {});
        await Promise.all(detached);

        expect(wrong).toEqual([]);
        const records = steps.completed();
        expect(records.map((record) => record.name).sort()).toEqual([...entered].sort());
        expect(steps.runtime.unfinished.size).toBe(0);
        expect(steps.current().step).toBeUndefined();
        expect(steps.current().persona).toBeUndefined();

        const { total, unattributed } = steps.receipt();
        expect(total).toEqual({ inputTokens: charged, outputTokens: 0, costUsd: eighths / 8, llmCalls: calls });
        const sum = (of: (usage: { inputTokens: number; costUsd: number; llmCalls: number }) => number) =>
          records.reduce((all, record) => all + of(record), of(unattributed));
        expect(sum((usage) => usage.inputTokens)).toBe(charged);
        expect(sum((usage) => usage.costUsd)).toBe(eighths / 8);
        expect(sum((usage) => usage.llmCalls)).toBe(calls);

        for (const record of records) expect(record.error === null).toBe(record.status === "completed");
      }),
      { numRuns: 500 },
    );
  });
});
