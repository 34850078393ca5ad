// Mastra's agent over the AI SDK's OpenAI-compatible provider.
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { Agent } from "@mastra/core/agent";
import { createTool } from "@mastra/core/tools";
import { z } from "zod";
import { maxSteps, prompt, system, tool } from "./tool.mjs";

export function createClient(baseURL) {
  const provider = createOpenAICompatible({ name: "bench", baseURL, apiKey: "key" });
  const lookup = createTool({
    id: tool.name,
    description: tool.description,
    inputSchema: z.object({ key: z.string() }),
    execute: async (input) => tool.run(input),
  });
  const agents = new Map();
  const agentFor = (model) => {
    let agent = agents.get(model);
    if (agent === undefined) {
      agent = new Agent({
        id: "bench",
        name: "bench",
        instructions: system,
        model: provider(model),
        tools: { [tool.name]: lookup },
      });
      agents.set(model, agent);
    }
    return agent;
  };
  return {
    async run({ model, onText }) {
      const result = await agentFor(model).stream([{ role: "user", content: prompt }], { maxSteps });
      for await (const part of result.fullStream) {
        if (part.type === "text-delta") onText(part.payload.text);
        else if (part.type === "error") throw part.payload.error;
      }
      return result.messageList;
    },
  };
}
