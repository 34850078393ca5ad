// Big things: deep tail calls, very many tasks, a very long lazy range. CPU time, since other processes do not count in it.
import { isInstalled, measureIn } from "../child.mjs";
import { formatRatio, formatTable, median } from "../statistics.mjs";
import { count } from "./task-count.mjs";

const node = process.execPath;
const programs = ["tail_calls", "range_sum", "range_filter_take"];

/** By peer: how its programs and its tasks are run. */
const peers = [
  {
    name: "harn",
    command: node,
    programs: ["--expose-gc", "scale/programs.mjs", "harn"],
    tasks: ["scale/harn-tasks.mjs"],
  },
  {
    name: "js",
    command: node,
    programs: ["--expose-gc", "scale/programs.mjs", "js"],
    tasks: ["scale/javascript-tasks.mjs"],
  },
  {
    name: "lua5.4",
    command: "lua5.4",
    probe: "-v",
    programs: ["scale/programs.lua"],
    tasks: ["scale/tasks.lua", `${count}`],
  },
  {
    name: "python3",
    command: "python3",
    probe: "--version",
    programs: ["scale/programs.py"],
    tasks: ["scale/tasks.py", `${count}`],
    without: ["tail_calls"],
  },
];

export async function scale(rounds) {
  const present = [];
  for (const peer of peers) if (!peer.probe || (await isInstalled(peer.command, [peer.probe]))) present.push(peer);
  const samples = new Map();
  const add = (peer, what, figures) => {
    for (const [key, value] of Object.entries(figures)) {
      if (typeof value !== "number") continue;
      const name = `${peer.name} ${what} ${key}`;
      samples.set(name, [...(samples.get(name) ?? []), value]);
    }
  };
  for (let round = 0; round < rounds; round++) {
    for (const program of programs) {
      const results = new Set();
      for (const peer of present) {
        if (peer.without?.includes(program)) continue;
        const { result, ...figures } = await measureIn(peer.command, [...peer.programs, program]);
        results.add(result);
        add(peer, program, figures);
      }
      if (results.size > 1) throw new Error(`The peers disagree about ${program}: ${[...results].join(", ")}`);
    }
    for (const peer of present) {
      const args = peer.command === node ? ["--expose-gc", ...peer.tasks] : peer.tasks;
      add(peer, "tasks", await measureIn(peer.command, args));
    }
    process.stderr.write(`round ${round + 1} of ${rounds}\n`);
  }

  const value = (peer, what, key) => {
    const found = samples.get(`${peer.name} ${what} ${key}`);
    return found && median(found);
  };
  const [harn, ...others] = present;
  const row = (label, what, key, digits) => [
    label,
    value(harn, what, key).toFixed(digits),
    ...others.map((peer) => {
      const other = value(peer, what, key);
      return formatRatio(other === undefined ? undefined : value(harn, what, key) / other);
    }),
  ];
  const rows = [
    row("1,000,000 tail calls, 10,000 deep: CPU ms", "tail_calls", "ms", 0),
    row("10,000,000 ints of a range, summed: CPU ms", "range_sum", "ms", 0),
    row("the same through filter and take: CPU ms", "range_filter_take", "ms", 0),
    row("a parked task: heap bytes", "tasks", "bytes", 0),
    row("starting and parking one: CPU µs", "tasks", "parkUs", 2),
    row("waking and finishing one: CPU µs", "tasks", "wakeUs", 2),
  ];
  console.log(formatTable(["", "harn", ...others.map(({ name }) => `/ ${name}`)], rows));
  const grown = programs.map((program) => `${program} ${value(harn, program, "grownMb").toFixed(0)}`);
  console.log(`\nMB that the process grew by while it ran: ${grown.join(", ")}`);
  return Object.fromEntries([...samples].map(([key, list]) => [key, median(list)]));
}
