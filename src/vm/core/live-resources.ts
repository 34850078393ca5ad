import type { TraceFrame } from "../error.ts";
import type { OpenSource } from "./async-source.ts";
import type { NativeWait } from "./native-wait.ts";
import type { Place, Task } from "./task.ts";
import { traceFrame } from "./traces.ts";

/** Something that a program holds while it runs. */
export interface LiveResource {
  readonly kind: "task" | "timer" | "call" | "stream";
  /** For people: the task and what it waits for, the builtin. */
  readonly what: string;
  /** Where a call or stream was begun, where a task stands. */
  readonly place?: TraceFrame;
}

/** What there may be of them. */
export interface Holdings {
  readonly tasks: Iterable<Task>;
  /** How many wait in the queue. */
  readonly timers: number;
  readonly calls: Iterable<NativeWait>;
  readonly sources: Iterable<OpenSource>;
}

export function liveResources({ tasks, timers, calls, sources }: Holdings): readonly LiveResource[] {
  return [
    ...[...tasks].map(({ id, wait, place }) =>
      resource("task", wait === undefined ? id : `${id}, which waits for ${wait.what}`, place),
    ),
    ...(timers > 0 ? [resource("timer", `${timers} in the queue`, undefined)] : []),
    ...[...calls].map(({ what, place }) => resource("call", what, place)),
    ...[...sources].map(({ what, place }) => resource("stream", what, place)),
  ];
}

function resource(kind: LiveResource["kind"], what: string, place: Place | undefined): LiveResource {
  return { kind, what, ...(place && { place: traceFrame(place) }) };
}
