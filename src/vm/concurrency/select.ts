/** `select` and `channel_select`: the first of several channels that has a value. */

import { code, type Named } from "../core/callback.ts";
import type { Task } from "../core/task.ts";
import type { Timer } from "../core/timers.ts";
import { Thrown } from "../error.ts";
import { type Control, type ControlNative, type Native, passRoutine, type Signal } from "../native.ts";
import { milliseconds } from "../value/durations.ts";
import { Dict, List, record, type Value } from "../value/value.ts";
import type { Vm } from "../vm.ts";
import { Channel, type Receiver } from "./channels.ts";

function answer(index: number, value: Value, channel: Channel | undefined): Value {
  return record({ index, value, channel: channel?.name });
}

/** What a select answers when no channel will give it anything: the statement a record, the builtin nil. */
type Without = "record" | "nil";

const without = (kind: Without): Value => (kind === "record" ? answer(-1, undefined, undefined) : undefined);

/** A task that waits for several channels. */
interface Selecting {
  readonly vm: Vm;
  readonly task: Task;
  readonly places: { readonly channel: Channel; readonly receiver: Receiver }[];
  readonly hasTimeout: boolean;
  readonly none: Without;
  timer: Timer | undefined;
}

function leaveSelect({ vm, places, timer }: Selecting): void {
  for (const { channel, receiver } of places) channel.remove(receiver);
  if (timer) vm.timers.cancel(timer);
}

const selectGone = code("select.gone", leaveSelect);
const selected = code(
  "select.received",
  ({ selecting, index }: { readonly selecting: Selecting; readonly index: number }, value: Value) => {
    leaveSelect(selecting);
    selecting.vm.wake(selecting.task, answer(index, value, selecting.places[index]?.channel));
  },
);
const selectClosed = code("select.closed", (selecting: Selecting) => {
  if (selecting.hasTimeout || !selecting.places.every(({ channel }) => channel.closed)) return;
  leaveSelect(selecting);
  selecting.vm.wake(selecting.task, without(selecting.none));
});
const selectTimedOut = code("select.timeout", (selecting: Selecting) => {
  leaveSelect(selecting);
  selecting.vm.wake(selecting.task, without(selecting.none));
});

/** The first ready channel in order; else waits for any, for the timeout, or not at all. `none`: no channel is ready. */
function select(
  control: Control,
  channels: readonly Channel[],
  timeoutMs: number | undefined,
  hasDefault: boolean,
  none: Without,
): Signal {
  const index = channels.findIndex((channel) => channel.ready);
  if (index >= 0) {
    const channel = channels[index] as Channel;
    return control.done(answer(index, channel.take(), channel));
  }
  if (hasDefault) return control.done(without(none));
  const { vm, task } = control;
  // Nothing can ever come out of closed channels: that is an answer, not a wait for ever.
  if (timeoutMs === undefined && channels.every((channel) => channel.closed)) return control.done(without(none));
  const selecting: Selecting = {
    vm,
    task,
    places: [],
    hasTimeout: timeoutMs !== undefined,
    none,
    timer: undefined,
  };
  channels.forEach((channel, index) => {
    const receiver: Receiver = { task, deliver: selected({ selecting, index }), onClosed: selectClosed(selecting) };
    channel.receivers.push(receiver);
    selecting.places.push({ channel, receiver });
  });
  if (timeoutMs !== undefined) {
    selecting.timer = vm.timers.set(vm.timers.now() + timeoutMs, selectTimedOut(selecting));
  }
  return control.park(undefined, { what: "select", cancel: selectGone(selecting) });
}

function channelsOf(values: readonly Value[], message: string): Channel[] {
  return values.map((value) => {
    if (value instanceof Channel) return value;
    throw new Thrown(message);
  });
}

const selectStatement: ControlNative = {
  kind: "control",
  name: "__select",
  routine: passRoutine,
  start([channels, timeout, hasDefault], control) {
    const list = channelsOf(channels instanceof List ? channels.items : [], "select: all arguments must be channels");
    const ms = timeout === undefined ? undefined : (milliseconds(timeout) ?? 0);
    return select(control, list, ms, hasDefault === true, "record");
  },
};

/** `select(ch1, ch2, …)` */
const selectBuiltin: ControlNative = {
  kind: "control",
  name: "select",
  routine: passRoutine,
  start(args, control) {
    if (args.length === 0) throw new Thrown("select: requires at least one channel");
    return select(control, channelsOf(args, "select: all arguments must be channels"), undefined, false, "record");
  },
};

/** `channel_select(channels, timeout?)`: nil when the time is over or all channels are closed. */
const channelSelect: ControlNative = {
  kind: "control",
  name: "channel_select",
  routine: passRoutine,
  start([channels, timeout], control) {
    if (!(channels instanceof List)) throw new Thrown("channel_select: first argument must be a list of channels");
    const list = channelsOf(channels.items, "channel_select: channel list must contain only channels");
    const options =
      timeout instanceof Dict ? (timeout.map.get("timeout_ms") ?? timeout.map.get("max_wait_ms")) : timeout;
    return select(control, list, milliseconds(options), false, "nil");
  },
};

export const selectCodes: readonly Named[] = [selectGone.code, selected.code, selectClosed.code, selectTimedOut.code];

export const selectNatives: readonly Native[] = [selectStatement, selectBuiltin, channelSelect];
