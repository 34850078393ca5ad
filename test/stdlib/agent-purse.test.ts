import { describe, expect, it } from "vitest";
import { printed } from "../support/run-harn.ts";

/** An agent with a tool that asks another agent, whose answer costs 50 tokens; then it would go on. */
const program = (budget: string, asks: string): string => `
let tools = tool_define(tool_registry(), "ask", "Ask another agent", {
  parameters: {},
  handler: { _args -> ${asks} }
})
llm_mock({text: "", tool_calls: [{id: "c1", name: "ask", arguments: {}}], input_tokens: 5, output_tokens: 5})
llm_mock({text: "helped", input_tokens: 40, output_tokens: 10})
llm_mock({text: "done ##DONE##", input_tokens: 5, output_tokens: 5})
let result = agent_loop("go", nil, {provider: "mock", tools: tools, tool_format: "native", ${budget}})
println(result.status)
println(len(llm_mock_calls()))`;

describe("agents that a tool asks spend from the budget of its loop (AGENT-20)", () => {
  it.each([
    ["sub_agent_run", 'sub_agent_run("help", {provider: "mock"}).summary'],
    ["agent_loop", 'agent_loop("help", nil, {provider: "mock"}).text'],
    ["one agent through another", 'agent_loop("help", nil, {provider: "mock", token_budget: 1000}).text'],
  ])("%s", async (_what, asks) => {
    expect(await printed(program("token_budget: 30", asks))).toEqual(["budget_exhausted", "2"]);
    expect(await printed(program("token_budget: 300", asks))).toEqual(["done", "3"]);
  });
});
