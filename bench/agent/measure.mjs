// One measurement in this process: `measure.mjs ADAPTER SCENARIO BASE_URL`. The last line printed is the result.

import { countToolRuns, cpuUs } from "./process-cost.mjs";

const [adapterName, scenario, baseUrl] = process.argv.slice(2);
const adapter = await import(`./adapters/${adapterName}.mjs`);
const client = await adapter.createClient(baseUrl);

const toolRuns = countToolRuns();

/** Runs a conversation and checks that it was one: every tool call ran, all text arrived. */
async function converse(model, expected, onText = () => {}) {
  let text = 0;
  const before = toolRuns();
  const kept = await client.run({
    model,
    onText(delta) {
      text += delta.length;
      onText();
    },
  });
  if (expected.toolRuns !== undefined && toolRuns() - before !== expected.toolRuns) {
    throw new Error(`Expected ${expected.toolRuns} tool runs, got ${toolRuns() - before}`);
  }
  if (text !== expected.text) {
    throw new Error(`Expected ${expected.text} characters of text, got ${text}`);
  }
  return kept;
}

/** Medians, so that a moment in which the machine did something else does not count. */
function middle(samples) {
  const of = (key) => samples.map((sample) => sample[key]).sort((a, b) => a - b)[Math.floor(samples.length / 2)];
  return { cpuUs: of("cpu"), wallUs: of("wall") };
}

const done = "All done.".length;
const hello = "Hello from the server.".length;

const scenarios = {
  /** CPU of one request of a conversation with twenty tool turns. */
  async turns() {
    const conversation = () => converse("gpt-turns-20", { toolRuns: 20, text: done });
    for (let i = 0; i < 5; i++) await conversation();
    const samples = [];
    for (let i = 0; i < 15; i++) {
      const cpu = cpuUs();
      const started = performance.now();
      await conversation();
      samples.push({ cpu: (cpuUs() - cpu) / 21, wall: ((performance.now() - started) * 1000) / 21 });
    }
    return middle(samples);
  },

  /** From asking to the first piece of text, for one request at a time. */
  async first() {
    const samples = [];
    for (let i = 0; i < 150; i++) {
      const started = performance.now();
      const cpu = cpuUs();
      let first;
      await converse("gpt-hello", { toolRuns: 0, text: hello }, () => {
        first ??= { cpu: cpuUs() - cpu, wall: (performance.now() - started) * 1000 };
      });
      if (i >= 50) samples.push(first);
    }
    return middle(samples);
  },

  /** CPU per piece of text of one long answer. */
  async deltas() {
    const answer = (count) => converse(`gpt-deltas-${count}`, { toolRuns: 0, text: count * 5 });
    for (let i = 0; i < 3; i++) await answer(5_000);
    const cpu = cpuUs();
    const started = performance.now();
    await answer(50_000);
    return { cpuUs: (cpuUs() - cpu) / 50_000, perSecond: 50_000_000 / (performance.now() - started) };
  },

  /** Two hundred conversations of three tool turns at once: requests per second, and per second of CPU. */
  async crowd() {
    for (let i = 0; i < 10; i++) await converse("gpt-turns-3", { toolRuns: 3, text: done });
    const agents = 200;
    const cpu = cpuUs();
    const started = performance.now();
    const before = toolRuns();
    await Promise.all(Array.from({ length: agents }, () => converse("gpt-turns-3", { text: done })));
    if (toolRuns() - before !== agents * 3)
      throw new Error(`Expected ${agents * 3} tool runs, got ${toolRuns() - before}`);
    const turns = agents * 4;
    const seconds = (performance.now() - started) / 1000;
    return {
      perSecond: turns / seconds,
      perCpuSecond: turns / ((cpuUs() - cpu) / 1e6),
      peakRssMb: process.resourceUsage().maxRSS / 1024,
    };
  },

  /**
   * Heap that a conversation keeps which has had three tool turns and may be continued: what becomes free when such
   * conversations are forgotten. (What is added when they are made would be compiled code as well.)
   */
  async heap() {
    const used = async () => {
      for (let i = 0; i < 4; i++) {
        globalThis.gc();
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      return process.memoryUsage().heapUsed;
    };
    // Forgetting is code too: it is compiled before anything is counted.
    for (let i = 0; i < 20; i++) await client.forget?.(await converse("gpt-turns-3", { toolRuns: 3, text: done }));
    let sessions = [];
    // Many, since what else the process does in the meantime is counted as well.
    for (let i = 0; i < (client.keeps ?? 500); i++)
      sessions.push(await converse("gpt-turns-3", { toolRuns: 3, text: done }));
    const count = sessions.length;
    const before = await used();
    for (const session of sessions) await client.forget?.(session);
    sessions = [];
    return { kb: (before - (await used())) / count / 1024 };
  },

  /** Nothing: the process is as far as it gets before its first request. */
  async start() {
    return { cpuMs: cpuUs() / 1000, wallMs: performance.now() };
  },
};

const result = await scenarios[scenario]();
console.log(JSON.stringify(result));
// Clients keep connections, timers and workers; nothing of them is wanted any more.
process.exit(0);
