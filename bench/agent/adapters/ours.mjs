// Our agent loop from TypeScript: the Node host, the OpenAI-compatible provider, native tool calls.
import { prompt, system, tool } from "./tool.mjs";

const dist = process.env["HARN_DIST"] ?? new URL("../../../dist", import.meta.url).href;
const { agentLoop, createSessionStore, createToolRuntime, defineTool } = await import(`${dist}/lib/agent.js`);
const { createModelRouter } = await import(`${dist}/lib/llm.js`);
const { createNodeHost } = await import(`${dist}/lib/node.js`);

export function createClient(baseUrl) {
  const host = createNodeHost({ environment: { OPENAI_BASE_URL: baseUrl, OPENAI_API_KEY: "key" } });
  const tools = createToolRuntime([
    defineTool({
      name: tool.name,
      description: tool.description,
      input: tool.schema,
      execute: (input) => tool.run(input),
    }),
  ]);
  const model = createModelRouter(host);
  const store = createSessionStore(host, { cap: 1_000 });
  let sessions = 0;
  return {
    async run({ model: id, onText }) {
      const session = `session-${++sessions}`;
      await agentLoop({
        host,
        model,
        request: { provider: "openai", model: id },
        tools,
        system,
        prompt,
        toolUse: { format: "native" },
        session: { store, id: session },
        onTurnEvent: (event) => {
          if (event.type === "text-delta") onText(event.delta);
        },
      });
      return session;
    },
    forget: (session) => store.close(session),
  };
}
