// Our agent loop from TypeScript with all that a program's calls pass through: `runAgent` over `createLlm`, whose calls
// are counted, priced, traced and watched by two clocks, and are effects of the host as a journal would record them.
import { prompt, system, tool } from "./tool.mjs";

const dist = process.env["HARN_DIST"] ?? new URL("../../../dist", import.meta.url).href;
const { createSessionStore, defineTool, runAgent } = await import(`${dist}/lib/agent.js`);
const { createLlm } = await import(`${dist}/lib/llm.js`);
const { createModelTraffic, createNodeHost } = await import(`${dist}/lib/node.js`);

export function createClient(baseUrl) {
  const host = createNodeHost({
    environment: { OPENAI_BASE_URL: baseUrl, OPENAI_API_KEY: "key" },
    modelStream: createModelTraffic(),
  });
  const llm = createLlm({ host, provider: "openai" });
  const lookup = defineTool({
    name: tool.name,
    description: tool.description,
    input: tool.schema,
    execute: (input) => tool.run(input),
  });
  const store = createSessionStore(host, { cap: 1_000 });
  let sessions = 0;
  return {
    async run({ model, onText }) {
      const session = `session-${++sessions}`;
      await runAgent({
        llm,
        request: { provider: "openai", model },
        tools: [lookup],
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
