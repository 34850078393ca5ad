// What recording adds to an effect that the host answers at once, store by store, and what replaying it costs.
// Each sample is CPU of this process; `wall` figures are for effects that wait for the disk.

import { beginJournal, openJournal, recordingHost, replayHost } from "../../dist/journal/index.js";
import { availableStores, inFreshFolder, quickHost, textAnswer, turn } from "./world.mjs";

const kinds = {
  clock: { count: 20_000, run: async (host, n) => void each(n, () => host.sync("clock.monotonic", {})) },
  stat: { count: 5_000, run: (host, n) => eachAsync(n, (i) => host.perform("fs.stat", { path: `/file-${i % 50}` })) },
  delta: { count: 10_000, run: (host) => drain(host.stream("model.stream", { prompt: "p" })) },
  process: {
    count: 200,
    run: (host, n) => eachAsync(n, (i) => host.perform("process.run", { command: "make", args: [`${i}`] })),
  },
};

const deltas = Array.from({ length: kinds.delta.count }, (_, i) => textAnswer(`piece ${i} `)[1]);
const host = quickHost(() => [{ type: "response-start" }, ...deltas, textAnswer("")[2]]);
const stores = await availableStores();
const ways = ["bare", ...Object.keys(stores), "replay"];
const best = {};

for (let round = 0; round < 5; round++) {
  for (const [kind, { count, run }] of Object.entries(kinds)) {
    for (const way of ways) await inFreshFolder((folder) => sample(kind, way, folder, count, run));
  }
}
console.log(JSON.stringify(best));

async function sample(kind, way, folder, count, run) {
  const store = way === "bare" ? undefined : await (stores[way] ?? stores.memory)(folder);
  let subject = host;
  let journal;
  if (store !== undefined) {
    journal = await beginJournal(store, { id: "r", createdMs: 0 });
    subject = recordingHost(host, journal, { turn });
    if (way === "replay") {
      await run(subject, count);
      await journal.finish("completed", 1);
      subject = replayHost(await openJournal(store, "r"), { turn });
    }
  }
  const cpu = process.cpuUsage();
  const wall = performance.now();
  await run(subject, count);
  if (way !== "replay") await journal?.flush(true);
  const { user, system } = process.cpuUsage(cpu);
  const figure = { cpuUs: (user + system) / count, wallUs: ((performance.now() - wall) * 1000) / count };
  await store?.close();
  const known = (best[kind] ??= {})[way];
  best[kind][way] = known === undefined || figure.cpuUs < known.cpuUs ? figure : known;
}

function each(n, work) {
  for (let i = 0; i < n; i++) work(i);
}

async function eachAsync(n, work) {
  for (let i = 0; i < n; i++) await work(i);
}

async function drain(items) {
  for await (const item of items) void item;
}
