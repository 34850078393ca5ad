// pi-agent-core over pi-ai's chat completions.
import { Agent } from "@mariozechner/pi-agent-core";
import { prompt, system, tool } from "./tool.mjs";

export function createClient(baseUrl) {
  const lookup = {
    name: tool.name,
    label: tool.name,
    description: tool.description,
    parameters: tool.schema,
    execute: async (_id, input) => ({
      content: [{ type: "text", text: JSON.stringify(tool.run(input)) }],
      details: {},
    }),
  };
  const modelOf = (id) => ({
    id,
    name: id,
    api: "openai-completions",
    provider: "bench",
    baseUrl,
    reasoning: false,
    input: ["text"],
    cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
    contextWindow: 128_000,
    maxTokens: 16_000,
  });
  return {
    async run({ model, onText }) {
      const agent = new Agent({
        initialState: { systemPrompt: system, model: modelOf(model), tools: [lookup] },
        getApiKey: () => "key",
      });
      let failure;
      agent.subscribe((event) => {
        if (event.type === "message_update" && event.assistantMessageEvent.type === "text_delta") {
          onText(event.assistantMessageEvent.delta);
        } else if (event.type === "message_end" && event.message.stopReason === "error") {
          failure = event.message.errorMessage;
        }
      });
      await agent.prompt(prompt);
      if (failure !== undefined) throw new Error(failure);
      return agent;
    },
  };
}
