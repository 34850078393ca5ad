// A model call with a typed answer. Offline on a scripted model; a real one:
//   const llm = createLlm({ host: createNodeHost(), provider: "anthropic", model: "claude-sonnet-4-5" });

import { createLlm } from "harn/llm";
import { createVirtualHost, fakeScript, fakeStream } from "harn/testing";
import { z } from "zod";

const host = createVirtualHost({ model: fakeScript(fakeStream(['{"name": "Paris", "people": 2103000}'])) });
const llm = createLlm({ host, provider: "fake", model: "scripted" });

const City = z.object({ name: z.string(), people: z.int() });
const { object } = await llm.generateObject({ prompt: "What is the capital of France?", schema: City });

console.log(`${object.name} has ${(object.people / 1e6).toFixed(1)} million people.`);
