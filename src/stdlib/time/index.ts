/** What time it is, waiting, and measuring. */

import {
  type Control,
  Dict,
  display,
  Float,
  milliseconds,
  passRoutine,
  RuntimeError,
  record,
  type Signal,
  typeName,
  type Value,
} from "../../vm/index.ts";
import { intField, intOption, stringField, textArgument, thrown } from "../arguments.ts";
import { type Builtin, control, pure } from "../builtin.ts";
import { clockOf, FIRST_MS, LAST_MS } from "./run-clock.ts";

/** A pinned clock jumps; the others still get their turn. */
function sleep(ms: number, what: string, control: Control): Signal {
  const { vm, task } = control;
  const clock = clockOf(control);
  const waitMs = clock.isPinned ? 0 : ms;
  clock.advance(ms);
  return control.park(undefined, vm.waitUntil(task, vm.timers.now() + waitMs, what));
}

export const timeBuiltins: readonly Builtin[] = [
  pure(
    {
      signature: "timestamp() -> float",
      summary: "Give the seconds since 1970, with fraction",
      effects: ["clock"],
      example: "println(timestamp() > 0.0)",
    },
    (_args, context) => new Float(clockOf(context).wallMs() / 1000),
  ),
  pure(
    {
      signature: "now_ms() -> int",
      summary: "Give the milliseconds since 1970",
      effects: ["clock"],
      example: "println(now_ms() > 0)",
    },
    (_args, context) => clockOf(context).wallMs(),
  ),
  pure(
    {
      signature: "monotonic_ms() -> int",
      summary: "Give milliseconds of a clock that never goes back",
      effects: ["clock"],
      example: "println(monotonic_ms() >= 0)",
    },
    (_args, context) => clockOf(context).monotonicMs(),
  ),
  pure(
    {
      signature: "elapsed() -> int",
      summary: "Give the milliseconds since the process started",
      effects: ["clock"],
      example: "println(elapsed() >= 0)",
    },
    (_args, context) => clockOf(context).monotonicMs(),
  ),
  control(
    {
      signature: "sleep(duration: duration | int)",
      summary: "Wait for a duration or a number of milliseconds",
      effects: ["clock"],
      errors: "Type error for anything else",
      example: 'sleep(10ms)\nprintln("later")',
    },
    passRoutine,
    ([duration], control) => {
      const ms = milliseconds(duration);
      if (ms === undefined) {
        throw new RuntimeError("type", `sleep: expected a duration or milliseconds, got ${typeName(duration)}`);
      }
      return sleep(Math.max(0, ms), "sleep", control);
    },
  ),
  control(
    {
      signature: "sleep_ms(ms: int)",
      summary: "Wait for a number of milliseconds",
      effects: ["clock"],
      example: "sleep_ms(10)",
    },
    passRoutine,
    ([ms], control) => {
      const wait = milliseconds(ms) ?? 0;
      return wait <= 0 ? control.done(undefined) : sleep(wait, "sleep_ms", control);
    },
  ),
  pure(
    {
      signature: "mock_time(ms: int)",
      summary: "Pin the clock of this run to a time, in milliseconds since 1970; sleeping then only moves it",
      effects: ["state"],
      errors: "Throws unless given an int that is a moment with a date",
      example: "mock_time(1000)\nsleep(250ms)\nprintln(now_ms())",
    },
    ([ms], context) => {
      const wallMs = intOption(ms);
      if (wallMs === undefined) throw thrown("mock_time(ms): expected an integer millisecond timestamp");
      if (wallMs < FIRST_MS || wallMs > LAST_MS)
        throw thrown(`mock_time(ms): expected a time from ${FIRST_MS} to ${LAST_MS}, got ${display(ms)}`);
      clockOf(context).pin(wallMs);
      return undefined;
    },
  ),
  pure(
    {
      signature: "advance_time(ms: int) -> int",
      summary: "Move the pinned clock and give its new time",
      effects: ["state"],
      errors: "Throws when the clock is not pinned",
      example: "mock_time(0)\nprintln(advance_time(5))",
    },
    ([ms], context) => {
      const clock = clockOf(context);
      if (!clock.isPinned) throw thrown("advance_time: no mock active. Call mock_time(ms) first.");
      clock.advance(intOption(ms) ?? 0);
      return clock.wallMs();
    },
  ),
  pure(
    {
      signature: "unmock_time()",
      summary: "Let the clock run again",
      effects: ["state"],
      example: "mock_time(0)\nunmock_time()",
    },
    (_args, context) => {
      clockOf(context).unpin();
      return undefined;
    },
  ),
  pure(
    {
      signature: "timer_start(name?: string) -> dict",
      summary: "Start measuring: `{name, start_ms}`",
      effects: ["clock"],
      example: 'println(timer_start("build").name)',
    },
    (args, context) =>
      record({ name: args.length === 0 ? "default" : textArgument(args, 0), start_ms: clockOf(context).wallMs() }),
  ),
  pure(
    {
      signature: "timer_end(timer: dict) -> int",
      summary: "Print and give the milliseconds since a `timer_start`",
      effects: ["clock", "console"],
      errors: "Throws unless given what timer_start gave",
      example: 'timer_end(timer_start("build"))',
    },
    ([timer], context) => {
      if (!(timer instanceof Dict)) throw thrown("timer_end: argument must be a timer dict from timer_start");
      const ms = elapsedSince(timer, clockOf(context).wallMs());
      context.task.output.write(`[timer] ${stringField(timer, "name") ?? ""}: ${ms}ms\n`);
      return ms;
    },
  ),
];

function elapsedSince(timer: Value, nowMs: number): number {
  return nowMs - (intField(timer, "start_ms") ?? nowMs);
}
