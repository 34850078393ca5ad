/**
 * Random programs that run and use what simple statements do not: tasks, streams, generators, Results, declarations of
 * every kind, pipelines that extend and override. A program is a number of small scenes, each printing what it comes to, in
 * nested frames (a loop, a `try`, a deadline, a task …). They end without help, and print the same each time: time is the
 * host's, and where tasks race the winner is certain.
 */

import type { RandomSource } from "./random-source.ts";

interface Scene {
  /** Declarations at the top of the file. */
  readonly top?: string;
  readonly body: string;
}

type SceneMaker = (id: string, random: RandomSource) => Scene;

const SCENES: readonly SceneMaker[] = [
  // Tasks
  (id, r) => ({
    body: `let a${id} = channel("a${id}", 2)
let b${id} = channel("b${id}", 2)
send(${r.pick(["a", "b"])}${id}, ${r.int(0, 9)})
select {
  x from a${id} { println(["a", x]) }
  y from b${id} { println(["b", y]) }
}
select {
  x from a${id} { println(x) }
  ${r.pick(['timeout 5ms { println("late") }', 'default { println("none") }'])}
}`,
  }),
  (id, r) => ({
    body: `println(parallel_race([30, ${r.int(1, 9)}, 50], { ms -> sleep(ms); ms }))
println(parallel settle [1, 0] { n${id} -> 10 / n${id} }.failed)`,
  }),
  (id, r) => ({
    body: `let done${id} = parallel each [30, ${r.int(1, 9)}, 15] { ms -> sleep(ms); ms } as stream
for ms in done${id} {
  println(ms)
  ${r.pick(["", "break"])}
}`,
  }),
  (id, r) => ({
    body: `let task${id} = spawn {
  try { sleep(1h) } finally { println("cleaned") }
}
sleep(${r.int(1, 5)}ms)
${r.pick(["cancel", "cancel_graceful"])}(task${id})
let other${id} = spawn { sleep(2ms); ${r.int(0, 9)} }
println(await(other${id}))`,
  }),
  (id, r) => ({
    body: `try {
  deadline ${r.int(1, 9)}ms {
    try { sleep(1h) } finally { println("left") }
  }
} catch (e) { println(e) }
defer { println("last ${id}") }`,
  }),
  (id, r) => ({
    body: `let work${id} = channel("w${id}", 1)
let maker${id} = spawn {
  for i in 1 to ${r.int(1, 4)} { send(work${id}, i) }
  close_channel(work${id})
}
for item in work${id} { println(item) }
await(maker${id})`,
  }),
  (id, r) => ({
    body: `let sup${id} = supervisor_start({
  name: "s${id}",
  children: [
    {name: "ends", restart: "never", task: { ctx -> println(ctx.child_name) }},
    {name: "fails", restart: {mode: "on_failure", max_restarts: ${r.int(0, 2)}, backoff_ms: 10}, task: { _ctx -> throw "no" }},
  ],
})
sleep(${r.pick(["1ms", "50ms"])})
println(supervisor_state(sup${id}).status)
${r.pick(["supervisor_stop(sup" + id + ")", ""])}`,
  }),
  (id, r) => ({
    body: `let sum${id} = atomic(0)
parallel each [1, 2, ${r.int(3, 9)}] with { max_concurrent: 2 } { n -> mutex { atomic_add(sum${id}, n) } }
println(atomic_get(sum${id}))`,
  }),
  // Generators and streams
  (id, r) => ({
    top: `fn count${id}(limit) {
  try {
    var i = 0
    while true {
      i += 1
      if i > limit { break }
      yield i
    }
  } finally { println("closed ${id}") }
}`,
    body: `for n in count${id}(${r.int(1, 4)}) {
  println(n)
  ${r.pick(["", "if n == 2 { break }"])}
}
println(count${id}(5).iter().take(2).to_list())`,
  }),
  (id, r) => ({
    top: `gen fn beats${id}(limit: int) -> Stream<int> {
  for i in 0 to limit exclusive {
    sleep(1ms)
    emit i * i
  }
}`,
    body: `println(stream.collect(stream.take(stream.map(beats${id}(${r.int(0, 5)}), { x -> x + 1 }), 2)))
for (at, value) in beats${id}(3).iter().enumerate() { println([at, value]) }`,
  }),
  // Errors and Results
  (id, r) => ({
    top: `fn half${id}(n: int) {
  guard n % 2 == 0 else { return Err("odd") }
  return Ok(n / 2)
}

fn quarter${id}(n: int) {
  let once = half${id}(n)?
  return half${id}(once)
}

fn caught${id}(n: int) {
  let value = try* fails${id}(n)
  return value
}

fn fails${id}(n: int) {
  require n > 0, "too small"
  return n
}`,
    body: `println(quarter${id}(${r.int(1, 8)}))
try { println(caught${id}(${r.int(-1, 1)})) } catch (e) { println(e) }`,
  }),
  (id, r) => {
    const call = r.pick([`risky${id}(n)`, `n |> risky${id}`]);
    const guarded = r.pick([
      `return ${call}`,
      `for _ in 0 to 2 { return ${call} }`,
      `if n >= 0 { return ${call} }`,
      `match n { _ -> { return ${call} } }`,
      `deadline 1h { return ${call} }`,
      `mutex { return ${call} }`,
      `retry 2 { return ${call} }`,
      `try { return ${call} } finally { println("left") }`,
    ]);
    return {
      top: `fn risky${id}(n: int) {
  require n > 4, "low"
  return n
}

fn guarded${id}(n: int) {
  try {
    ${guarded}
  } catch (problem) { return problem }
}`,
      body: `println([guarded${id}(${r.int(0, 4)}), guarded${id}(${r.int(5, 9)})])`,
    };
  },
  (id, r) => ({
    body: `var tries${id} = 0
let got${id} = retry 3 {
  tries${id} = tries${id} + 1
  if tries${id} < ${r.int(1, 3)} { throw "again" }
  tries${id}
}
println(got${id})`,
  }),
  (id, r) => ({
    body: `let r${id} = try {
  throw ${r.pick(['{code: 7, text: "dict"}', '"text"', "nil", "[1, 2]"])}
} catch (e) {
  type_of(e)
} finally {
  println("finally")
}
println(r${id})
for i in [1, 2, 3] {
  try {
    if i == 1 { continue }
    if i == 2 { break }
  } finally { println(["left", i]) }
}`,
  }),
  // Declarations
  (id, r) => ({
    top: `enum Shape${id} {
  Dot
  Line(length: int)
  Box(w: int, h: int)
}

fn area${id}(shape: Shape${id}) -> int {
  match shape {
    Shape${id}.Dot -> { return 0 }
    Shape${id}.Line(length) -> { return length }
    Shape${id}.Box(w, h) -> { return w * h }
  }
}`,
    body: `println(area${id}(${r.pick([`Shape${id}.Dot`, `Shape${id}.Line(3)`, `Shape${id}.Box(2, 4)`])}))
match ${r.int(0, 5)} {
  0 | 1 -> { println("few") }
  n if n > 3 -> { println(["many", n]) }
  _ -> { println("some") }
}`,
  }),
  (id, r) => ({
    top: `struct Pair${id}<T> {
  left: T
  right?: T
}

interface Swaps${id} {
  fn swap(self) -> any
}

impl Pair${id} {
  fn swap(self) {
    return Pair${id} { left: self.right ?? ${r.int(0, 9)}, right: self.left }
  }
}

fn twice${id}<T>(value: T) -> T where T: Swaps${id} {
  return value.swap().swap()
}`,
    body: `let p${id} = Pair${id} { left: ${r.int(0, 9)} }
println([p${id}.swap().left, twice${id}(p${id}).left])`,
  }),
  (id, r) => ({
    top: `/** Adds. */
tool add${id}(a: int, b: int = ${r.int(0, 9)}) -> int {
  description "Adds two numbers"
  return a + b
}

skill triage${id} {
  summary "Sorts"
  when_to_use "Always"
}`,
    body: `println([type_of(add${id}), type_of(triage${id})])`,
  }),
  (id, r) => ({
    top: `@deprecated(since: "1.0", use: "fresh")
@complexity(allow)
pub fn old${id}(...parts) {
  return parts.count()
}

type Named${id} = {name: string, note?: string}`,
    body: `let named${id}: Named${id} = {name: "n"}
println(old${id}(1, ...[${r.int(0, 9)}, 2], named${id}.name))`,
  }),
  // Expressions
  (id, r) => ({
    body: `let xs${id} = [5, 1, ...[4, ${r.int(0, 9)}]]
println([xs${id}[1:3], xs${id}[:-1], xs${id}[-2:], "häuser"[1:${r.int(2, 4)}]])
let d${id} = {...{a: 1}, ["k" + "1"]: xs${id}, "b c": nil}
println([d${id}?.k1?[0], d${id}?.missing?.deeper, d${id}["b c"] ?? "nil"])
println(xs${id} |> _.sort() |> _[0] + ${r.int(0, 9)})
let {a: first${id} = 3, ...rest${id}} = d${id}
println([first${id}, rest${id}.count])`,
  }),
  (id, r) => ({
    top: `fn down${id}(n: int, acc = 0) {
  if n == 0 { return acc }
  return down${id}(n - 1, acc + n)
}`,
    body: `println(down${id}(${r.int(1, 2000)}))
let add${id} = { a, b = ${r.int(0, 9)} -> a + b }
let also${id} = fn(x) { return add${id}(x) }
println([also${id}(1), [1, 2].map(also${id}), (1 to 4 exclusive).to_list(), 3 in (1 to 5)])
var grid${id} = [[1, 2], [3, 4]]
grid${id}[0][1] += ${r.int(0, 9)}
grid${id}[1] = grid${id}[0]
println([grid${id}, 2 ** 3 ** 0, -2 ** 2, 7 not in [1, 7]])`,
  }),
  (id, r) => ({
    body: `if true {
  let inner${id} = r"raw\\d" + """
    lines \${1 + ${r.int(0, 9)}}
    """
  println(inner${id})
}
println([5s > ${r.int(1, 9)}ms, 1.5 * ${r.int(0, 9)}, "\${"a" + "b"}"])`,
  }),
];

