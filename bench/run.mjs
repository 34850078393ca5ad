// `npm run bench`: every figure of the project, as ratios within one run on one machine.
//
//   npm run bench -- [--only micro,start,scale,effects,journal] [--rounds 5] [--programs fib,nbody] [--json FILE]
//
// Peers that are not installed are left out. Processes of all peers take turns, so that a busy minute of the machine
// hits them alike; read the ratios, not the milliseconds.

import { readdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { cpuMs, here, isInstalled, measureIn } from "./child.mjs";
import { journal as journalReport } from "./journal/report.mjs";
import { scale as scaleReport } from "./scale/report.mjs";
import { early, formatMs, formatRatio, formatTable, geomean, median, steady } from "./statistics.mjs";

/** The programs whose geometric mean is quoted; the others look at one thing each. */
const eleven = [
  "arithmetic_loop",
  "comparison_loop",
  "dict_property_read",
  "function_call_loop",
  "list_iteration",
  "list_map_filter",
  "local_variable_lookup",
  "method_call_dispatch",
  "recursive_countdown",
  "string_interpolation_loop",
  "struct_field_read",
];

const node = process.execPath;
const peers = [
  { name: "harn", command: node, args: ["runners/harn.mjs"], probe: ["--version"] },
  { name: "js", command: node, args: ["runners/javascript.mjs"], probe: ["--version"] },
  { name: "lua5.4", command: "lua5.4", args: ["runners/lua.lua"], probe: ["-v"] },
  { name: "luajit", command: "luajit", args: ["runners/lua.lua"], probe: ["-v"], without: ["lcg64"] },
  { name: "python3", command: "python3", args: ["runners/python.py"], probe: ["--version"] },
];

const sections = { micro, start, scale: () => scaleReport(rounds), effects, journal: () => journalReport(rounds) };
const options = readOptions();
const rounds = Number(options.rounds);
/** What could not be measured, by peer and program; told at the end, and the exit code says so. */
const failures = new Map();
const report = { node: process.version, cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length, load: loadavg()[0] };

console.log(`Node ${report.node}, ${report.cores} × ${report.cpu}, load ${report.load.toFixed(1)}`);
if (report.load > report.cores / 2) console.log("The machine is busy: expect noise, and trust only large differences");
for (const name of options.only.split(",")) {
  console.log(`\n== ${name} ==\n`);
  report[name] = await sections[name]();
}
for (const [name, message] of failures) console.log(`Not measured: ${name}: ${message}`);
if (failures.size > 0) process.exitCode = 1;
if (options.json) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);

/** What the command line asks for; ends the process with 2 when it is not understood. */
function readOptions() {
  const names = Object.keys(sections).join(",");
  try {
    const { values } = parseArgs({
      options: {
        only: { type: "string", default: names },
        rounds: { type: "string", default: "5" },
        programs: { type: "string" },
        json: { type: "string" },
      },
    });
    const unknown = values.only.split(",").find((name) => sections[name] === undefined);
    if (unknown !== undefined) throw new Error(`Expected sections among ${names}, found ${unknown}`);
    if (!/^[1-9]\d*$/.test(values.rounds)) throw new Error(`Expected a number of rounds, found ${values.rounds}`);
    return values;
  } catch (error) {
    console.error(
      `${error.message}\nUsage: npm run bench -- [--only ${names}] [--rounds 5] [--programs fib,nbody] [--json FILE]`,
    );
    return process.exit(2);
  }
}

