import { describe, expect, it } from "vitest";
import { makeSteps, outcomeOf, spend } from "../../test/steps/lab.ts";
import { receiptToJson, renderReceipt } from "./receipt.ts";

async function sample() {
  const steps = makeSteps();
  await steps.step({ name: "plan", model: "small" }, () => steps.charge(spend(1200, 300, 0.0125, "small-2")))();
  await outcomeOf(steps.step({ name: "write", budget: { maxTokens: 10 } }, () => steps.charge(spend(5, 6, 0.5))));
  return steps;
}

describe("receipts", () => {
  it("STEP-47, STEP-49: as JSON hold all steps with nine keys, and the sums", async () => {
    const steps = await sample();
    await steps.charge(spend(1, 1));
    expect(receiptToJson(steps.receipt())).toEqual({
      version: 1,
      steps: [
        {
          name: "plan",
          function: "plan",
          model: "small-2",
          input_tokens: 1200,
          output_tokens: 300,
          cost_usd: 0.0125,
          llm_calls: 1,
          status: "completed",
          error: null,
        },
        {
          name: "write",
          function: "write",
          model: "m",
          input_tokens: 5,
          output_tokens: 6,
          cost_usd: 0.5,
          llm_calls: 1,
          status: "failed",
          error: "step `write` exceeded max_tokens budget (11 > 10)",
        },
      ],
      total: { input_tokens: 1206, output_tokens: 307, cost_usd: 0.5125, llm_calls: 3 },
      unattributed: { input_tokens: 1, output_tokens: 1, cost_usd: 0, llm_calls: 1 },
    });
    expect(steps.completed()).toHaveLength(2);
  });

  it("are a table for a terminal", async () => {
    const steps = await sample();
    expect(renderReceipt(steps.receipt())).toBe(
      [
        "step   status     model    calls    in  out     cost  error",
        "-----  ---------  -------  -----  ----  ---  -------  -------------------------------------------------",
        "plan   completed  small-2      1  1200  300  $0.0125",
        "write  failed     m            1     5    6  $0.5000  step `write` exceeded max_tokens budget (11 > 10)",
        "total                          2  1205  306  $0.5125",
        "",
      ].join("\n"),
    );
  });

  it("show how long each step took when the runtime has a clock", async () => {
    let now = 5;
    const seen: string[] = [];
    const steps = makeSteps({ clock: () => now, onStepEnd: ({ name }) => seen.push(name) });
    const take = (ms: number) => () => {
      now += ms;
    };
    for (const [name, ms] of [
      ["a", 12.4],
      ["b", 3_449],
      ["c", 306_900],
      ["d", 59_999],
    ] as const) {
      await steps.step({ name }, take(ms))();
    }
    const times = renderReceipt(steps.receipt())
      .split("\n")
      .slice(2, 6)
      .map((line) =>
        line
          .trim()
          .split(/\s{2,}/)
          .at(-1),
      );
    expect(times).toEqual(["12ms", "3.4s", "5m 06s", "60.0s"]);
    expect(receiptToJson(steps.receipt()).steps).toMatchObject([{ duration_ms: 12 }, {}, {}, {}]);
    steps.runtime.log.drain();
    expect(seen, "also when the program has emptied the log").toEqual(["a", "b", "c", "d"]);
  });

  it("show what was spent outside of steps, and an empty run", async () => {
    const steps = makeSteps();
    expect(renderReceipt(steps.receipt()).split("\n")).toHaveLength(4);
    await steps.charge(spend(1, 2));
    expect(renderReceipt(steps.receipt())).toContain("(outside steps)");
  });

  it("let nothing through that a terminal would obey", async () => {
    const steps = makeSteps();
    const work = steps.step({ name: "a\u001b[31mred\n" }, () =>
      Promise.reject(new Error(`x\r\n${"y".repeat(100)}\u0007`)),
    );
    await outcomeOf(work);
    const text = renderReceipt(steps.receipt());
    expect(text).toContain("a [31mred ");
    expect(text).toMatch(/x y{57}…\n/);
    expect([...text].filter((character) => character < " " && character !== "\n")).toEqual([]);
  });
});
