import { describe, expect, it } from "vitest";
import { caught, printed } from "../../../../test/support/run-harn.ts";
import { decideRestart, readRestartPolicy, restartDelayMs } from "./restart-policy.ts";

const defaults = readRestartPolicy(undefined);

describe("restart policy", () => {
  it.each([
    ["never", true, "leave"],
    ["on_failure", false, "leave"],
    ["on_failure", true, "restart"],
    ["always", false, "restart"],
  ] as const)("%s, failed: %s -> %s", (mode, failed, kind) => {
    expect(decideRestart({ ...defaults, mode }, failed, [], 0, 0).kind).toBe(kind);
  });

  it("counts restarts within the window only", () => {
    const policy = { ...defaults, maxRestarts: 2, windowMs: 100 };
    expect(decideRestart(policy, true, [0, 50], 100, 0)).toEqual({ kind: "suppress", afterMs: undefined });
    expect(decideRestart(policy, true, [0, 50], 101, 0).kind).toBe("restart");
    expect(decideRestart({ ...policy, windowMs: 0 }, true, [0, 50], 1e9, 0).kind).toBe("suppress");
    expect(decideRestart({ ...policy, circuitOpenMs: 7 }, true, [0, 50], 60, 0)).toEqual({
      kind: "suppress",
      afterMs: 7,
    });
  });

  it("backs off exponentially up to the longest delay, with a jitter that stays within its bound", () => {
    const policy = { ...defaults, backoffMs: 10, factor: 3, maxBackoffMs: 50 };
    expect([0, 1, 2, 500].map((restarts) => restartDelayMs(policy, restarts, 0))).toEqual([10, 30, 50, 50]);
    const delays = [0, 1, 2, 3, 4].map((child) => restartDelayMs({ ...policy, jitterMs: 5 }, 0, child));
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(10);
    expect(Math.max(...delays)).toBeLessThanOrEqual(15);
    expect(new Set(delays).size).toBeGreaterThan(1);
  });
});

/** A supervisor of children that note their starts on a channel; `bad` fails so many times, `good` runs until stopped. */
const crew = (
  strategy: string,
  names: readonly string[],
  restart = '{mode: "on_failure", max_restarts: 3}',
): string => `
let starts = channel("starts", 100)
let left = atomic(1)
fn body(ctx) {
  send(starts, "\${ctx.child_name}\${ctx.attempt}")
  if ctx.child_name == "bad" {
    sleep(5ms)
    if atomic_add(left, -1) > 0 {
      throw "boom"
    }
    return "fine"
  }
  sleep(1h)
}
let sup = supervisor_start({
  name: "crew",
  strategy: "${strategy}",
  restart: ${restart},
  children: [${names.map((name) => `{name: "${name}", task: body}`).join(", ")}],
})
sleep(50ms)
var seen = []
while true {
  let next = try_receive(starts)
  if next == nil {
    break
  }
  seen = seen + [next]
}
println(seen.join(" "))
`;

describe("strategies", () => {
  it.each([
    ["one_for_one", "a1 bad1 c1 bad2"],
    ["one_for_all", "a1 bad1 c1 a2 bad2 c2"],
    ["rest_for_one", "a1 bad1 c1 bad2 c2"],
    ["escalate_to_parent", "a1 bad1 c1"],
  ])("%s starts %s", async (strategy, expected) => {
    const state = "println(supervisor_state(sup).children.map({ c -> c.status }))\nsupervisor_stop(sup, 0ms)";
    const [starts, statuses] = await printed(crew(strategy, ["a", "bad", "c"]) + state);
    expect(starts).toBe(expected);
    const running = strategy !== "escalate_to_parent";
    expect(statuses).toBe(running ? "[running, stopped, running]" : "[stopped, stopped, stopped]");
  });

  it("siblings that may not restart stay down when one failure takes all down", async () => {
    const program = `${crew("one_for_all", ["a", "bad"], '"never"')}println(supervisor_state(sup).status)`;
    expect(await printed(program)).toEqual(["a1 bad1", "completed"]);
  });

  it("an escalated failure is the failure of the child that started the supervisor", async () => {
    const program = `
let outer = supervisor_start({
  name: "outer",
  children: [{
    name: "holder",
    restart: {max_restarts: 1},
    task: { _ ->
      supervisor_start({
        name: "inner",
        strategy: "escalate_to_parent",
        children: [{name: "leaf", task: { _ -> throw "leaf broke" }}],
      })
      sleep(1h)
    },
  }],
})
sleep(10ms)
let child = supervisor_state(outer).children[0]
println(child.status)
println(child.last_error)
println(supervisor_metrics(outer))`;
    const [status, error, metrics] = await printed(program);
    expect([status, error]).toEqual(["suppressed", "inner/leaf: leaf broke"]);
    expect(metrics).toBe("{escalated: 0, failed: 2, restarted: 1, started: 2, stopped: 0, suppressed: 1}");
  });
});

