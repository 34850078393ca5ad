import { describe, expect, it } from "vitest";
import { caught, printed, runHarn, shown } from "../../../test/support/run-harn.ts";

describe("atomics", () => {
  it.each([
    ["atomic_get(atomic(2.9))", "2"],
    ["atomic_get(atomic(true))", "1"],
    ["atomic(1) == atomic(1)", "true"],
    ["atomic_add(atomic(1), 5)", "1"],
    ["atomic_set(atomic(1), 5)", "1"],
    ["atomic_cas(atomic(1), 2, 3)", "false"],
    ["atomic_get(5)", "nil"],
  ])("%s is %s", async (expression, expected) => {
    expect(await shown(expression)).toBe(expected);
  });

  it("wraps like any int", async () => {
    expect(await printed("let n = atomic(9223372036854775807)\natomic_add(n, 1)\nprintln(atomic_get(n))")).toEqual([
      "-9223372036854775808",
    ]);
  });

  it("all tasks see one value", async () => {
    const program = "let n = atomic(0)\nparallel 100 { i -> atomic_add(n, i) }\nprintln(atomic_get(n))";
    expect(await printed(program)).toEqual(["4950"]);
  });
});

describe("permits by name", () => {
  it("first come, first served", async () => {
    const program = `let order = channel("order")
let held = sync_gate_acquire("door", 1)
for name in ["a", "b", "c"] {
  spawn {
    let place = sync_gate_acquire("door", 1)
    send(order, name)
    sync_release(place)
  }
}
sleep(1)
sync_release(held)
println([receive(order), receive(order), receive(order)])
println(sync_metrics("gate", "door").max_queue_depth)`;
    expect(await printed(program)).toEqual(["[a, b, c]", "3"]);
  });

  it("a large request is not overtaken", async () => {
    const program = `let one = sync_semaphore_acquire("s", 2)
let log_ = channel("l")
spawn {
  let both = sync_semaphore_acquire("s", 2, 2)
  send(log_, "both")
  sync_release(both)
}
sleep(1)
println(sync_semaphore_acquire("s", 2, 1, 0))
sync_release(one)
println(receive(log_))`;
    expect(await printed(program)).toEqual(["nil", "both"]);
  });

  it("a timeout gives nil, and the place in the queue to the next", async () => {
    const program = `let held = sync_mutex_acquire("m")
let start = monotonic_ms()
println(sync_mutex_acquire("m", 25ms))
println(monotonic_ms() - start)
println(sync_mutex_acquire("m", {timeout_ms: 5}))
println([sync_metrics("mutex", "m").timeout_count, sync_metrics("mutex", "m").current_queue_depth])`;
    expect(await printed(program)).toEqual(["nil", "25", "nil", "[2, 0]"]);
  });

  it.each([
    ["ends", "nil"],
    ["throws", 'throw "x"'],
    ["is cancelled", "sleep(1h)"],
  ])("a task that %s gives its permits back", async (_name, ending) => {
    const program = `let t = spawn {
  let lock = sync_mutex_acquire("m")
  ${ending}
}
sleep(1)
cancel(t)
sleep(1)
println(sync_mutex_acquire("m", 0) != nil)`;
    expect(await printed(program)).toEqual(["true"]);
  });

  it.each([
    ["a turn of a loop", 'for _ in range(3) {\n  let lock = sync_mutex_acquire("m")\n}'],
    ["a loop with continue", 'for _ in range(3) {\n  let lock = sync_mutex_acquire("m")\n  continue\n}'],
    ["a branch", 'if true {\n  let lock = sync_mutex_acquire("m")\n  println(lock != nil)\n}'],
    ["a function that returns", 'fn f() {\n  let lock = sync_mutex_acquire("m")\n  return 1\n}\nf()'],
    ["a try that throws", 'let r = try {\n  let lock = sync_mutex_acquire("m")\n  throw "x"\n}'],
    ["a callback", '[1, 2].map({ _x -> let lock = sync_mutex_acquire("m")\n  lock == nil })'],
    ["a block that released it itself", 'if true {\n  let lock = sync_mutex_acquire("m")\n  sync_release(lock)\n}'],
  ])("leaving %s gives its permit back", async (_name, program) => {
    const lines = await printed(`${program}\nprintln(sync_mutex_acquire("m", 0) != nil)`);
    expect(lines.at(-1)).toBe("true");
  });

  it.each([
    ["returned", 'fn take() {\n  let lock = sync_mutex_acquire("m")\n  return lock\n}\nlet kept = take()'],
    ["the block's value", 'let kept = if true {\n  let lock = sync_mutex_acquire("m")\n  lock\n} else { nil }'],
    ["stored", 'var kept = []\nif true {\n  let lock = sync_mutex_acquire("m")\n  kept = [lock]\n}'],
    [
      "captured",
      'var kept = nil\nif true {\n  let lock = sync_mutex_acquire("m")\n  kept = { -> sync_release(lock) }\n}',
    ],
  ])("a permit that is %s stays", async (_name, program) => {
    expect(await printed(`${program}\nprintln(sync_mutex_acquire("m", 0))`)).toEqual(["nil"]);
  });

  it("a task that is cancelled while it waits leaves the queue", async () => {
    const program = `let held = sync_mutex_acquire("m")
let t = spawn { sync_mutex_acquire("m") }
sleep(1)
println(unwrap_err(cancel_graceful(t)))
let m = sync_metrics("mutex", "m")
println([m.cancellation_count, m.current_queue_depth])`;
    expect(await printed(program)).toEqual(["kind:cancelled:VM cancelled by host", "[1, 0]"]);
  });

  it("readers share, a writer is alone", async () => {
    const program = `let a = sync_rwlock_acquire("d", "read", 0)
let b = sync_rwlock_acquire("d", "read", 0)
println([a != nil, b != nil, sync_rwlock_acquire("d", "write", 0)])
sync_release(a)
sync_release(b)
println(sync_rwlock_acquire("d", "write", 0) != nil)
println(sync_rwlock_acquire("d", "read", 0))`;
    expect(await printed(program)).toEqual(["[true, true, nil]", "true", "nil"]);
  });

  it("the mutex block and the unnamed mutex are one", async () => {
    const program = `let t = spawn {
  mutex {
    sleep(10)
  }
}
sleep(1)
println(sync_mutex_acquire(nil, 0))
await(t)
println(sync_release(sync_mutex_acquire()))`;
    expect(await printed(program)).toEqual(["nil", "true"]);
  });

  it.each([
    ["sync_release(1)", "Runtime error: sync_release: first argument must be a sync permit"],
    ['sync_semaphore_acquire("s", 0)', "Runtime error: sync_semaphore_acquire: value must be positive"],
    ['sync_semaphore_acquire("s", 1, 2)', "Runtime error: sync semaphore 's' requested 2 permits from capacity 1"],
    ['sync_rwlock_acquire("d", "both")', "Runtime error: sync_rwlock_acquire: mode must be read or write"],
    [
      '[sync_gate_acquire("g", 1), sync_gate_acquire("g", 2)]',
      "Runtime error: sync gate 'g' already exists with capacity 1, not 2",
    ],
  ])("%s fails", async (expression, expected) => {
    expect(await caught(expression)).toBe(expected);
  });

  it("acquiring and releasing for long keeps nothing", async () => {
    const program =
      'for _ in range(20000) {\n  sync_release(sync_mutex_acquire("m"))\n}\nprintln(sync_metrics("mutex", "m").release_count)';
    expect(await printed(program)).toEqual(["20000"]);
  });
});

