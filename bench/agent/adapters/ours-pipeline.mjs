// Our agent loop from TypeScript with all that a program's calls pass through: `runAgent` over `createLlm`, whose calls
// are counted, priced, traced and watched by two clocks, and are effects of the host as a journal would record them.
import { createHost, entry, lookup, sessionClient } from "./our-package.mjs";

const { runAgent } = await entry("agent");
const { createLlm } = await entry("llm");
const { createModelTraffic } = await entry("node");

export function createClient(baseUrl) {
  const host = createHost(baseUrl, { modelStream: createModelTraffic() });
  const llm = createLlm({ host, provider: "openai" });
  return sessionClient(host, (model, options) =>
    runAgent({ ...options, llm, tools: [lookup], request: { provider: "openai", model } }),
  );
}
