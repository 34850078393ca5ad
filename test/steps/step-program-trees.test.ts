/**
 * Random Harn programs of steps, parallel children, throws, cancelled tasks and budgets that run out, on scripted answers.
 * Whatever they do, every entered step is in the log exactly once, the books balance, and no scope outlives its frame.
 */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { UsageCounters } from "../../src/steps/index.ts";
import { runSteps } from "./step-programs.ts";

type Node =
  | { readonly kind: "ask"; readonly tokens: number }
  | { readonly kind: "sleep"; readonly ms: number }
  | { readonly kind: "throw" }
  | { readonly kind: "catch"; readonly body: readonly Node[] }
  | { readonly kind: "deadline"; readonly ms: number; readonly body: readonly Node[] }
  | { readonly kind: "parallel"; readonly branches: readonly (readonly Node[])[] }
  /** A task that is waited for, cancelled after a while, or left alone. */
  | { readonly kind: "spawn"; readonly after: "await" | "cancel" | "leave"; readonly body: readonly Node[] }
  | { readonly kind: "generator"; readonly taken: number; readonly body: readonly Node[] }
  | { readonly kind: "tail"; readonly step: StepNode }
  | { readonly kind: "persona"; readonly body: readonly Node[] }
  | StepNode;

interface StepNode {
  readonly kind: "step";
  readonly boundary: "fail" | "continue" | "escalate";
  readonly maxTokens: number | undefined;
  readonly body: readonly Node[];
}

const { body: anyBody } = fc.letrec<{ body: readonly Node[]; node: Node; step: StepNode }>((tie) => ({
  body: fc.array(tie("node"), { maxLength: 4 }),
  step: fc.record({
    kind: fc.constant("step"),
    boundary: fc.constantFrom("fail", "continue", "escalate"),
    maxTokens: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
    body: tie("body"),
  }) as fc.Arbitrary<StepNode>,
  node: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    { weight: 5, arbitrary: fc.record({ kind: fc.constant("ask"), tokens: fc.integer({ min: 1, max: 20 }) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("sleep"), ms: fc.nat(9) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("throw") }) },
    { weight: 6, arbitrary: tie("step") },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("tail"), step: tie("step") }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("catch"), body: tie("body") }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant("deadline"), ms: fc.integer({ min: 1, max: 9 }), body: tie("body") }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant("parallel"), branches: fc.array(tie("body"), { maxLength: 3 }) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant("spawn"),
        after: fc.constantFrom("await", "cancel", "leave"),
        body: tie("body"),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant("generator"), taken: fc.nat(2), body: tie("body") }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("persona"), body: tie("body") }) },
  ) as fc.Arbitrary<Node>,
}));

interface Owner {
  readonly step: string;
  readonly persona: string;
}

const NOBODY: Owner = { step: "none", persona: "none" };

/** A step owns what happens in its frames; of a child task, which may outlive them, only the persona is known. */
const inChild = ({ persona }: Owner): Owner => ({ step: "?", persona });

/**
 * The program of a tree. Every step says that it was entered, and wherever control comes back to a frame, by whichever
 * path, the program says who is at work there and who should be.
 */
