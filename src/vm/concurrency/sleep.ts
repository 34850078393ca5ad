import { RuntimeError } from "../error.ts";
import { type ControlNative, passRoutine } from "../native.ts";
import { milliseconds } from "../value/durations.ts";
import { typeName } from "../value/value.ts";

/** `sleep(duration)`, on the timers of the machine: a hundred thousand sleeping tasks cost one timer of the host. */
export const sleepNative: ControlNative = {
  kind: "control",
  name: "sleep",
  routine: passRoutine,
  start([duration], control) {
    const ms = milliseconds(duration);
    if (ms === undefined) {
      throw new RuntimeError("type", `sleep: expected a duration or milliseconds, got ${typeName(duration)}`);
    }
    const { vm, task } = control;
    return control.park(undefined, vm.waitUntil(task, vm.timers.now() + ms, "sleep"));
  },
};
