// What a turn costs once the engine has compiled what there is to compile: `settled.mjs BASE_URL ADAPTER…`, all in this
// one process, taking turns by conversation, so that a machine with other work bends them alike. The last line printed
// has for each adapter the CPU of a turn in a quiet moment (tenth percentile) and its median, microseconds.

import { countToolRuns, cpuUs } from "./process-cost.mjs";

const [baseUrl, ...names] = process.argv.slice(2);
const TURNS = 21;
/** Conversations each: the compiler goes on for some four thousand requests. */
const WARM_UP = 200;
const MEASURED = 80;

const clients = [];
for (const name of names) clients.push(await (await import(`./adapters/${name}.mjs`)).createClient(baseUrl));

const toolRuns = countToolRuns();
const samples = names.map(() => []);
for (let i = 0; i < WARM_UP + MEASURED; i++) {
  for (const [index, client] of clients.entries()) {
    const started = cpuUs();
    const before = toolRuns();
    await client.run({ model: "gpt-turns-20", onText() {} });
    if (toolRuns() - before !== TURNS - 1) throw new Error(`${names[index]}: ${toolRuns() - before} tool runs`);
    if (i >= WARM_UP) samples[index].push((cpuUs() - started) / TURNS);
  }
}
const result = names.map((name, index) => {
  const sorted = samples[index].sort((a, b) => a - b);
  const at = (part) => sorted[Math.floor(sorted.length * part)];
  return [name, { quietUs: at(0.1), cpuUs: at(0.5) }];
});
console.log(JSON.stringify(Object.fromEntries(result)));
process.exit(0);
