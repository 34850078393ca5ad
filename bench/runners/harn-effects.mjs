// A hundred thousand round trips to the host: asynchronous ones that are answered at once, and synchronous ones.
import { loadSource } from "../../dist/runtime/index.js";
import { internalNatives, standardBuiltins, standardGlobals, standardMethods } from "../../dist/stdlib/index.js";
import { createVirtualHost } from "../../dist/testing/index.js";
import { Vm } from "../../dist/vm/index.js";

const count = 100_000;
const probes = [
  { kind: "async", name: "probe_async", impl: (_, { host }) => host.perform("fs.stat", { path: "/" }).then(() => 1) },
  { kind: "pure", name: "probe_sync", impl: (_, { host }) => host.sync("clock.monotonic", {}) },
  { kind: "pure", name: "probe_nothing", impl: () => 1 },
];
const host = createVirtualHost();

const programs = Object.fromEntries(
  probes.map(({ name }) => {
    const text = `fn run() {\n  var i = 0\n  while i < ${count} {\n    ${name}()\n    i = i + 1\n  }\n}\nrun()\n`;
    return [name, loadSource("effects.harn", text).program];
  }),
);

async function runProbe(name) {
  const vm = new Vm({
    host,
    natives: [...internalNatives, ...standardBuiltins.map(({ native }) => native), ...probes],
    methods: standardMethods,
    globals: standardGlobals,
  });
  vm.load(programs[name].modules);
  const { status, failure } = await vm.run(programs[name].entry);
  if (status !== "ok") throw new Error(failure?.display() ?? status);
}

async function runBare() {
  for (let i = 0; i < count; i++) await Promise.resolve(1);
}

// In turns, so that compilers and the machine treat all alike; the best of each is what the work costs.
const best = {};
const subjects = { bare: runBare, ...Object.fromEntries(probes.map(({ name }) => [name, () => runProbe(name)])) };
for (let round = 0; round < 12; round++) {
  for (const [name, run] of Object.entries(subjects)) {
    const started = performance.now();
    await run();
    const ns = ((performance.now() - started) * 1e6) / count;
    best[name] = Math.min(best[name] ?? Number.POSITIVE_INFINITY, ns);
  }
}
const loop = best.probe_nothing;
const asyncNs = Math.max(0, best.probe_async - loop);
const syncNs = Math.max(0, best.probe_sync - loop);
console.log(JSON.stringify({ bareAwaitNs: best.bare, asyncNs, syncNs }));