describe("cells and maps", () => {
  it("compare-and-set sees values that came back", async () => {
    const program = `let c = shared_cell("n", 1)
let seen = shared_snapshot(c)
shared_set(c, 2)
shared_set(c, 1)
println(shared_cas(c, 1, 5))
shared_set(c, 1)
println(shared_cas(c, seen, 5))
println(shared_metrics(c))`;
    expect(await printed(program)).toEqual([
      "true",
      "false",
      "{cas_failure_count: 1, cas_success_count: 1, read_count: 1, stale_read_count: 1, version: 4, write_count: 4}",
    ]);
  });

  it("a cell holds a value, not the variable", async () => {
    const program =
      'var xs = [1]\nlet c = shared_cell("xs", xs)\nxs[0] = 9\nprintln(shared_get(c))\nvar out = shared_get(c)\nout[0] = 8\nprintln(shared_get(c))';
    expect(await printed(program)).toEqual(["[1]", "[1]"]);
  });

  it("maps: entries come, go and are compared", async () => {
    const program = `let m = shared_map({key: "memo", initial: {a: 1}})
println(shared_map_set(m, "a", 2))
println(shared_map_get(m, "b", "none"))
println(shared_map_cas(m, "b", nil, 7))
println(shared_map_cas(m, "a", 2, nil))
println(shared_map_delete(m, "zzz"))
println(shared_map_entries(m))`;
    expect(await printed(program)).toEqual(["1", "none", "true", "true", "nil", "{b: 7}"]);
  });

  it("scopes keep names apart", async () => {
    const program = `shared_set(shared_cell({scope: "task", key: "k", initial: 0}), 1)
println(await(spawn { shared_get(shared_cell({scope: "task", key: "k", initial: 0})) }))
println(await(spawn { shared_get(shared_cell({scope: "process", key: "k", initial: 5})) }))
println(shared_scope_id("root_task"))
println(shared_scope_id("mine"))`;
    expect(await printed(program)).toEqual(["0", "5", "root_task:task_root", "mine:mine"]);
  });

  it.each([
    ["shared_cell()", "Runtime error: shared_cell: key/name is required"],
    [
      'shared_cell({key: "k", scope: "tenant"})',
      "Runtime error: shared_cell: tenant scope requires tenant_id in options or runtime context",
    ],
    ['shared_get(shared_map("m"))', "Runtime error: shared_get: expected shared_cell handle"],
    ["shared_cas(1)", "Runtime error: shared_cas: requires handle, expected, and new value"],
    [
      'shared_cell({key: "k", scope: "durable"})',
      "Runtime error: shared_cell: durable shared state is explicit; use store_* or agent_state_* APIs",
    ],
  ])("%s fails", async (expression, expected) => {
    expect(await caught(expression)).toBe(expected);
  });
});

