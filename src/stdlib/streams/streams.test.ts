import { describe, expect, it } from "vitest";
import { caught, printed, runHarn, shown } from "../../../test/support/run-harn.ts";

/** A stream that brings its items `gapMs` apart. */
const TICKS = "gen fn ticks(items, gap) {\n  for x in items {\n    sleep(gap)\n    emit x\n  }\n}\n";

describe("lazy operators", () => {
  it.each([
    ["stream.collect(stream.map([1, 2], { x -> x * 2 }))", "[2, 4]"],
    ["stream.collect(stream.filter(1 to 4, { x -> x % 2 == 0 }))", "[2, 4]"],
    ["stream.collect(stream.scan([1, 2, 3], 10, { acc, x -> acc + x }))", "[11, 13, 16]"],
    ["stream.collect(stream.take([1, 2, 3], 0))", "[]"],
    ["stream.collect(stream.take_until([1, 2, 3], { x -> x == 2 }))", "[1]"],
    ["stream.collect(stream.zip([1, 2], [3]))", "[(1, 3)]"],
    ['stream.fold([1, 2], "", { acc, x -> acc + to_string(x) })', "12"],
    ["stream.first([])", "nil"],
    ["stream.collect(stream.map(stream.take(range(1000000000), 2), { x -> x }))", "[0, 1]"],
    ["stream.collect(stream.interleave([1, 2, 3], [10]))", "[1, 10, 2, 3]"],
    ["stream.collect(stream.merge([1, 3, 5], [2]))", "[1, 2, 3, 5]"],
    ["stream.collect(stream.race([], [9, 10], [11]))", "[9, 10]"],
    ["stream.collect(stream.race([], []))", "[]"],
    ["stream.collect(stream.debounce([1, 2, 3], 50))", "[3]"],
  ])("%s is %s", async (expression, expected) => {
    expect(await shown(expression)).toBe(expected);
  });

  it.each([
    ["stream.map([1])", "Type error: stream.map: missing argument 2"],
    ["stream.map([1], 2)", "Type error: stream.map: argument 2 must be callable, got int"],
    ["stream.take([1], -1)", "Type error: stream.take: argument 2 must be a non-negative int, got int"],
    ["stream.broadcast([1], 0)", "Type error: stream.broadcast: argument 2 must be a positive int, got int"],
    ["stream.throttle([1], 0)", "Type error: stream.throttle: argument 2 must be a positive finite number"],
    ["stream.merge()", "Type error: stream.merge: expected at least one stream"],
    ["stream.interleave([1])", "Type error: stream.interleave: expected at least two streams"],
    ["stream.zip([1])", "Type error: stream.zip: expected 2 streams, got 1"],
    ["stream.collect([1, 2, 3], {max: 2})", "Runtime error: stream.collect: max cap 2 exceeded"],
    [
      'stream.collect([1], "x")',
      "Type error: stream.collect: second argument must be max int or options dict, got string",
    ],
    ["stream.collect(5)", "Type error: iter: value of type int is not iterable"],
    ['stream.collect(stream.map([1, 2], { x -> throw "boom" }))', "boom"],
  ])("%s fails", async (expression, expected) => {
    expect(await caught(expression)).toBe(expected);
  });

  it("first leaves the rest where it is", async () => {
    expect(await printed("let it = iter([1, 2, 3])\nprintln(stream.first(it))\nprintln(it.to_list())")).toEqual([
      "1",
      "[2, 3]",
    ]);
  });
});

describe("streams side by side", () => {
  it("merge takes items as they come, whatever the others wait for", async () => {
    const program = `${TICKS}let slow = ticks([1, 2], 50)\nlet fast = ticks([10, 20, 30], 20)\nprintln(stream.collect(stream.merge(slow, fast)))`;
    // 20, 40, 50, 60, 100
    expect(await printed(program)).toEqual(["[10, 20, 1, 30, 2]"]);
  });

  it("a channel that nobody sends to does not hold up the others", async () => {
    const { output, error, liveTasks } = await runHarn(
      'let quiet = channel("q")\nlet busy = channel("b")\nsend(busy, 1)\nlet it = stream.merge(quiet, busy)\nprintln(stream.first(it))\nsend(quiet, 2)\nprintln(receive(quiet))',
    );
    // What is sent after the pull is nobody's yet.
    expect({ output, error, liveTasks }).toEqual({ output: "1\n2\n", error: undefined, liveTasks: 0 });
  });

  it("merge over channels ends when all are closed", async () => {
    const program =
      'let a = channel("a")\nlet b = channel("b")\nspawn {\n  send(a, 1)\n  sleep(5)\n  send(b, 2)\n  close_channel(a)\n  close_channel(b)\n}\nprintln(stream.collect(stream.merge(a, b)))';
    expect(await printed(program)).toEqual(["[1, 2]"]);
  });

  it("race keeps the first and takes nothing from the others", async () => {
    const program = `${TICKS}let slow = channel("s")
send(slow, "kept")
let winner = stream.race(ticks(["a", "b"], 1), ticks(["x"], 9))
println(stream.collect(winner))
println(stream.first(stream.race(channel("never"), slow)))`;
    expect(await printed(program)).toEqual(["[a, b]", "kept"]);
  });

  it("an error of one ends the whole and stops the others", async () => {
    const { output, liveTasks } = await runHarn(
      `${TICKS}gen fn bad() {\n  sleep(30)\n  throw "broken"\n}\nlet r = try { stream.collect(stream.merge(ticks([1, 2, 3, 4], 20), bad())) }\nprintln(r)`,
    );
    expect([output, liveTasks]).toEqual(["Result.Err(broken)\n", 0]);
  });

  it("a deadline reaches through a merge", async () => {
    const program = `${TICKS}let r = try {\n  deadline 10ms {\n    stream.collect(stream.merge(ticks([1], 500), channel("q")))\n  }\n}\nprintln(r)`;
    expect(await printed(program)).toEqual(["Result.Err(Deadline exceeded)"]);
  });

  it("branches of a broadcast go at their own pace, in several tasks", async () => {
    const program = `${TICKS}let copies = stream.broadcast(ticks([1, 2, 3], 5), 2)
let other = spawn { stream.collect(copies[1]) }
println(stream.collect(copies[0]))
println(await(other))`;
    expect(await printed(program)).toEqual(["[1, 2, 3]", "[1, 2, 3]"]);
  });

  it("a long broadcast drops what both have seen", async () => {
    const program =
      "let copies = stream.broadcast(range(10000), 2)\nprintln(stream.fold(stream.zip(copies[0], copies[1]), 0, { n, p -> n + p.first - p.second + 1 }))";
    expect(await printed(program)).toEqual(["10000"]);
  });
});

describe("against the clock", () => {
  it("throttle spaces items out", async () => {
    const program =
      "let start = monotonic_ms()\nlet n = stream.collect(stream.throttle([1, 2, 3], 10))\nprintln(monotonic_ms() - start)";
    expect(await printed(program)).toEqual(["200"]);
  });

  it("debounce gives the last of each burst", async () => {
    const program = `gen fn bursts() {
  emit 1
  sleep(5)
  emit 2
  sleep(100)
  emit 3
  sleep(5)
  emit 4
}
println(stream.collect(stream.debounce(bursts(), 20)))`;
    expect(await printed(program)).toEqual(["[2, 4]"]);
  });
});
