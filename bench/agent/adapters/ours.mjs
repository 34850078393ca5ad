// Our agent loop from TypeScript: the Node host, the OpenAI-compatible provider, native tool calls.
import { createHost, entry, lookup, sessionClient } from "./our-package.mjs";

const { agentLoop, createToolRuntime } = await entry("agent");
const { createModelRouter } = await entry("llm");

export function createClient(baseUrl) {
  const host = createHost(baseUrl);
  const tools = createToolRuntime([lookup]);
  const model = createModelRouter(host);
  return sessionClient(host, (id, options) =>
    agentLoop({ ...options, host, model, tools, request: { provider: "openai", model: id } }),
  );
}