describe("mailboxes", () => {
  it("are found by name, hold values, and close", async () => {
    const program = `let inbox = mailbox_open({name: "work", capacity: 1})
println(mailbox_send("work", "a"))
let t = spawn { mailbox_send(inbox, "b") }
sleep(1)
println([mailbox_receive("work"), mailbox_receive(inbox)])
println(await(t))
println([mailbox_close(inbox), mailbox_close(inbox), mailbox_send(inbox, 1), mailbox_receive(inbox)])
println(mailbox_metrics("work"))`;
    expect(await printed(program)).toEqual([
      "true",
      "[a, b]",
      "true",
      "[true, false, false, nil]",
      "{capacity: 1, closed: true, depth: 0, failed_send_count: 1, received_count: 2, sent_count: 2}",
    ]);
  });

  it("one that nobody opened answers like a closed one", async () => {
    expect(
      await shown('[mailbox_lookup("x"), mailbox_send("x", 1), mailbox_receive("x"), mailbox_try_receive("x")]'),
    ).toBe("[nil, false, nil, nil]");
  });
});

describe("circuits", () => {
  it("open after failures in a row, half open with time, and open again on a failed try", async () => {
    const program = `circuit_breaker("api", 2, 100)
println([circuit_record_failure("api"), circuit_check("api"), circuit_record_failure("api"), circuit_check("api")])
sleep(100)
println([circuit_check("api"), circuit_record_failure("api"), circuit_check("api")])
sleep(100)
circuit_record_success("api")
println([circuit_check("api"), circuit_record_failure("api")])`;
    expect(await printed(program)).toEqual([
      "[false, closed, true, open]",
      "[half_open, true, open]",
      "[closed, false]",
    ]);
  });

  it("one that nobody made is closed", async () => {
    expect(await shown('[circuit_check("x"), circuit_record_failure("x")]')).toBe("[closed, false]");
  });
});

describe("who is running", () => {
  it("callbacks and generators answer as the task they belong to", async () => {
    const program = `gen fn ids() {\n  emit task_current().task_id\n}
println(stream.collect(ids()))
println([1].map({ _x -> runtime_context().task_id }))
let t = spawn { parallel 1 { _i -> [task_current().parent_task_id, task_current().task_name] } }
println(await(t))`;
    expect(await printed(program)).toEqual(["[task_root]", "[task_root]", "[[task_root:spawn:1, parallel]]"]);
  });

  it("values go down to children and not back", async () => {
    const program = `runtime_context_set("k", [1])
let seen = await(spawn {
  runtime_context_set("k", 2)
  runtime_context_values()
})
println([seen, runtime_context_get("k"), runtime_context_clear("k"), runtime_context_get("k", "gone")])`;
    expect(await printed(program)).toEqual(["[{k: 2}, [1], [1], gone]"]);
  });

  it("nothing is shared by two runs", async () => {
    const program =
      'println([shared_get(shared_cell("n", 0)), circuit_check("c"), runtime_context_values()])\nshared_set("n", 1)\ncircuit_breaker("c", 0)\ncircuit_record_failure("c")\nruntime_context_set("a", 1)';
    const runs = await Promise.all([runHarn(program), runHarn(program)]);
    expect(runs.map(({ output }) => output)).toEqual(["[0, closed, {}]\n", "[0, closed, {}]\n"]);
  });
});
