import { expect, it } from "vitest";
import { caught, printed, runHarn, shown } from "../../../test/support/run-harn.ts";

it.each([
  ["timestamp()", "1767225600.5"],
  ["now_ms()", "1767225600500"],
  ["type_of(monotonic_ms())", "int"],
  ["date_now().timestamp", "1767225600.5"],
])("the host's clock: %s is %s (M3)", async (expression, expected) => {
  expect(await shown(expression, { startMs: Date.UTC(2026, 0, 1) + 500 })).toBe(expected);
});

it("sleeping waits on the host's clock", async () => {
  const { output, host } = await runHarn(
    "let a = monotonic_ms()\nsleep(2s)\nsleep(30)\nsleep_ms(5)\nprintln(monotonic_ms() - a)",
  );
  expect(output).toBe("2035\n");
  expect(host.clock.elapsedMs).toBe(2035);
});

it("a pinned clock stands still, and sleeping only moves it", async () => {
  const { output, host } = await runHarn(`mock_time(1000)
println("\${now_ms()} \${monotonic_ms()} \${elapsed()} \${timestamp()}")
sleep_ms(250)
sleep(1s)
println("\${now_ms()} \${monotonic_ms()}")
println(advance_time(5))
println(date_iso())
unmock_time()
println(now_ms())`);
  expect(output.trimEnd().split("\n")).toEqual([
    "1000 0 0 1.0",
    "2250 1250",
    "2255",
    "1970-01-01T00:00:02.255Z",
    String(Date.UTC(2026, 0, 1)),
  ]);
  expect(host.clock.elapsedMs).toBe(0);
});

it("others get their turn while a pinned clock jumps", async () => {
  expect(
    await printed(`mock_time(0)
let other = spawn { println("other at \${now_ms()}") }
sleep(1h)
await(other)
println(now_ms())`),
  ).toEqual(["other at 3600000", "3600000"]);
});

it("a pinned clock stops at the last moment that has a date", async () => {
  expect(
    await printed(`mock_time(8210266876798000)
println(advance_time(9000000000000000000))
sleep(1h)
println(date_now().year)
log_info("late")`),
  ).toEqual(["8210266876799000", "262142", '{"ts":"+262142-12-31T23:59:59.000Z","level":"info","msg":"late"}']);
});

it.each([
  [
    "mock_time(9223372036854771)",
    "mock_time(ms): expected a time from -8334601228800000 to 8210266876799000, got 9223372036854771",
  ],
  ['mock_time("x")', "mock_time(ms): expected an integer millisecond timestamp"],
  ["advance_time(1)", "advance_time: no mock active. Call mock_time(ms) first."],
  ['sleep("x")', "Type error: sleep: expected a duration or milliseconds, got string"],
  ["timer_end(1)", "timer_end: argument must be a timer dict from timer_start"],
])("%s fails", async (expression, expected) => {
  expect(await caught(expression)).toBe(expected);
});

it("timers print and give what they measured", async () => {
  expect(await printed('let t = timer_start("build")\nsleep(40ms)\nlet ms = timer_end(t)\nprintln(ms)')).toEqual([
    "[timer] build: 40ms",
    "40",
  ]);
});
