/** `parallel_race(items, fn, options?)`: the first plain value or Ok wins, the others are stopped at once. */

import { type ClassPart, code, type Named } from "../core/callback.ts";
import { type HarnFailure, RuntimeError } from "../error.ts";
import type { ControlNative, Native, Routine } from "../native.ts";
import { display } from "../value/display.ts";
import { Dict, isResult, share, type Value } from "../value/value.ts";
import { Group, groupGone } from "./parallel-group.ts";

/** What is known of the winner so far. */
class Race {
  readonly group: Group;
  readonly errors: string[] = [];
  seen = 0;
  pending = true;
  constructor(group: Group) {
    this.group = group;
  }
  /** The winner's value as a one-item list, when there is one among the children that have finished. */
  winner(): readonly [Value] | undefined {
    while (this.seen < this.group.finished.length) {
      const index = this.group.finished[this.seen++] as number;
      const error = errorOf(this.group, index);
      if (error !== undefined) this.errors.push(error);
      else {
        const result = this.group.results[index];
        const value = isResult(result) ? result.fields[0] : result;
        this.group.parent.output.write(this.group.outputs[index]?.drain() ?? "");
        this.group.abort();
        return [share(value)];
      }
    }
    return undefined;
  }
  failure(): HarnFailure {
    return new RuntimeError(
      "runtime",
      `parallel_race: all ${this.errors.length} task(s) failed: ${this.errors.join("; ")}`,
    );
  }
}

/** Why a child that has finished is no winner; undefined: it is one. */
function errorOf({ failures, results }: Group, index: number): string | undefined {
  const failure = failures.get(index);
  if (failure) return failure.display();
  const result = results[index];
  return isResult(result) && result.variant === "Err" ? display(result.fields[0]) : undefined;
}

const raceProgress = code("parallel_race.progress", (race: Race) => {
  const { group } = race;
  if (!race.pending) return;
  // Peek without consuming: the routine takes the winner when it resumes.
  const last = group.finished.at(-1) as number;
  if (errorOf(group, last) !== undefined && !group.complete) return;
  race.pending = false;
  group.vm.wake(group.parent, undefined);
});

const raceRoutine: Routine = {
  name: "parallel_race",
  resume(state, _value, control) {
    const race = state as Race;
    const winner = race.winner();
    if (winner) return control.done(winner[0]);
    throw race.failure();
  },
  abandon: (state) => (state as Race).group.abort(),
};

const raceNative: ControlNative = {
  kind: "control",
  name: "parallel_race",
  routine: raceRoutine,
  start([items, body, options], control) {
    const { vm, task } = control;
    const cap = options instanceof Dict ? options.map.get("max_concurrent") : options;
    const group = new Group(vm, task, "each", body, items, cap);
    const race = new Race(group);
    if (group.items.length === 0) throw new RuntimeError("runtime", "parallel_race: expected at least one item");
    group.begin();
    group.onProgress = raceProgress(race);
    return control.park(race, { what: "parallel_race", cancel: groupGone(group) });
  },
};

export const raceCodes: readonly Named[] = [raceProgress.code];
export const raceRoutines: readonly Named[] = [raceRoutine];
export const raceClasses: readonly ClassPart[] = [{ name: "parallel.race", type: Race }];

export const raceNatives: readonly Native[] = [raceNative];
