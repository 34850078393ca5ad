// What one `llm_call` leaves in the journal, and what it costs to record it and to play it back: a loop of a thousand.
// CPU of this process per call; the same loop without a journal is what recording is compared with.

import { beginJournal, createMemoryStore, openJournal } from "../../dist/journal/index.js";
import { loadSource, startProgram } from "../../dist/runtime/index.js";
import { quickHost, textAnswer, turn } from "./world.mjs";

const CALLS = 1000;
const { program } = loadSource(
  "calls.harn",
  `for i in 1 to ${CALLS} {
  llm_call("What is number \${i}?", "Be brief.", {
    provider: "anthropic", model: "claude-sonnet-4-20250514", max_tokens: 200,
  })
}
`,
);
if (program === undefined) throw new Error("The program does not compile");
const host = quickHost(() => textAnswer("nothing special"));

const best = {};
let entries = 0;
let chars = 0;
for (let round = 0; round < 4; round++) {
  await sample("bare", () => ({ host, breathe: turn }));
  const store = createMemoryStore();
  const journal = await beginJournal(store, { id: "r", createdMs: 0 });
  await sample("record", () => ({ host, breathe: turn, journal: { mode: "record", journal } }));
  const { rows, blobs } = await store.load("r");
  entries = rows.length / CALLS;
  chars = [...rows.map(({ body }) => body), ...blobs.values()].reduce((sum, body) => sum + body.length, 0) / CALLS;
  await sample("replay", async () => ({
    host,
    breathe: turn,
    journal: { mode: "replay", journal: await openJournal(store, "r") },
  }));
}
console.log(JSON.stringify({ entries, chars, cpuUs: best }));
process.exit();

async function sample(way, options) {
  const cpu = process.cpuUsage();
  const outcome = await startProgram(program, await options()).outcome;
  const { user, system } = process.cpuUsage(cpu);
  if (outcome.status !== "ok") throw new Error(outcome.failure?.display() ?? outcome.status);
  best[way] = Math.min(best[way] ?? Number.POSITIVE_INFINITY, (user + system) / CALLS);
}
