/** Bounded channels, `select`, and `sleep`. */

import { code, invoke, type Named, type Then } from "../core/callback.ts";
import { END, PullSource } from "../core/iteration.ts";
import type { Task } from "../core/task.ts";
import type { Timer } from "../core/timers.ts";
import { RuntimeError, Thrown } from "../error.ts";
import { type Control, type ControlNative, type Native, passRoutine, type Signal } from "../native.ts";
import { display } from "../value/display.ts";
import { isInt } from "../value/numbers.ts";
import { Dict, List, record, share, typeName, type Value } from "../value/value.ts";
import type { Vm } from "../vm.ts";
import { milliseconds } from "./tasks.ts";

const DEFAULT_CAPACITY = 256;

interface Sender {
  readonly task: Task;
  readonly value: Value;
}

/** A waiting receiver; a `select` waits on several channels with one. */
interface Receiver {
  readonly task: Task;
  /** Wakes the task: with the bare value, or with the select's answer. */
  readonly deliver: Then<Value>;
  readonly onClosed: Then;
}

export class Channel extends PullSource {
  readonly typeName = "channel";
  readonly vm: Vm;
  readonly name: string;
  readonly capacity: number;
  readonly buffer: Value[] = [];
  closed = false;
  readonly senders: Sender[] = [];
  readonly receivers: Receiver[] = [];

  constructor(vm: Vm, name: string, capacity: number) {
    super();
    this.vm = vm;
    this.name = name;
    this.capacity = capacity;
  }

  display(): string {
    return `<channel:${this.name}>`;
  }
  override equals(): boolean {
    return false;
  }

  /** True when a value can be taken now. */
  get ready(): boolean {
    return this.buffer.length > 0;
  }

  /** Takes the oldest value; a sender that waited for room moves up. */
  take(): Value {
    const value = this.buffer.shift();
    const sender = this.senders.shift();
    if (sender) {
      this.buffer.push(sender.value);
      this.vm.wake(sender.task, true);
    }
    return value;
  }

  /** Gives a value to a waiting receiver or the buffer. False: no room. */
  offer(value: Value): boolean {
    const receiver = this.receivers.shift();
    if (receiver) {
      invoke(receiver.deliver, value);
      return true;
    }
    if (this.buffer.length >= this.capacity) return false;
    this.buffer.push(value);
    return true;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    for (const sender of this.senders.splice(0)) this.vm.wake(sender.task, false);
    for (const receiver of this.receivers.slice()) invoke(receiver.onClosed, undefined);
  }

  remove(receiver: Receiver): void {
    const at = this.receivers.indexOf(receiver);
    if (at >= 0) this.receivers.splice(at, 1);
  }

  /** Waits for room; true once the value is in, false when the channel closes first. */
  send(control: Control, value: Value): Signal {
    if (this.closed) return control.done(false);
    share(value);
    if (this.offer(value)) return control.done(true);
    const sender: Sender = { task: control.task, value };
    this.senders.push(sender);
    return control.waitFor({
      what: `room in channel ${this.name}`,
      cancel: senderGone({ channel: this, sender }),
    });
  }

  /** Waits for a value; `closedValue` when the channel closes first. */
  receive(control: Control, closedValue: Value): Signal {
    if (this.ready) return control.done(this.take());
    if (this.closed) return control.done(closedValue);
    const one: OneReceiver = { channel: this, task: control.task, closedValue, receiver: undefined };
    one.receiver = { task: one.task, deliver: received(one), onClosed: closedOn(one) };
    this.receivers.push(one.receiver);
    return control.waitFor({ what: `channel ${this.name}`, cancel: receiverGone(one) });
  }

  next(control: Control): Signal {
    return this.receive(control, END);
  }
}

/** A task that waits for one channel. */
interface OneReceiver {
  readonly channel: Channel;
  readonly task: Task;
  readonly closedValue: Value;
  receiver: Receiver | undefined;
}

function leaveChannel({ channel, receiver }: OneReceiver): void {
  if (receiver) channel.remove(receiver);
}

const senderGone = code("channel.sender-gone", ({ channel, sender }: { channel: Channel; sender: Sender }) => {
  const at = channel.senders.indexOf(sender);
  if (at >= 0) channel.senders.splice(at, 1);
});
const received = code("channel.received", ({ channel, task }: OneReceiver, value: Value) =>
  channel.vm.wake(task, value),
);
const closedOn = code("channel.closed", (one: OneReceiver) => {
  leaveChannel(one);
  one.channel.vm.wake(one.task, one.closedValue);
});
const receiverGone = code("channel.receiver-gone", leaveChannel);

function channelArgument(value: Value, builtin: string): Channel {
  if (value instanceof Channel) return value;
  throw new Thrown(`${builtin}: first argument must be a channel`);
}

const channelNative: Native = {
  kind: "pure",
  name: "channel",
  impl(args, { vm }) {
    const named = args.length > 0 && !isInt(args[0]);
    const name = named ? display(args[0]) : "default";
    const capacity = named ? args[1] : args[0];
    return new Channel(vm, name, isInt(capacity) ? Math.max(1, Number(capacity)) : DEFAULT_CAPACITY);
  },
};

const sendNative: ControlNative = {
  kind: "control",
  name: "send",
  routine: passRoutine,
  start([target, value], control) {
    const channel = channelArgument(target, "send");
    return control.hold(undefined, channel.send(control, value));
  },
};

const receiveNative: ControlNative = {
  kind: "control",
  name: "receive",
  routine: passRoutine,
  start: ([target], control) => control.hold(undefined, channelArgument(target, "receive").receive(control, undefined)),
};

const tryReceiveNative: Native = {
  kind: "pure",
  name: "try_receive",
  impl([target]) {
    const channel = channelArgument(target, "try_receive");
    return channel.ready ? channel.take() : undefined;
  },
};

const closeNative: Native = {
  kind: "pure",
  name: "close_channel",
  impl([target]) {
    channelArgument(target, "close_channel").close();
    return undefined;
  },
};

// ---- select ----------------------------------------------------------------------------------------------------------

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

export const channelCodes: readonly Named[] = [
  senderGone.code,
  received.code,
  closedOn.code,
  receiverGone.code,
  selectGone.code,
  selected.code,
  selectClosed.code,
  selectTimedOut.code,
];

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

// ---- sleep -----------------------------------------------------------------------------------------------------------

function sleepNative(name: string): ControlNative {
  return {
    kind: "control",
    name,
    routine: passRoutine,
    start([duration], control) {
      const ms = milliseconds(duration);
      if (ms === undefined)
        throw new RuntimeError("type", `${name}: expected a duration or milliseconds, got ${typeName(duration)}`);
      const { vm, task } = control;
      return control.park(undefined, vm.waitUntil(task, vm.timers.now() + ms, name));
    },
  };
}

export const channelNatives: readonly Native[] = [
  channelNative,
  sendNative,
  receiveNative,
  tryReceiveNative,
  closeNative,
  selectStatement,
  selectBuiltin,
  channelSelect,
  sleepNative("sleep"),
];
