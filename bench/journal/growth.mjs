// What a turn of an agent costs as its conversation grows: CPU of this process, microseconds a turn, around the turns 100,
// 1,000 and 10,000. A long conversation waits now and then while a short one is played, so that what the machine does
// meanwhile, and what the heap holds, are the same for both. The short ones are loops of one program, which is as warm.
//   node growth.mjs [MOST [WAYS]]     default 10000 bare,recorded,snapshots

import { openJournalFolder } from "../../dist/cli/journal/journal-folder.js";
import { beginJournal, createJsonlStore } from "../../dist/journal/index.js";
import { loadSource, startProgram } from "../../dist/runtime/index.js";
import { median } from "../statistics.mjs";
import { inFreshFolder, quickHost, turn, usage } from "./world.mjs";

const most = Number(process.argv[2] ?? 10_000);
const ways = process.argv[3]?.split(",") ?? ["bare", "recorded", "snapshots"];
const WINDOW = 100;
const SIZES = [1000, 10_000].filter((size) => size <= most);
/** Windows end at these turns, five up to each size; the median counts. */
const ends = new Map(SIZES.flatMap((size) => [4, 3, 2, 1, 0].map((at) => [size - 120 * at, size])));
const SHORT = { turns: 160, from: 50, to: 50 + WINDOW };

const source = (turns, times) => `
let tools = tool_define(tool_registry(), "look", "Look something up", {
  parameters: {what: "string"},
  handler: { args -> "what there is to say of \${args.what}: nothing much" },
})
for i in 1 to ${times} {
  agent_loop("Look up what you can", "Be brief.", {
    provider: "anthropic", model: "claude-sonnet-4-20250514", max_tokens: 200,
    tools: tools, tool_format: "native", max_iterations: ${turns + 1}, loop_detect: false,
  })
}
`;

function cpuUs() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** @param before awaited before each answer, with its number in the conversation; what it does is nobody's cost */
async function conversations(turns, times, how, before) {
  let calls = 0;
  async function* answer() {
    calls += 1;
    const number = ((calls - 1) % (turns + 1)) + 1;
    await before(number);
    if (number > turns) {
      yield { type: "text-delta", messageId: "m", delta: "done" };
      yield { type: "done", stopReason: "end_turn", usage };
      return;
    }
    yield { type: "response-start" };
    yield { type: "tool-call-start", id: `c${number}`, name: "look" };
    yield { type: "tool-call-end", id: `c${number}`, input: { what: `thing ${number}` } };
    yield { type: "done", stopReason: "tool_use", usage };
  }
  const inner = quickHost(() => []);
  const stream = (kind, args, signal) => (kind === "model.stream" ? answer() : inner.stream(kind, args, signal));
  await inFreshFolder(async (folder) => {
    const store = createJsonlStore(openJournalFolder(folder), { fsync: "never" });
    const snapshots = how === "snapshots" ? { snapshots: "keep" } : {};
    const journal = how === "bare" ? undefined : await beginJournal(store, { id: "r", createdMs: 0 }, snapshots);
    const { program } = loadSource("growth.harn", source(turns, times));
    const recording = journal === undefined ? {} : { journal: { mode: "record", journal } };
    const { outcome } = startProgram(program, { host: { ...inner, stream }, breathe: turn, ...recording });
    const { status, failure } = await outcome;
    if (status !== "ok") throw new Error(failure?.display() ?? status);
    await store.close();
  });
}

/** Plays a short conversation when it is asked to; gives back what its turn costs. */
function shortOnes(times, how) {
  let wake;
  let tell;
  const asked = () => new Promise((resolve) => (wake = resolve));
  let next = asked();
  let from = 0;
  let figure = 0;
  const over = conversations(SHORT.turns, times, how, async (number) => {
    if (number === 1) {
      await next;
      next = asked();
    }
    if (number === SHORT.from) from = cpuUs();
    if (number === SHORT.to) figure = (cpuUs() - from) / WINDOW;
    if (number > SHORT.turns) tell(figure);
  });
  const play = () =>
    new Promise((resolve) => {
      tell = resolve;
      wake();
    });
  return { play, over };
}

async function figures(how) {
  const WARM = 10;
  const { play, over } = shortOnes(WARM + ends.size, how);
  // Until the program stands at its first question, and the engine has compiled what there is to compile.
  for (let i = 0; i < 50; i++) await turn();
  for (let i = 0; i < WARM; i++) await play();
  const short = [];
  const long = Object.fromEntries(SIZES.map((size) => [size, []]));
  let from = 0;
  await conversations(Math.max(...ends.keys()) + 1, 1, how, async (number) => {
    const size = ends.get(number);
    if (size !== undefined) {
      long[size].push((cpuUs() - from) / WINDOW);
      short.push(await play());
    }
    if (ends.has(number + WINDOW)) from = cpuUs();
  });
  await over;
  return Object.fromEntries([[100, median(short)], ...SIZES.map((size) => [size, median(long[size])])]);
}

const result = {};
for (const how of ways) result[how] = await figures(how);
console.log(JSON.stringify(result));
process.exit();
