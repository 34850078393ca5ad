// A program that has made so many turns is stopped and goes on: time until it asks the world for something new.
//   node resume.mjs TURNS use|replay calls|agent|compacting|agents
//
// calls: a loop of `llm_call`. agent: one `agent_loop` with a tool, which keeps its whole conversation. compacting: one
// that shortens it as it grows, as a window makes it. agents: four of the first side by side.

import { execFileSync } from "node:child_process";
import { openJournalFolder } from "../../dist/cli/journal/journal-folder.js";
import { beginJournal, createJsonlStore, openJournal } from "../../dist/journal/index.js";
import { loadSource, startProgram } from "../../dist/runtime/index.js";
import { inFreshFolder, quickHost, textAnswer, turn, usage } from "./world.mjs";

const turns = Number(process.argv[2]);
const snapshots = process.argv[3] === "use" ? "use" : "keep";
const kind = process.argv[4] ?? "calls";
const MODEL = 'provider: "anthropic", model: "claude-sonnet-4-20250514", max_tokens: 200';
const SIDES = 4;

const agent = (count, more = "") => `
fn work(name) {
  let tools = tool_define(tool_registry(), "look", "Look something up", {
    parameters: {what: "string"},
    handler: { args -> "what there is to say of \${args.what}: nothing much" },
  })
  let result = agent_loop("Look up what you can, \${name}", "Be brief.", {
    ${MODEL}, tools: tools, tool_format: "native", max_iterations: ${count + 1}, loop_detect: false,${more}
  })
  return result.status
}
`;

const SOURCES = {
  calls: `
var total = 0
for i in 1 to ${turns} {
  let answer = llm_call("What is number \${i}?", "Be brief.", {${MODEL}})
  total = total + len(answer.text)
}
println(total)
sleep(3000000)
`,
  agent: `${agent(turns)}
println(work("one"))
sleep(3000000)
`,
  compacting: `${agent(turns, ' auto_compact: true, compact_threshold: 2000, compact_strategy: "truncate",')}
println(work("one"))
sleep(3000000)
`,
  agents: `${agent(Math.ceil(turns / SIDES))}
println(parallel each ["north", "south", "east", "west"] { side -> work(side) })
sleep(3000000)
`,
};
const { program } = loadSource("resume.harn", SOURCES[kind]);
if (program === undefined) throw new Error("The program does not compile");

// Each half in a process of its own, as after a crash: what recording leaves on the heap is not collected on the other's bill.
const [, , , , , phase, folder] = process.argv;
if (phase === "record") console.log(JSON.stringify(await record(folder)));
else if (phase === "resume") console.log(JSON.stringify(await resume(folder)));
else {
  const figures = await inFreshFolder((fresh) => {
    const child = (half) => {
      const args = [import.meta.filename, String(turns), snapshots, kind, half, fresh];
      return JSON.parse(execFileSync(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] }).toString());
    };
    return { turns, ...child("record"), ...child("resume") };
  });
  console.log(JSON.stringify(figures));
}
process.exit();

function storeIn(folder) {
  return createJsonlStore(openJournalFolder(folder), { fsync: "never" });
}

async function record(folder) {
  const store = storeIn(folder);
  const events = { taken: 0, chars: 0 };
  const cpu = process.cpuUsage();
  await live(await beginJournal(store, { id: "r", createdMs: 0 }, { snapshots: "keep" }), "record", turns, events);
  const { user, system } = process.cpuUsage(cpu);
  await store.close();
  return { recordMs: (user + system) / 1000, snapshots: events.taken, snapshotChars: events.chars };
}

async function resume(folder) {
  const cpu = process.cpuUsage();
  const wall = performance.now();
  const store = storeIn(folder);
  const journal = await openJournal(store, "r", { snapshots });
  const { user, system, wallMs } = await live(journal, "resume", 0, { taken: 0, chars: 0 }, () => ({
    ...process.cpuUsage(cpu),
    wallMs: performance.now() - wall,
  }));
  await store.close();
  return { entries: journal.entries.length, cpuMs: (user + system) / 1000, wallMs };
}

/**
 * Until the model is asked for one answer more than there are; then the process is as good as gone.
 *
 * @returns what `atEnd` gives at that moment; the run goes on for a little while
 */
async function live(journal, mode, answers, events, atEnd = () => true) {
  let reached = () => {};
  const over = new Promise((resolve) => {
    reached = () => resolve(atEnd());
  });
  let calls = 0;
  const inner = quickHost(() => {
    calls += 1;
    if (kind === "calls") return textAnswer("nothing special");
    return [
      { type: "response-start" },
      { type: "tool-call-start", id: `c${calls}`, name: "look" },
      { type: "tool-call-end", id: `c${calls}`, input: { what: `thing ${calls}` } },
      { type: "done", stopReason: "tool_use", usage },
    ];
  });
  const never = {
    [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}), return: async () => ({ done: true }) }),
  };
  const host = {
    ...inner,
    perform(effect, args, signal) {
      if (effect === "sleep" && args.ms > 1e6 && args.ms < 1e12) reached();
      return inner.perform(effect, args, signal);
    },
    stream(effect, args, signal) {
      // The last answer never comes.
      if (calls < answers) return inner.stream(effect, args, signal);
      reached();
      return never;
    },
  };
  const onSnapshot = (event) => {
    if (event.type !== "taken") return;
    events.taken += 1;
    events.chars += event.chars;
  };
  const run = startProgram(program, {
    host,
    journal: { mode, journal, snapshots: { onSnapshot } },
    breathe: turn,
  });
  const figures = await Promise.race([over, run.outcome]);
  if ("status" in Object(figures)) throw new Error(figures.failure?.display() ?? figures.status);
  if (mode === "record") run.suspend();
  await journal.flush(true);
  return figures;
}
