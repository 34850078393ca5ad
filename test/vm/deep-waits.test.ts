import { describe, expect, it } from "vitest";
import { printed } from "../support/run-harn.ts";

/** Deeper than the stack of the machine that the machine runs on. */
const DEPTH = 10_000;

describe("long chains of waits are left without using up the stack (found by fuzzing)", () => {
  it("a generator that reads from a generator that reads from a generator", async () => {
    const lines = await printed(`
let bottom = channel("bottom", 1)
let left = atomic(0)
fn down(n) {
  try {
    if n == 0 { send(bottom, "reached")
      sleep(1h) }
    for item in down(n - 1) { yield item }
  } finally { atomic_add(left, 1) }
}
let reading = spawn { for item in down(${DEPTH}) { println(item) } }
println(receive(bottom))
cancel(reading)
while atomic_get(left) < ${DEPTH + 1} { sleep(1ms) }
println("all left")`);
    expect(lines).toEqual(["reached", "all left"]);
  });

  it("a task that waits for a task that waits for a task, asked to stop", async () => {
    const lines = await printed(`
let bottom = channel("bottom", 1)
fn wait_below(n) {
  if n == 0 { send(bottom, "reached")
    sleep(1h) }
  let below = spawn { wait_below(n - 1) }
  await(below)
}
let waiting = spawn { wait_below(${DEPTH}) }
println(receive(bottom))
println(is_err(cancel_graceful(waiting, 1h)))`);
    expect(lines).toEqual(["reached", "true"]);
  });
});

it("what a stopped task waits on is left before the task itself", async () => {
  const lines = await printed(`
let order = channel("order", 2)
fn ticks() { try { sleep(1h)
    yield 1 } finally { send(order, "the generator") } }
let t = spawn {
  try { for item in ticks() { println(item) } } finally { send(order, "the task") }
}
sleep(1ms)
cancel(t)
println(receive(order) + ", " + receive(order))`);
  expect(lines).toEqual(["the generator, the task"]);
});
