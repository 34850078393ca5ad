/**
 * Concurrent programs whose course depends on when answers come: each notes what happens on a shared log, so that a
 * difference in order anywhere shows in what it prints. A shell command takes as long as the seed says and fails now and
 * then; a model answers in pieces.
 */

/** Notes go to a channel, and a number follows from their order. */
const NOTES = `
let log = channel("log", 512)
let hash = atomic(7)
fn note(text) {
  atomic_set(hash, (atomic_get(hash) * 31 + len(text)) % 1000003)
  send(log, "\${text}@\${now_ms()}")
}
fn tell() {
  close_channel(log)
  for line in log { println(line) }
  println(atomic_get(hash))
}
`;

const parallel = `${NOTES}
let workers = parallel each [1, 2, 3] { n ->
  let out = shell("job \${n}")
  note(out.stdout)
  sleep(random_int(1, 9))
  note("slept \${n}")
  deadline 20ms {
    try { note(shell("slow \${n}").stdout) } catch (e) { note("late \${n}") }
  }
  random()
}
let racing = parallel each [1, 2, 3, 4] { n -> shell("race \${n}").stdout } as stream
for first in racing {
  note(first)
  if first.contains("3") { break }
}
let settled = parallel settle [1, 2, 3] { n ->
  let out = shell("flaky settle \${n}")
  if !out.success { throw "failed \${n}" }
  n
}
note("\${settled.succeeded} ok")
note(parallel_race([1, 2, 3], { n -> shell("lane \${n}").stdout }))
tell()
println(workers)
`;

const sharing = `${NOTES}
let inbox = mailbox_open({name: "work", capacity: 2})
let left = channel("left", 1)
let right = channel("right", 1)
let producer = spawn {
  for n in 1 to 3 {
    sleep(random_int(1, 6))
    mailbox_send("work", n)
    send(if n % 2 == 0 { left } else { right }, n)
  }
  mailbox_close(inbox)
  close_channel(left)
  close_channel(right)
}
let reader = spawn {
  while true {
    let got = mailbox_receive("work")
    if got == nil { break }
    note("mail \${got}")
    shell("read \${got}")
  }
}
let picker = spawn {
  var quiet = 0
  while quiet < 3 {
    select {
      n from left { note("left \${n}") }
      n from right { note("right \${n}") }
      timeout 7ms {
        quiet = quiet + 1
        note("quiet")
      }
    }
  }
}
parallel 4 { i ->
  let place = sync_semaphore_acquire("places", 2, 1, 25ms)
  if place == nil {
    note("gave up \${i}")
  } else {
    note(shell("placed \${i}").stdout)
    sync_release(place)
  }
  let door = sync_gate_acquire("door", 1)
  sleep(random_int(1, 4))
  sync_release(door)
  let lock = sync_rwlock_acquire("data", if i % 2 == 0 { "write" } else { "read" })
  note("has \${i}")
  sleep(2ms)
  sync_release(lock)
  mutex {
    note("alone \${i}")
    sleep(1ms)
  }
}
await(producer)
await(reader)
await(picker)
note("\${sync_metrics("semaphore", "places").timeout_count} timeouts")
tell()
`;

const endings = `${NOTES}
fn stubborn(name) {
  defer { note("deferred \${name}") }
  try {
    shell("long \${name}")
    note("finished \${name}")
  } finally {
    note(shell("clean \${name}").stdout)
  }
}
let doomed = [1, 2, 3].map({ n -> spawn { stubborn(n) } })
sleep(random_int(3, 20))
cancel(doomed[0])
note("\${cancel_graceful(doomed[1], 30ms)}")
try { note("\${await(doomed[2])}") } catch (e) { note("lost") }
let nested = spawn {
  deadline 30ms {
    try {
      parallel each [1, 2] { n ->
        deadline 15ms { note(shell("inner \${n}").stdout) }
      }
    } catch (e) { note("inner late") }
    sleep(5ms)
    note(shell("outer").stdout)
  }
}
try { await(nested) } catch (e) { note("outer late") }
try {
  retry 3 {
    let out = shell("flaky try")
    note("try \${out.success}")
    if !out.success { throw "again" }
  }
} catch (e) { note("never") }
tell()
`;

const streams = `${NOTES}
gen fn jobs(name, count) {
  for n in 1 to count {
    emit shell("\${name} \${n}").stdout
  }
}
for item in stream.merge(jobs("a", 3), jobs("b", 3), jobs("c", 2)) { note(item) }
for item in stream.race(jobs("d", 2), jobs("e", 2)) { note(item) }
let branches = stream.broadcast(jobs("f", 3), 2)
parallel each branches { branch ->
  for item in branch {
    sleep(random_int(1, 3))
    note(item)
  }
}
for item in stream.take(stream.interleave(jobs("g", 5), jobs("h", 5)), 3) { note(item) }
note("\${stream.collect(stream.debounce(jobs("i", 3), 12)).count()}")
tell()
`;

const supervision = `${NOTES}
fn work(ctx) {
  for n in 1 to 3 {
    let out = shell("flaky \${ctx.child_name} \${n}")
    note("\${ctx.child_name}.\${ctx.attempt}.\${n} \${out.success}")
    if !out.success { throw "down" }
  }
  sleep(1h)
}
let supervisors = ["one_for_one", "one_for_all", "rest_for_one"].map({ strategy ->
  supervisor_start({
    name: strategy,
    strategy: strategy,
    restart: {mode: "on_failure", max_restarts: 2, backoff_ms: 4},
    children: ["x", "y"].map({ child -> {name: "\${strategy}-\${child}", task: work} }),
  })
})
sleep(random_int(40, 90))
for sup in supervisors {
  let state = supervisor_stop(sup, 20ms)
  note("\${state.status} \${supervisor_metrics(sup)}")
  for event in supervisor_events(sup) { note(event.kind) }
}
tell()
`;

const agents = `${NOTES}
llm_budget(0.06)
let options = {provider: "anthropic", model: "claude-sonnet-4-20250514", max_tokens: 200}
fn tools_of(name) {
  let jobs = tool_define(tool_registry(), "job", "Do something", {
    parameters: {what: "string"},
    handler: { args ->
      note("\${name} begins \${args.what}")
      let out = shell("\${name} \${args.what}")
      note(out.stdout)
      out.stdout
    },
  })
  return tool_define(jobs, "ask", "Ask a specialist", {
    parameters: {what: "string"},
    handler: { args ->
      let report = sub_agent_run("Help \${name}", options)
      note("\${name} was told \${report.ok}")
      report.summary
    },
  })
}
@step(name: "review", budget: {max_tokens: 1100})
fn review(name) {
  let first = llm_call("Review \${name}", nil, options).text
  return first + llm_call("Review \${name} again", nil, options).text
}
let helper = spawn_agent({task: "Help from aside", ...options})
let reports = parallel settle ["ann", "bob"] { name ->
  let result = agent_loop("Work as \${name}", "Be brief.", {
    ...options, tools: tools_of(name), tool_format: "native", max_iterations: 5,
  })
  note("\${name} \${result.status}")
  deadline 30ms {
    try { note(review(name)) } catch (e) { note("no review of \${name}") }
  }
  result.visible_text
}
for result in reports.results { note("\${result}") }
note("\${wait_agent(helper).status}")
let answer = llm_stream("Think aloud", nil, options)
for piece in stream.take(answer, 2) { note(piece) }
tell()
println("\${llm_session_cost().call_count} calls")
`;

export const schedulePrograms: ReadonlyMap<string, string> = new Map(
  Object.entries({ parallel, sharing, endings, streams, supervision, agents }),
);
