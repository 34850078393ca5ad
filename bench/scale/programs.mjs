// The programs of the scale section for Harn and plain JavaScript: `programs.mjs <harn | js> <program>`. One run each in a
// process of its own: what counts is a big thing done once, and what the process grew by meanwhile.
import { loadSource, startProgram } from "../../dist/runtime/index.js";
import { createVirtualHost } from "../../dist/testing/index.js";
import { cpuUs } from "./cpu.mjs";

const items = 10_000_000;
const depth = 10_000;
const rounds = 100;

const harn = {
  tail_calls: `
fn down(n, sum) {
  if n == 0 { return sum }
  return down(n - 1, sum + n)
}
var total = 0
for i in 0 to ${rounds} exclusive { total = total + down(${depth}, 0) }
println(total)`,
  range_sum: `
var sum = 0
for i in 0 to ${items} exclusive { sum = sum + i }
println(sum)`,
  range_filter_take: `
var sum = 0
for i in iter(0 to ${items} exclusive).filter({ i -> i % 3 == 0 }).take(${items / 4}) { sum = sum + i }
println(sum)`,
};

/** JavaScript has no tail calls: as deep as this only by handing the next call back. */
function trampoline(call) {
  let next = call;
  while (typeof next === "function") next = next();
  return next;
}
const down = (n, sum) => (n === 0 ? sum : () => down(n - 1, sum + n));

function* range(end) {
  for (let i = 0; i < end; i++) yield i;
}
function* filter(source, keep) {
  for (const item of source) if (keep(item)) yield item;
}
function* take(source, count) {
  let left = count;
  if (left === 0) return;
  for (const item of source) {
    yield item;
    if (--left === 0) return;
  }
}

const js = {
  tail_calls() {
    let total = 0;
    for (let i = 0; i < rounds; i++) total += trampoline(() => down(depth, 0));
    return total;
  },
  range_sum() {
    let sum = 0;
    for (const i of range(items)) sum += i;
    return sum;
  },
  range_filter_take() {
    let sum = 0;
    for (const i of take(
      filter(range(items), (i) => i % 3 === 0),
      items / 4,
    ))
      sum += i;
    return sum;
  },
};

const [language, program] = process.argv.slice(2);
const prepared = language === "harn" ? loadSource(`${program}.harn`, harn[program]).program : undefined;
const host = createVirtualHost();
globalThis.gc();
const before = process.resourceUsage().maxRSS;
const started = cpuUs();
let result;
if (prepared) {
  const { outcome } = startProgram(prepared, { host });
  const { status, failure } = await host.drive(outcome);
  if (status !== "ok") throw new Error(failure?.display() ?? status);
  result = host.stdout().trim();
} else result = String(js[program]());
const ms = (cpuUs() - started) / 1000;
console.log(JSON.stringify({ result, ms, grownMb: (process.resourceUsage().maxRSS - before) / 1024 }));
