// An agent that talks for a thousand turns: bytes of its journal per turn. The history grows and is sent whole each time.

import { openJournalFolder } from "../../dist/cli/journal/journal-folder.js";
import { beginJournal, createJsonlStore } from "../../dist/journal/index.js";
import { loadSource, startProgram } from "../../dist/runtime/index.js";
import { inFreshFolder, quickHost, turn, usage } from "./world.mjs";

const turns = 1000;
const source = `
let tools = tool_define(tool_registry(), "look", "Look something up", {
  parameters: {what: "string"},
  handler: { args -> "what there is to say of \${args.what}: nothing much, in as many words as it takes" },
})
let result = agent_loop("Look up what you can", "Be brief.", {
  provider: "anthropic", model: "claude-sonnet-4-20250514",
  tools: tools, tool_format: "native", max_iterations: ${turns + 1}, max_tokens: 200, loop_detect: false,
})
println(result.status)
`;

let calls = 0;
const host = quickHost(() => {
  calls++;
  if (calls > turns)
    return [
      { type: "text-delta", messageId: "m", delta: "done" },
      { type: "done", stopReason: "end_turn", usage },
    ];
  return [
    { type: "response-start" },
    { type: "tool-call-start", id: `c${calls}`, name: "look" },
    { type: "tool-call-end", id: `c${calls}`, input: { what: `thing ${calls}` } },
    { type: "done", stopReason: "tool_use", usage },
  ];
});

const result = await inFreshFolder(async (folder) => {
  const store = createJsonlStore(openJournalFolder(folder), { fsync: "never" });
  let bytes = 0;
  const bytesAt = [];
  const counting = {
    ...store,
    append(run, batch) {
      for (const { body } of [...batch.rows, ...batch.blobs]) bytes += body.length + 1;
      bytesAt[calls] = bytes;
      return store.append(run, batch);
    },
  };
  const journal = await beginJournal(counting, { id: "r", createdMs: 0 });
  const run = startProgram(loadSource("turns.harn", source).program, {
    host,
    journal: { mode: "record", journal },
    breathe: turn,
  });
  const outcome = await run.outcome;
  if (outcome.status !== "ok") throw new Error(outcome.failure?.display() ?? outcome.status);
  await store.close();
  return bytesAt;
});
const perTurn = (from, to) => (result[to] - result[from]) / (to - from);
console.log(JSON.stringify({ calls, first10: perTurn(1, 10), at100: perTurn(90, 110), at1000: perTurn(980, 1000) }));
