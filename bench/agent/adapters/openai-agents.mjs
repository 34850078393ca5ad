// OpenAI Agents SDK over chat completions, tracing off.
import { Agent, tool as makeTool, OpenAIChatCompletionsModel, run, setTracingDisabled } from "@openai/agents";
import OpenAI from "openai";
import { maxSteps, prompt, system, tool } from "./tool.mjs";

export function createClient(baseURL) {
  setTracingDisabled(true);
  const openai = new OpenAI({ baseURL, apiKey: "key" });
  const tools = [
    makeTool({
      name: tool.name,
      description: tool.description,
      parameters: tool.schema,
      strict: true,
      execute: (input) => tool.run(input),
    }),
  ];
  return {
    async run({ model, onText }) {
      const agent = new Agent({
        name: "bench",
        instructions: system,
        model: new OpenAIChatCompletionsModel(openai, model),
        tools,
      });
      const result = await run(agent, prompt, { stream: true, maxTurns: maxSteps });
      for await (const event of result) {
        if (event.type === "raw_model_stream_event" && event.data.type === "output_text_delta")
          onText(event.data.delta);
      }
      await result.completed;
      return result.history;
    },
  };
}
