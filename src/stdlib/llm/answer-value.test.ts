import { describe, expect, it } from "vitest";
import { printed } from "../../../test/support/run-harn.ts";

const ask = (answer: string, rest: string): string => `llm_mock(${answer})
let answer = llm_call("rate this", nil, {provider: "mock", response_format: "json"})
${rest}`;

describe("numbers of answers", () => {
  it("what a model writes keeps its ints, whatever the names are", async () => {
    const program = ask(
      '{text: "{\\"score\\": 8, \\"cost_usd\\": 3, \\"deep\\": [{\\"total_cost\\": 1, \\"ratio\\": 0.5}]}"}',
      "println(answer.data)",
    );
    expect(await printed(program)).toEqual(["{cost_usd: 3, deep: [{ratio: 0.5, total_cost: 1}], score: 8}"]);
  });

  it("so do the arguments of tool calls", async () => {
    const program = ask(
      '{tool_calls: [{name: "rate", arguments: {score: 8, limit_usd: 2}}]}',
      "println(answer.tool_calls[0].arguments)",
    );
    expect(await printed(program)).toEqual(["{limit_usd: 2, score: 8}"]);
  });

  it("money that we count is a float also when it is whole", async () => {
    expect(await printed("println(type_of(llm_session_cost().total_cost))")).toEqual(["float"]);
  });
});
