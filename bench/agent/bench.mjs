// The agent loop beside its peers: `node bench.mjs [--rounds 3] [--adapters raw-fetch,ours] [--scenarios turns,first]
// [--json FILE]`. A fresh process for every measurement; adapters take turns; figures are medians of the rounds, shown
// with their ratio to bare `fetch` in the same run.

import { spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { runText } from "../child.mjs";
import { formatRatio, formatTable, median } from "../statistics.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const base = "raw-fetch";

/** Every client, and the package that it needs. */
const adapters = {
  "raw-fetch": undefined,
  "raw-http": undefined,
  pi: "@mariozechner/pi-agent-core",
  "ai-sdk": "ai",
  "openai-agents": "@openai/agents",
  langgraph: "@langchain/langgraph",
  mastra: "@mastra/core",
  ours: undefined,
  "ours-pipeline": undefined,
  "ours-harn": undefined,
};

const short = (value) => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);

/** What is shown of each scenario. */
const rows = [
  { scenario: "turns", key: "cpuUs", title: "CPU per turn, µs (20 tool turns)" },
  { scenario: "turns", key: "wallUs", title: "time per turn, µs" },
  { scenario: "settled", key: "quietUs", title: "settled: CPU per turn in a quiet moment, µs" },
  { scenario: "settled", key: "cpuUs", title: "settled: CPU per turn, median, µs" },
  { scenario: "first", key: "cpuUs", title: "CPU to the first delta, µs" },
  { scenario: "first", key: "wallUs", title: "time to the first delta, µs" },
  { scenario: "deltas", key: "cpuUs", title: "CPU per text delta, µs (50,000)" },
  { scenario: "crowd", key: "perSecond", title: "200 agents: turns per second (more is better)" },
  { scenario: "crowd", key: "perCpuSecond", title: "200 agents: turns per second of CPU (more is better)" },
  { scenario: "crowd", key: "peakRssMb", title: "200 agents: peak memory, MB" },
  { scenario: "heap", key: "kb", title: "heap per idle session, KB" },
  { scenario: "start", key: "cpuMs", title: "CPU to a ready client, ms" },
  { scenario: "start", key: "wallMs", title: "time to a ready client, ms" },
];

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    adapters: { type: "string", default: Object.keys(adapters).join(",") },
    scenarios: { type: "string", default: [...new Set(rows.map((row) => row.scenario))].join(",") },
    json: { type: "string" },
  },
});
const rounds = Number(options.rounds);
const scenarios = options.scenarios.split(",");
const chosen = options.adapters.split(",").filter((name) => {
  if (!Object.hasOwn(adapters, name))
    throw new Error(`Expected one of ${Object.keys(adapters).join(", ")}, got ${name}`);
  const needs = adapters[name];
  const isPresent = needs === undefined || existsSync(`${here}node_modules/${needs}/package.json`);
  if (!isPresent) console.log(`Skipped ${name}: ${needs} is not installed (npm ci in bench/agent)`);
  return isPresent;
});

const server = spawn(process.execPath, ["server.mjs"], { cwd: here, stdio: ["pipe", "pipe", "inherit"] });
const port = await new Promise((resolve, reject) => {
  server.stdout.once("data", (text) => resolve(Number(text)));
  server.once("exit", () => reject(new Error("The server did not start")));
});
const baseUrl = `http://127.0.0.1:${port}/v1`;

const loads = [loadavg()[0]];
/** adapter → scenario → one result per round */
const samples = new Map(chosen.map((name) => [name, new Map(scenarios.map((scenario) => [scenario, []]))]));
const failures = [];
for (let round = 0; round < rounds; round++) {
  for (const scenario of scenarios) {
    if (scenario === "settled") {
      await measureSettled();
      continue;
    }
    for (const name of chosen) {
      const args = ["--expose-gc", "--no-warnings", `${here}measure.mjs`, name, scenario, baseUrl];
      try {
        const output = await runText(process.execPath, args);
        samples
          .get(name)
          .get(scenario)
          .push(JSON.parse(output.trim().split("\n").at(-1)));
      } catch (error) {
        failures.push(`${name} ${scenario}: ${error.message.split("\n").slice(0, 6).join(" ")}`);
      }
      loads.push(loadavg()[0]);
    }
  }
  process.stderr.write(`round ${round + 1} of ${rounds}\n`);
}
server.stdin.end();

/** One process for those that are compared: others would compile and collect on their account. */
async function measureSettled() {
  const names = chosen.filter((name) => name === base || name.startsWith("ours"));
  try {
    const output = await runText(process.execPath, ["--no-warnings", `${here}settled.mjs`, baseUrl, ...names]);
    for (const [name, sample] of Object.entries(JSON.parse(output.trim().split("\n").at(-1)))) {
      samples.get(name).get("settled").push(sample);
    }
  } catch (error) {
    failures.push(`settled: ${error.message.split("\n").slice(0, 6).join(" ")}`);
  }
  loads.push(loadavg()[0]);
}

const medianOf = (name, { scenario, key }) => {
  const all = samples.get(name)?.get(scenario) ?? [];
  return all.length === 0 ? undefined : median(all.map((sample) => sample[key]));
};
const cell = (name, row) => {
  const value = medianOf(name, row);
  const reference = medianOf(base, row);
  if (value === undefined) return "-";
  return reference === undefined || name === base ? short(value) : formatRatio(value / reference);
};
const shown = rows.filter((row) => scenarios.includes(row.scenario));
const cores = cpus();
const load = `${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}`;
console.log(
  `Node ${process.version}, ${cores.length} × ${cores[0]?.model ?? "unknown"}, load average ${load}, ${rounds} rounds`,
);
if (Math.max(...loads) > cores.length) console.log("The machine is busy: times wobble, CPU less so");
console.log(`${base}: medians; the others: ratio to ${base}\n`);
console.log(
  formatTable(
    ["", ...chosen],
    shown.map((row) => [row.title, ...chosen.map((name) => cell(name, row))]),
  ),
);
for (const [bare, what] of [
  ["ours-pipeline", "the same loop and pipeline from TypeScript"],
  ["ours", "our bare TypeScript loop"],
]) {
  for (const [scenario, when] of [
    ["turns", "after a hundred requests"],
    ["settled", "settled"],
  ]) {
    const key = scenario === "settled" ? "quietUs" : "cpuUs";
    const [below, program] = [bare, "ours-harn"].map((name) => medianOf(name, { scenario, key }));
    if (below === undefined || program === undefined) continue;
    console.log(`A Harn program over ${what}, CPU per turn ${when}: ${formatRatio(program / below)}`);
  }
}
for (const failure of failures) console.log(`Not measured: ${failure}`);
if (failures.length > 0) process.exitCode = 1;
if (options.json) {
  const results = Object.fromEntries([...samples].map(([name, all]) => [name, Object.fromEntries(all)]));
  const report = { node: process.version, cpu: cores[0]?.model, cores: cores.length, loads, rounds, results };
  writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
}
