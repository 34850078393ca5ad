// Bytes of journal per turn: an agent that talks for a thousand turns, whose history grows and is sent whole each time; and a
// session in which somebody asks three hundred times, an agent for each question.

import { openJournalFolder } from "../../dist/cli/journal/journal-folder.js";
import { beginJournal, createJsonlStore } from "../../dist/journal/index.js";
import { loadSource, startProgram } from "../../dist/runtime/index.js";
import { inFreshFolder, quickHost, textAnswer, turn, usage } from "./world.mjs";

const turns = 1000;
const questions = 300;
const MODEL = 'provider: "anthropic", model: "claude-sonnet-4-20250514", max_tokens: 200';

const agent = `
let tools = tool_define(tool_registry(), "look", "Look something up", {
  parameters: {what: "string"},
  handler: { args -> "what there is to say of \${args.what}: nothing much, in as many words as it takes" },
})
let result = agent_loop("Look up what you can", "Be brief.", {
  ${MODEL}, tools: tools, tool_format: "native", max_iterations: ${turns + 1}, loop_detect: false,
})
println(result.status)
`;
const session = `
let id = agent_session_open()
for i in 1 to ${questions} {
  agent_loop("What is number \${i}?", "Be brief.", {${MODEL}, session_id: id})
}
`;

const callOf = (number) => [
  { type: "response-start" },
  { type: "tool-call-start", id: `c${number}`, name: "look" },
  { type: "tool-call-end", id: `c${number}`, input: { what: `thing ${number}` } },
  { type: "done", stopReason: "tool_use", usage },
];

/** Characters stored before each answer. */
async function storedBefore(source, answer) {
  let calls = 0;
  const bytesAt = [];
  const host = quickHost(() => answer(++calls));
  await inFreshFolder(async (folder) => {
    const store = createJsonlStore(openJournalFolder(folder), { fsync: "never" });
    let bytes = 0;
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
  });
  return (from, to) => (bytesAt[to] - bytesAt[from]) / (to - from);
}

const ofAgent = await storedBefore(agent, (number) => (number > turns ? textAnswer("done") : callOf(number)));
const ofSession = await storedBefore(session, (number) => textAnswer(`nothing special, as with ${number}`));
console.log(
  JSON.stringify({
    first10: ofAgent(1, 10),
    at100: ofAgent(90, 110),
    at1000: ofAgent(980, 1000),
    session: { first10: ofSession(1, 10), at100: ofSession(90, 110), at300: ofSession(280, 300) },
  }),
);
