// The same as `harn-tasks.mjs` with async functions and one promise each.
import { count } from "./task-count.mjs";

const settle = () => new Promise((resolve) => setImmediate(resolve));
const wakers = [];
async function task(i) {
  await new Promise((resolve) => wakers.push(resolve));
  return i;
}

globalThis.gc();
const heapBefore = process.memoryUsage().heapUsed;
const started = performance.now();
const all = [];
for (let i = 0; i < count; i++) all.push(task(i));
await settle();
const parked = performance.now();
globalThis.gc();
const bytes = (process.memoryUsage().heapUsed - heapBefore) / count;
const waking = performance.now();
for (const wake of wakers) wake();
await Promise.all(all);
const done = performance.now();
console.log(
  JSON.stringify({ bytes, parkUs: ((parked - started) * 1000) / count, wakeUs: ((done - waking) * 1000) / count }),
);