function programOf(tree: readonly Node[]): string {
  let names = 0;
  const fresh = (letter: string): string => `${letter}${++names}`;
  const declarations: string[] = [];

  const here = ({ step, persona }: Owner): string => `here("${step} ${persona}")`;
  const lines = (nodes: readonly Node[], owner: Owner): string =>
    nodes.map((node) => statement(node, owner)).join("\n");
  /** When the call fails, the check still happens and the error goes on. */
  const checked = (call: string, owner: Owner): string => `try {\n${call}\n} finally {\n${here(owner)}\n}`;
  const caught = (body: string, owner: Owner): string => `try {\n${body}\n} catch (e) {\n${here(owner)}\n}`;

  const declareStep = ({ boundary, maxTokens, body }: StepNode, { persona }: Owner): string => {
    const name = fresh("s");
    const inside = { step: name, persona };
    const budget = maxTokens === undefined ? "" : `, budget: {max_tokens: ${maxTokens}}`;
    declarations.push(
      `@step(error_boundary: ${boundary}${budget})\nfn ${name}() {\neprintln("enter ${name}")\n${here(inside)}\n${lines(body, inside)}\n}`,
    );
    return name;
  };

  const statement = (node: Node, owner: Owner): string => {
    switch (node.kind) {
      case "ask":
        return `ask(${node.tokens})`;
      case "sleep":
        return `sleep(${node.ms})`;
      case "throw":
        return 'if sleep != nil { throw "thrown" }';
      case "catch":
        return caught(lines(node.body, owner), owner);
      case "deadline":
        return caught(`deadline ${node.ms}ms {\n${lines(node.body, owner)}\n}`, owner);
      case "parallel": {
        const branches = node.branches.map((branch) => {
          const name = fresh("b");
          declarations.push(`fn ${name}() {\n${lines(branch, inChild(owner))}\n}`);
          return name;
        });
        return checked(`parallel each [${branches.join(", ")}] { f -> f() }`, owner);
      }
      case "spawn": {
        const task = fresh("t");
        const after = { await: `await(${task})`, cancel: `sleep(3)\ncancel(${task})`, leave: "sleep(1)" }[node.after];
        return `let ${task} = spawn {\n${lines(node.body, inChild(owner))}\n}\n${checked(after, owner)}`;
      }
      case "generator": {
        const name = fresh("g");
        const values = fresh("v");
        declarations.push(`fn ${name}() {\nyield 1\n${lines(node.body, inChild(owner))}\nyield 2\n}`);
        return checked(`let ${values} = ${name}()\n${`${values}.next()\n`.repeat(node.taken)}`, owner);
      }
      case "tail": {
        const name = fresh("c");
        declarations.push(`fn ${name}() {\nreturn ${declareStep(node.step, owner)}()\n}`);
        return checked(`${name}()`, owner);
      }
      case "persona": {
        const name = fresh("p");
        declarations.push(`@persona\nfn ${name}() {\n${lines(node.body, { ...owner, persona: name })}\n}`);
        return checked(`${name}()`, owner);
      }
      case "step":
        return checked(`${declareStep(node, owner)}()`, owner);
    }
  };

  const main = caught(lines(tree, NOBODY), NOBODY);
  return [
    'fn here(owner) {\neprintln("here ${owner} ${current_step() ?? "none"} ${current_persona() ?? "none"}")\n}',
    ...declarations,
    main,
    here(NOBODY),
  ].join("\n");
}

function tally(names: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

describe("any tree of steps as a program", () => {
  it("STEP-17, STEP-19, STEP-25, STEP-28 logs each entry once, balances the books, and leaves no scope behind", async () => {
    const seen = { completed: 0, failed: 0, skipped: 0, escalated: 0 };
    await fc.assert(
      fc.asyncProperty(anyBody, async (tree) => {
        const { notes, error, receipt, steps, usage, scope, liveTasks } = await runSteps(programOf(tree));
        expect(error).toBeUndefined();
        expect([steps.unfinished.size, liveTasks]).toEqual([0, 0]);
        expect([scope?.step, scope?.persona], "where the program's own task has ended").toEqual([undefined, undefined]);
        for (const { status } of receipt.steps) seen[status] += 1;

        const entered = notes.filter((line) => line.startsWith("enter ")).map((line) => line.slice(6));
        expect(tally(receipt.steps.map(({ name }) => name))).toEqual(tally(entered));

        const owners = notes.filter((line) => line.startsWith("here ")).map((line) => line.split(" ").slice(1));
        for (const [step, persona, foundStep, foundPersona] of owners) {
          expect([step === "?" ? foundStep : step, persona]).toEqual([foundStep, foundPersona]);
        }

        const sum = (of: (each: UsageCounters) => number) =>
          [...receipt.steps, receipt.unattributed].reduce((total, each) => total + of(each), 0);
        expect(sum((each) => each.inputTokens)).toBe(receipt.total.inputTokens);
        expect(sum((each) => each.outputTokens)).toBe(receipt.total.outputTokens);
        expect(sum((each) => each.llmCalls)).toBe(receipt.total.llmCalls);
        const { inputTokens, outputTokens, llmCalls } = receipt.total;
        expect({ inputTokens, outputTokens, calls: llmCalls }, "the model layer's own books").toEqual(usage);
      }),
      { numRuns: 150 },
    );
    // A test that never meets a boundary would prove nothing.
    for (const [status, count] of Object.entries(seen)) expect(count, status).toBeGreaterThan(0);
  });
});