const FRAMES: readonly ((body: string, id: string) => string)[] = [
  (body) => body,
  (body) => body,
  (body) => `if true {\n${body}\n}`,
  (body) => `for _turn in [1, 2] {\n${body}\n}`,
  (body) => `try {\n${body}\n} catch (problem) {\nprintln(problem)\n} finally {\nprintln("done")\n}`,
  (body) => `deadline 1h {\n${body}\n}`,
  (body, id) => `let frame${id} = spawn {\n${body}\n}\nawait(frame${id})`,
  (body, id) => `parallel 1 { _at${id} ->\n${body}\n}`,
  (body, id) => `fn frame${id}() {\n${body}\n}\nframe${id}()`,
  (body, id) => `[1].map({ _one${id} ->\n${body}\n})`,
  (body) => `retry 1 {\n${body}\n}`,
];

/** One file with a pipeline `default`, or a script. */
export function constructProgram(random: RandomSource, size: number): string {
  const scenes = random.several(1, Math.max(1, size), (index) => {
    const id = String(index);
    const { top = "", body } = random.pick(SCENES)(id, random);
    const framed = random.pick(FRAMES)(body, id);
    return { top, body: random.chance(30) ? random.pick(FRAMES)(framed, `${id}x`) : framed };
  });
  const tops = scenes.map(({ top }) => top).filter((top) => top !== "");
  const bodies = scenes.map(({ body }) => body);
  const main = random.pick([
    () => bodies,
    () => [`pipeline default() {\n${bodies.join("\n")}\n}`],
    () => [
      `pipeline base() {\nprintln("base")\n}`,
      `pipeline default() extends base {\n${bodies.join("\n")}\n}`,
      ...(random.chance(50) ? [`override base() {\nprintln("instead")\n}`] : []),
    ],
  ])();
  return `${[...tops, ...main].join("\n\n")}\n`;
}
