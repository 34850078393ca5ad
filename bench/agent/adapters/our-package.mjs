// What our adapters share: where the built package is, the host and the tool for it, and conversations that are sessions.
import { prompt, system, tool } from "./tool.mjs";

const dist = process.env["HARN_DIST"] ?? new URL("../../../dist", import.meta.url).href;
/** An entry of the package, as a program would import it. */
export const entry = (name) => import(`${dist}/lib/${name}.js`);

const { createSessionStore, defineTool } = await entry("agent");
const { createNodeHost } = await entry("node");

export const lookup = defineTool({
  name: tool.name,
  description: tool.description,
  input: tool.schema,
  execute: (input) => tool.run(input),
});

export const createHost = (baseUrl, options = {}) =>
  createNodeHost({ environment: { OPENAI_BASE_URL: baseUrl, OPENAI_API_KEY: "key" }, ...options });

/**
 * A client whose conversations are sessions of one store, each of which could be continued.
 * @param converse runs one, given the model's name and the options that `agentLoop` and `runAgent` have in common
 */
export function sessionClient(host, converse) {
  const store = createSessionStore(host, { cap: 1_000 });
  let sessions = 0;
  return {
    async run({ model, onText }) {
      const id = `session-${++sessions}`;
      await converse(model, {
        system,
        prompt,
        toolUse: { format: "native" },
        session: { store, id },
        onTurnEvent: (event) => {
          if (event.type === "text-delta") onText(event.delta);
        },
      });
      return id;
    },
    forget: (id) => store.close(id),
  };
}
