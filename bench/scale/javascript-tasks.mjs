// The same as `harn-tasks.mjs` with async functions and one promise each.
import { cpuUs } from "./cpu.mjs";
import { count } from "./task-count.mjs";

const settle = () => new Promise((resolve) => setImmediate(resolve));
const wakers = [];
async function task(i) {
  await new Promise((resolve) => wakers.push(resolve));
  return i;
}

globalThis.gc();
const heapBefore = process.memoryUsage().heapUsed;
const started = cpuUs();
const all = [];
for (let i = 0; i < count; i++) all.push(task(i));
await settle();
const parkUs = (cpuUs() - started) / count;
globalThis.gc();
const bytes = (process.memoryUsage().heapUsed - heapBefore) / count;
const waking = cpuUs();
for (const wake of wakers) wake();
const results = await Promise.all(all);
const wakeUs = (cpuUs() - waking) / count;
const sum = results.reduce((a, b) => a + b, 0);
if (sum !== (count * (count - 1)) / 2) throw new Error(`Expected the sum, got ${sum}`);
console.log(JSON.stringify({ bytes, parkUs, wakeUs }));
