// The journal section of `bench/run.mjs`.

import { measureIn } from "../child.mjs";
import { formatMs, formatRatio, formatTable, median } from "../statistics.mjs";

const node = process.execPath;
const us = (value) => (value < 10 ? value.toFixed(2) : value.toFixed(0));

export async function journal(rounds) {
  const sizes = await measureIn(node, ["journal/turns.mjs"]);
  console.log("A conversation of a thousand turns, one tool call each: bytes of journal per turn\n");
  const bytes = [
    ["turns 1 to 10", sizes.first10.toFixed(0), formatRatio(1)],
    ["around turn 100", sizes.at100.toFixed(0), formatRatio(sizes.at100 / sizes.first10)],
    ["around turn 1000", sizes.at1000.toFixed(0), formatRatio(sizes.at1000 / sizes.first10)],
  ];
  console.log(`${formatTable(["", "bytes", "/ first"], bytes)}\n`);

  const { session } = sizes;
  console.log("A session of three hundred questions, an agent for each: bytes of journal per question\n");
  const asked = [
    ["questions 1 to 10", session.first10.toFixed(0), formatRatio(1)],
    ["around question 100", session.at100.toFixed(0), formatRatio(session.at100 / session.first10)],
    ["around question 300", session.at300.toFixed(0), formatRatio(session.at300 / session.first10)],
  ];
  console.log(`${formatTable(["", "bytes", "/ first"], asked)}\n`);

  const samples = [];
  for (let round = 0; round < Math.max(1, Math.ceil(rounds / 2)); round++) {
    samples.push(await measureIn(node, ["journal/effects.mjs"]));
  }
  const kinds = {
    clock: "sync effect (clock)",
    stat: "async effect (fs.stat)",
    delta: "item of a model stream",
    process: "unsafe effect (process.run), wall",
  };
  const ways = Object.keys(samples[0].clock);
  const figure = (kind, way) =>
    median(samples.map((sample) => sample[kind][way][kind === "process" && way !== "replay" ? "wallUs" : "cpuUs"]));
  console.log("Microseconds per effect, CPU unless it says wall; then times the same effect unrecorded\n");
  const rows = Object.entries(kinds).map(([kind, name]) => [
    name,
    us(figure(kind, "bare")),
    ...ways
      .slice(1)
      .map((way) => `${us(figure(kind, way))} (${formatRatio(figure(kind, way) / figure(kind, "bare"))}×)`),
  ]);
  console.log(`${formatTable(["", ...ways], rows)}\n`);

  const growth = await measureIn(node, ["journal/growth.mjs"]);
  console.log(
    "A turn of an agent that keeps everything, by how many came before: CPU microseconds, and times turn 100\n",
  );
  const hows = { bare: "not recorded", recorded: "recorded", snapshots: "recorded, with snapshots" };
  const grown = Object.entries(hows).map(([how, name]) => [
    name,
    ...Object.values(growth[how]).map((figure) => us(figure)),
    formatRatio(growth[how][1000] / growth[how][100]),
    formatRatio(growth[how][10_000] / growth[how][100]),
  ]);
  console.log(`${formatTable(["", "turn 100", "turn 1000", "turn 10000", "1000 / 100", "10000 / 100"], grown)}\n`);

  const call = await measureIn(node, ["journal/calls.mjs"]);
  const { bare, record, replay } = call.cpuUs;
  console.log(`One llm_call: ${call.entries.toFixed(0)} entries, ${call.chars.toFixed(0)} characters\n`);
  const callRows = [
    ["without a journal", us(bare), formatRatio(1)],
    ["recorded", us(record), formatRatio(record / bare)],
    ["played back", us(replay), formatRatio(replay / bare)],
  ];
  console.log(`${formatTable(["", "CPU µs", "/ without"], callRows)}\n`);

  console.log("Going on after so many turns: CPU milliseconds until the program asks for something new\n");
  const resumes = [];
  const programs = {
    calls: "a loop of llm_call",
    compacting: "one agent_loop that compacts",
    agent: "one that keeps everything",
    agents: "four side by side",
  };
  for (const [program, name] of Object.entries(programs)) {
    for (const turns of [10, 100, 1000, 10_000]) {
      // What takes more than five minutes is left out rather than losing the other figures.
      const from = (how) => measureIn(node, ["journal/resume.mjs", String(turns), how, program]).catch(() => undefined);
      // Playing ten thousand turns of agents takes minutes, and tells nothing new.
      const replay = program === "calls" || turns <= 1000 ? await from("replay") : undefined;
      resumes.push({ program, name, turns, snapshot: await from("use"), replay });
    }
  }
  const table = resumes.map(({ program, name, turns, snapshot, replay }) => {
    const base = resumes.find((each) => each.program === program)?.snapshot?.cpuMs;
    return [
      name,
      String(turns),
      formatMs(snapshot?.cpuMs),
      formatRatio(snapshot && snapshot.cpuMs / base),
      formatMs(replay?.cpuMs),
      formatRatio(snapshot && replay && replay.cpuMs / snapshot.cpuMs),
    ];
  });
  console.log(formatTable(["", "turns", "from a snapshot", "/ 10 turns", "by replaying all", "/ snapshot"], table));
  return { sizes, samples, growth, call, resumes };
}
