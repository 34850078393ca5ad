/** Bounded channels: values handed from task to task, first come, first served. */

import { code, invoke, type Named, type Then } from "../core/callback.ts";
import { END, PullSource } from "../core/sources.ts";
import type { Task } from "../core/task.ts";
import { Thrown } from "../error.ts";
import { type Control, type ControlNative, type Native, passRoutine, type Signal } from "../native.ts";
import { display } from "../value/display.ts";
import { isInt } from "../value/numbers.ts";
import { share, type Value } from "../value/value.ts";
import type { Vm } from "../vm.ts";

/** Values that a channel takes before senders wait, unless the program says how many. */
const DEFAULT_CAPACITY = 256;

interface Sender {
  readonly task: Task;
  readonly value: Value;
}

/** A waiting receiver; a `select` waits on several channels with one. */
export interface Receiver {
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

export const channelCodes: readonly Named[] = [senderGone.code, received.code, closedOn.code, receiverGone.code];

export const channelNatives: readonly Native[] = [
  channelNative,
  sendNative,
  receiveNative,
  tryReceiveNative,
  closeNative,
];
