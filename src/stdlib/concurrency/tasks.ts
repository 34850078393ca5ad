/** Documentation of the tasks and channels that the machine itself provides. */

import { concurrencyNatives } from "../../vm/index.ts";
import { type Builtin, type BuiltinDoc, documented } from "../builtin.ts";

const DOCS: readonly BuiltinDoc[] = [
  {
    signature: "await(task: task_handle) -> any",
    summary: "Wait for a task and take its value, output or error; the second time nil",
    effects: ["tasks"],
    errors: "The task's own",
    example: "println(await(spawn { 1 + 1 }))",
  },
  {
    signature: "cancel(task: task_handle)",
    summary: "Stop a task at once",
    effects: ["tasks"],
    example: "cancel(spawn { sleep(1h) })",
  },
  {
    signature: "cancel_graceful(task: task_handle, timeout?: duration) -> Result",
    summary: "Ask a task to stop and wait for it; after the timeout (5s) it is stopped",
    effects: ["tasks", "clock"],
    example: "println(is_err(cancel_graceful(spawn { sleep(1h) })))",
  },
  {
    signature: "is_cancelled() -> bool",
    summary: "Tell whether this task was asked to stop",
    effects: ["tasks"],
    example: "println(is_cancelled())",
  },
  {
    signature: "parallel_race(items: list, fn: fn, max_concurrent?: int | dict) -> any",
    summary: "Call a function for all items at once and take the first value that is no error; the others are stopped",
    effects: ["tasks"],
    errors: "No items, or nothing but failures",
    example: "println(parallel_race([3, 1], { ms -> sleep(ms)\n  ms }))",
  },
  {
    signature: "channel(name?: string, capacity?: int) -> channel",
    summary: "Make a channel with room for so many values (256)",
    effects: ["tasks"],
    example: 'let ch = channel("work", 1)\nsend(ch, 1)\nprintln(receive(ch))',
  },
  {
    signature: "send(channel: channel, value: any) -> bool",
    summary: "Put a value into a channel, waiting for room; false when it is closed",
    effects: ["tasks"],
    errors: "A first argument that is no channel",
    example: "println(send(channel(), 1))",
  },
  {
    signature: "receive(channel: channel) -> any",
    summary: "Take the oldest value, waiting for one; nil when the channel is closed and empty",
    effects: ["tasks"],
    errors: "A first argument that is no channel",
    example: "let ch = channel()\nsend(ch, 1)\nprintln(receive(ch))",
  },
  {
    signature: "try_receive(channel: channel) -> any",
    summary: "Take the oldest value; nil when there is none",
    effects: ["tasks"],
    errors: "A first argument that is no channel",
    example: "println(try_receive(channel()))",
  },
  {
    signature: "close_channel(channel: channel)",
    summary: "Close a channel: no more sends; what lies in it can still be received",
    effects: ["tasks"],
    errors: "A first argument that is no channel",
    example: "let ch = channel()\nclose_channel(ch)\nprintln(send(ch, 1))",
  },
  {
    signature: "channel_select(channels: list, timeout?: duration) -> dict | nil",
    summary: "`{index, value, channel}` of the first channel with a value; nil when the time is over or all are closed",
    effects: ["tasks", "clock"],
    errors: "A list of anything but channels",
    example: "println(channel_select([channel()], 0))",
  },
];

/** Builtins of the machine that programs call by name. */
export const taskBuiltins: readonly Builtin[] = concurrencyNatives.flatMap((native) => {
  const doc = DOCS.find(({ signature }) => signature.startsWith(`${native.name}(`));
  return doc ? [documented(native, doc)] : [];
});