describe("stopping", () => {
  const stubborn = (body: string): string => `
let sup = supervisor_start({children: [{name: "c", task: { _ -> ${body} }}]})
sleep(1ms)
let state = supervisor_stop(sup, 20ms)
println(state.status)
println(state.children[0].status)
println(supervisor_events(sup).map({ e -> e.kind }).join(" "))
println(supervisor_events(sup).last().message)`;

  it("waits for children that end in time", async () => {
    const [status, child, kinds, how] = await printed(stubborn("try { sleep(1h) } catch { sleep(5ms) }"));
    expect([status, child, how]).toEqual(["stopped", "stopped", "drained"]);
    expect(kinds).toBe("supervisor_started child_started supervisor_stopping child_stopped supervisor_stopped");
  });

  it("takes the others down", async () => {
    const [status, child, kinds, how] = await printed(stubborn("try { sleep(1h) } catch { sleep(1h) }"));
    expect([status, child, how]).toEqual(["stopped", "stopped", "forced"]);
    expect(kinds).toContain("child_stopped");
  });

  it("a child that waits for its restart is not started any more", async () => {
    const program = `
let starts = atomic(0)
let sup = supervisor_start({children: [{
  restart: {backoff_ms: 50},
  task: { _ ->
    atomic_add(starts, 1)
    throw "no"
  },
}]})
sleep(5ms)
println(supervisor_state(sup).children[0].current_wait_reason)
println(supervisor_stop(sup).status)
sleep(100ms)
println(atomic_get(starts))`;
    expect(await printed(program)).toEqual(["restart_backoff", "stopped", "1"]);
  });

  it("a cancelled stop leaves nothing behind, and the next one works", async () => {
    const program = `
let sup = supervisor_start({children: [{task: { _ -> try { sleep(1h) } catch { sleep(1h) } }}]})
sleep(1ms)
try {
  deadline 5ms { supervisor_stop(sup) }
} catch (e) {
  println(e)
}
println(supervisor_stop(sup, 1ms).status)`;
    expect(await printed(program)).toEqual(["Deadline exceeded", "stopped"]);
  });

  it("the end of the program stops children that always come back", async () => {
    const program = `supervisor_start({children: [{restart: "always", task: { _ -> sleep(1ms) }}]})
sleep(10ms)
println("end")`;
    expect(await printed(program)).toEqual(["end"]);
  });

  it("the end of the child that started a supervisor ends the supervisor, also what waits for its restart", async () => {
    const program = `fn inner() {
  supervisor_start({
    id: "inner",
    children: [{restart: {mode: "always", backoff_ms: 5}, task: { _ -> println("inner") }}],
  })
  sleep(1ms)
}
supervisor_start({children: [{restart: "never", task: { _ -> inner() }}]})
sleep(50ms)
println(supervisor_state("inner").status)`;
    expect(await printed(program)).toEqual(["inner", "stopped"]);
  });
});

describe("bad input", () => {
  it.each([
    ["supervisor_start(1)", "supervisor_start: expected a dict"],
    ["supervisor_start({})", "supervisor_start: children must be a list"],
    ["supervisor_start({children: []})", "supervisor_start: children must include at least one child"],
    ['supervisor_start({children: [{name: "x"}]})', "supervisor_start: child 'x' requires a task closure"],
    [
      'supervisor_start({children: [{task: { _ -> 1 }}], strategy: "all"})',
      "supervisor_start: unknown strategy 'all' (one of one_for_one, one_for_all, rest_for_one, escalate_to_parent)",
    ],
    [
      'supervisor_start({children: [{task: { _ -> 1 }, restart: "sometimes"}]})',
      "supervisor_start: unknown restart mode 'sometimes' (one of never, on_failure, always)",
    ],
    [
      'supervisor_start({children: [{task: { _ -> 1 }, restart: {backoff: "soon"}}]})',
      "supervisor_start: backoff_ms must be a duration or an int of milliseconds, got string",
    ],
    ['supervisor_state("gone")', "supervisor_state: unknown supervisor 'gone'"],
    ["supervisor_stop(nil)", "supervisor_stop: supervisor handle or id is required"],
    [
      'supervisor_start({children: [{name: "a", task: { _ -> 1 }}, {name: "a", task: { _ -> 1 }}]})',
      "supervisor_start: two children are named 'a'",
    ],
  ])("%s", async (expression, message) => {
    expect(await caught(expression)).toContain(message);
  });
});
