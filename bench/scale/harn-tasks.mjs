// A hundred thousand tasks that sleep, on a clock that does not move by itself: what one keeps, starts and wakes for.
import { loadSource, startProgram } from "../../dist/runtime/index.js";
import { createVirtualHost } from "../../dist/testing/index.js";
import { cpuUs } from "./cpu.mjs";
import { count } from "./task-count.mjs";

const source = `
let tasks = (0 to ${count} exclusive).to_list().map({ i ->
  spawn {
    sleep(1h)
    i
  }
})
var sum = 0
for task in tasks { sum = sum + await(task) }
println(sum)
`;
const { program } = loadSource("tasks.harn", source);
const host = createVirtualHost();
globalThis.gc();
const heapBefore = process.memoryUsage().heapUsed;
const started = cpuUs();
const { vm, outcome } = startProgram(program, { host });
while (host.clock.pending === 0) await host.settle();
const parkUs = (cpuUs() - started) / count;
if (vm.liveTasks !== count + 1) throw new Error(`Expected ${count + 1} tasks, got ${vm.liveTasks}`);
globalThis.gc();
const bytes = (process.memoryUsage().heapUsed - heapBefore) / count;
const waking = cpuUs();
await host.drive(outcome);
const wakeUs = (cpuUs() - waking) / count;
if (host.stdout() !== `${(count * (count - 1)) / 2}\n`) throw new Error(`Expected the sum, got ${host.stdout()}`);
console.log(JSON.stringify({ bytes, parkUs, wakeUs }));
