// AI SDK 6: `streamText` over its OpenAI-compatible provider.
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { jsonSchema, tool as makeTool, stepCountIs, streamText } from "ai";
import { maxSteps, prompt, system, tool } from "./tool.mjs";

export function createClient(baseURL) {
  const provider = createOpenAICompatible({ name: "bench", baseURL, apiKey: "key" });
  const tools = {
    [tool.name]: makeTool({
      description: tool.description,
      inputSchema: jsonSchema(tool.schema),
      execute: (input) => tool.run(input),
    }),
  };
  return {
    async run({ model, onText }) {
      const messages = [{ role: "user", content: prompt }];
      const result = streamText({
        model: provider(model),
        system,
        messages,
        tools,
        stopWhen: stepCountIs(maxSteps),
      });
      for await (const part of result.fullStream) {
        if (part.type === "text-delta") onText(part.text);
        else if (part.type === "error") throw part.error;
      }
      return [...messages, ...(await result.response).messages];
    },
  };
}
