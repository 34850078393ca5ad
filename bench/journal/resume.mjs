// A program that has made so many model calls is stopped and goes on: time until it asks the world for something new.
//   node resume.mjs TURNS use|replay

import { openJournalFolder } from "../../dist/cli/journal/journal-folder.js";
import { beginJournal, createJsonlStore, openJournal } from "../../dist/journal/index.js";
import { loadSource, startProgram } from "../../dist/runtime/index.js";
import { inFreshFolder, quickHost, textAnswer, turn } from "./world.mjs";

const turns = Number(process.argv[2]);
const snapshots = process.argv[3] === "use" ? "use" : "keep";
const source = `
var total = 0
for i in 1 to ${turns} {
  let answer = llm_call("What is number \${i}?", "Be brief.", {provider: "anthropic", model: "claude-sonnet-4-20250514", max_tokens: 20})
  total = total + len(answer.text)
}
println(total)
sleep(3000000)
`;
const { program } = loadSource("resume.harn", source);

const figures = await inFreshFolder(async (folder) => {
  const store = () => createJsonlStore(openJournalFolder(folder), { fsync: "never" });
  const first = store();
  await live(await beginJournal(first, { id: "r", createdMs: 0 }, { snapshots: "keep" }), "record");
  await first.close();
  const cpu = process.cpuUsage();
  const wall = performance.now();
  const second = store();
  const journal = await openJournal(second, "r", { snapshots });
  await live(journal, "resume");
  const { user, system } = process.cpuUsage(cpu);
  await second.close();
  return { turns, entries: journal.entries.length, cpuMs: (user + system) / 1000, wallMs: performance.now() - wall };
});
console.log(JSON.stringify(figures));
process.exit();

/** Until the program sleeps for good; then its process is as good as gone. */
async function live(journal, mode) {
  const inner = quickHost(() => textAnswer("nothing special"));
  let asleep = () => {};
  const sleeping = new Promise((resolve) => {
    asleep = resolve;
  });
  const host = {
    ...inner,
    perform(kind, args, signal) {
      if (kind === "sleep" && args.ms > 1e6 && args.ms < 1e12) asleep();
      return inner.perform(kind, args, signal);
    },
  };
  const run = startProgram(program, { host, journal: { mode, journal }, breathe: turn });
  const outcome = await Promise.race([sleeping, run.outcome]);
  if (outcome !== undefined) throw new Error(outcome.failure?.display() ?? outcome.status);
  await journal.flush(true);
}
