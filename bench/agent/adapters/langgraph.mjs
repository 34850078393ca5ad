// LangGraph's ready-made agent over LangChain's OpenAI client; a conversation is a thread of a memory checkpointer.
import { tool as makeTool } from "@langchain/core/tools";
import { MemorySaver } from "@langchain/langgraph";
import { createReactAgent } from "@langchain/langgraph/prebuilt";
import { ChatOpenAI } from "@langchain/openai";
import { maxSteps, prompt, system, tool } from "./tool.mjs";

export function createClient(baseURL) {
  const tools = [
    makeTool(async (input) => JSON.stringify(tool.run(input)), {
      name: tool.name,
      description: tool.description,
      schema: tool.schema,
    }),
  ];
  const checkpointer = new MemorySaver();
  const agents = new Map();
  const agentFor = (model) => {
    let agent = agents.get(model);
    if (agent === undefined) {
      const llm = new ChatOpenAI({ model, apiKey: "key", streaming: true, configuration: { baseURL } });
      agent = createReactAgent({ llm, tools, prompt: system, checkpointer });
      agents.set(model, agent);
    }
    return agent;
  };
  let threads = 0;
  return {
    async run({ model, onText }) {
      const configurable = { thread_id: `thread-${++threads}` };
      const stream = await agentFor(model).stream(
        { messages: [{ role: "user", content: prompt }] },
        { configurable, streamMode: "messages", recursionLimit: maxSteps * 2 },
      );
      for await (const [message] of stream) {
        if (message.getType() === "ai" && message.content) onText(message.content);
      }
      return configurable;
    },
    forget: ({ thread_id }) => checkpointer.deleteThread(thread_id),
  };
}