/** Programs by name: milliseconds, and how many times faster or slower than each peer. */
async function micro() {
  const all = readdirSync(`${here}/programs`)
    .filter((file) => file.endsWith(".harn"))
    .map((file) => file.slice(0, -".harn".length));
  const wanted = options.programs?.split(",") ?? all;
  const programs = [...eleven, ...all.filter((name) => !eleven.includes(name))].filter((name) => wanted.includes(name));
  const present = [];
  for (const peer of peers) if (await isInstalled(peer.command, peer.probe)) present.push(peer);

  const samples = new Map();
  for (let round = 0; round < rounds; round++) {
    for (const program of programs) {
      const results = new Set();
      for (const peer of present) {
        if (peer.without?.includes(program)) continue;
        const measured = await measureIn(peer.command, [...peer.args, program]).catch((error) => {
          failures.set(`${peer.name} ${program}`, error.message.split("\n", 3).join(" "));
        });
        if (measured === undefined) continue;
        const { result, times } = measured;
        results.add(result);
        const key = `${peer.name} ${program}`;
        const sample = samples.get(key) ?? { steady: [], early: [], first: [] };
        sample.steady.push(steady(times));
        sample.early.push(early(times));
        sample.first.push(times[0]);
        samples.set(key, sample);
      }
      if (results.size > 1) throw new Error(`The peers disagree about ${program}: ${[...results].join(", ")}`);
    }
    process.stderr.write(`round ${round + 1} of ${rounds}\n`);
  }

  const figures = {};
  for (const measure of ["steady", "early", "first"]) {
    const value = (peer, program) => {
      const sample = samples.get(`${peer} ${program}`);
      return sample && median(sample[measure]);
    };
    const others = present.filter((peer) => peer.name !== "harn").map((peer) => peer.name);
    const ratio = (peer, program) => {
      const other = value(peer, program);
      const own = value("harn", program);
      return other === undefined || own === undefined ? undefined : own / other;
    };
    const rows = programs.map((program) => [
      program,
      formatMs(value("harn", program)),
      ...others.map((peer) => formatRatio(ratio(peer, program))),
    ]);
    const counted = programs.filter((program) => eleven.includes(program));
    const means = Object.fromEntries(
      others.map((peer) => [peer, geomean(counted.map((p) => ratio(peer, p)).filter((each) => each !== undefined))]),
    );
    if (counted.length > 1)
      rows.push([`geomean of ${counted.length}`, "", ...others.map((peer) => formatRatio(means[peer]))]);
    const what = { steady: "Steady", early: "Mean of the first 20 runs", first: "First run" }[measure];
    console.log(`${what}: milliseconds, then harn's time over the peer's (below 1: harn is faster)\n`);
    console.log(`${formatTable(["program", "harn ms", ...others.map((peer) => `/ ${peer}`)], rows)}\n`);
    figures[measure] = {
      geomeanOverPeer: means,
      programs: Object.fromEntries(
        programs.map((program) => [
          program,
          Object.fromEntries(present.map((peer) => [peer.name, value(peer.name, program)])),
        ]),
      ),
    };
  }
  return figures;
}

/** CPU of a whole process that prints one line, over a Node process that does nothing. */
async function start() {
  const commands = {
    "node -e 0": `"${node}" -e 0`,
    "harn run hello.harn": `"${node}" ../dist/bin/harn.cjs run hello.harn`,
    "harn --version": `"${node}" ../dist/bin/harn.cjs --version`,
  };
  const times = {};
  for (let round = 0; round < rounds; round++) {
    for (const [name, command] of Object.entries(commands)) {
      times[name] = Math.min(times[name] ?? Number.POSITIVE_INFINITY, await cpuMs(command, 4));
    }
  }
  const bare = times["node -e 0"];
  const rows = Object.entries(times).map(([name, ms]) => [name, formatMs(ms), formatRatio(ms / bare)]);
  console.log(formatTable(["command", "CPU ms", "/ bare node"], rows));
  return times;
}

/** A hundred thousand effects that the host answers at once. */
async function effects() {
  const samples = [];
  for (let round = 0; round < rounds; round++) samples.push(await measureIn(node, ["runners/harn-effects.mjs"]));
  const figure = (key) => median(samples.map((sample) => sample[key]));
  const bare = figure("bareAwaitNs");
  const rows = [
    ["await of a settled promise (JavaScript)", bare.toFixed(0), "1.00"],
    ["asynchronous effect", figure("asyncNs").toFixed(0), formatRatio(figure("asyncNs") / bare)],
    ["synchronous effect", figure("syncNs").toFixed(0), formatRatio(figure("syncNs") / bare)],
  ];
  console.log(formatTable(["100,000 round trips", "ns each", "/ bare await"], rows));
  return samples;
}
