/** Mailboxes: channels that tasks find by name. */

import {
  Channel,
  type Control,
  DONE,
  isInt,
  type NativeContext,
  type Routine,
  RuntimeError,
  record,
  type Signal,
  type Value,
  type Vm,
} from "../../vm/index.ts";
import { type Builtin, type BuiltinDoc, control, pure, runState } from "../builtin.ts";
import { AddressMap, addressOf, handleOf, openAddress } from "./shared-scope.ts";

export interface Mailbox {
  readonly channel: Channel;
  sent: number;
  received: number;
  failedSends: number;
}

const DEFAULT_CAPACITY = 256;

export const mailboxesOf = (vm: Vm): AddressMap<Mailbox> => runState(vm, "mailboxes", () => new AddressMap<Mailbox>());

export function mailboxMetrics(mailbox: Mailbox | undefined): Record<string, Value> {
  return {
    capacity: mailbox?.channel.capacity ?? 0,
    depth: mailbox?.channel.buffer.length ?? 0,
    sent_count: mailbox?.sent ?? 0,
    received_count: mailbox?.received ?? 0,
    failed_send_count: mailbox?.failedSends ?? 0,
    closed: mailbox?.channel.closed ?? false,
  };
}

function find(target: Value, context: NativeContext, builtin: string): Mailbox | undefined {
  return mailboxesOf(context.vm).get(addressOf(target, "mailbox", context, builtin));
}

function need(builtin: string, args: readonly Value[], count: number, what: string): void {
  if (args.length < count) throw new RuntimeError("runtime", `${builtin}: ${what}`);
}

function sent(mailbox: Mailbox, delivered: Value): Value {
  if (delivered === true) mailbox.sent += 1;
  else mailbox.failedSends += 1;
  return delivered;
}

/** Nil stands for "closed and empty" and is not counted. */
function received(mailbox: Mailbox, value: Value): Value {
  if (value !== undefined) mailbox.received += 1;
  return value;
}

/** A builtin that waits at the mailbox's channel and then counts. */
function waiting(
  doc: BuiltinDoc,
  start: (args: readonly Value[], steps: Control) => { readonly mailbox: Mailbox; readonly signal: Signal } | Signal,
  count: (mailbox: Mailbox, value: Value) => Value,
): Builtin {
  const routine: Routine = {
    name: "mailbox",
    resume: (mailbox, value, steps) => steps.done(count(mailbox as Mailbox, value)),
  };
  return control(doc, routine, (args, steps) => {
    const step = start(args, steps);
    if (typeof step === "number") return step;
    const { mailbox, signal } = step;
    return signal === DONE ? steps.done(count(mailbox, steps.value)) : steps.hold(mailbox, signal);
  });
}

const OPEN = 'let inbox = mailbox_open("work")';
const ERRORS = "A handle that is no mailbox, an empty name";

export const mailboxBuiltins: readonly Builtin[] = [
  pure(
    {
      signature: "mailbox_open(name: string | dict, capacity?: int) -> dict",
      summary: "Open a mailbox: by name, or `{name, scope?, capacity?}`",
      effects: ["state"],
      errors: "No name, a scope that is not known here",
      example: 'println(mailbox_open("work").key)',
    },
    (args, context) => {
      const { address, options } = openAddress(args, context, "mailbox_open", "name");
      const asked = options?.map.get("capacity") ?? args[1];
      const capacity = isInt(asked) ? Math.max(1, Number(asked)) : DEFAULT_CAPACITY;
      mailboxesOf(context.vm).open(address, () => ({
        channel: new Channel(context.vm, address.key, capacity),
        sent: 0,
        received: 0,
        failedSends: 0,
      }));
      return handleOf("mailbox", address);
    },
  ),
  pure(
    {
      signature: "mailbox_lookup(target: string | dict) -> dict | nil",
      summary: "Find a mailbox that somebody opened",
      effects: ["state"],
      errors: ERRORS,
      example: 'println(mailbox_lookup("nobody"))',
    },
    (args, context) => {
      need("mailbox_lookup", args, 1, "name or handle is required");
      const address = addressOf(args[0], "mailbox", context, "mailbox_lookup");
      return mailboxesOf(context.vm).get(address) && handleOf("mailbox", address);
    },
  ),
  waiting(
    {
      signature: "mailbox_send(target: string | dict, value: any) -> bool",
      summary: "Put a value into a mailbox, waiting for room; false when there is no such mailbox or it is closed",
      effects: ["tasks"],
      errors: ERRORS,
      example: `${OPEN}\nprintln(mailbox_send("work", 1))`,
    },
    (args, steps) => {
      need("mailbox_send", args, 2, "requires target and value");
      const mailbox = find(args[0], steps, "mailbox_send");
      return mailbox ? { mailbox, signal: mailbox.channel.send(steps, args[1]) } : steps.done(false);
    },
    sent,
  ),
  waiting(
    {
      signature: "mailbox_receive(target: string | dict) -> any",
      summary: "Take the oldest value, waiting for one; nil when there is no such mailbox or it is closed and empty",
      effects: ["tasks"],
      errors: ERRORS,
      example: `${OPEN}\nmailbox_send(inbox, "hi")\nprintln(mailbox_receive(inbox))`,
    },
    (args, steps) => {
      need("mailbox_receive", args, 1, "target is required");
      const mailbox = find(args[0], steps, "mailbox_receive");
      return mailbox ? { mailbox, signal: mailbox.channel.receive(steps, undefined) } : steps.done(undefined);
    },
    received,
  ),
  pure(
    {
      signature: "mailbox_try_receive(target: string | dict) -> any",
      summary: "Take the oldest value; nil when there is none",
      effects: ["tasks"],
      errors: ERRORS,
      example: `${OPEN}\nprintln(mailbox_try_receive(inbox))`,
    },
    (args, context) => {
      need("mailbox_try_receive", args, 1, "target is required");
      const mailbox = find(args[0], context, "mailbox_try_receive");
      return mailbox?.channel.ready ? received(mailbox, mailbox.channel.take()) : undefined;
    },
  ),
  pure(
    {
      signature: "mailbox_close(target: string | dict) -> bool",
      summary: "Close a mailbox; what lies in it can still be received. True the first time",
      effects: ["tasks"],
      errors: ERRORS,
      example: `${OPEN}\nprintln(mailbox_close(inbox))`,
    },
    (args, context) => {
      need("mailbox_close", args, 1, "target is required");
      const channel = find(args[0], context, "mailbox_close")?.channel;
      if (!channel || channel.closed) return false;
      channel.close();
      return true;
    },
  ),
  pure(
    {
      signature: "mailbox_metrics(target: string | dict) -> dict",
      summary: "Counters of a mailbox",
      effects: ["state"],
      errors: ERRORS,
      example: `${OPEN}\nmailbox_send(inbox, 1)\nprintln(mailbox_metrics(inbox).depth)`,
    },
    (args, context) => {
      need("mailbox_metrics", args, 1, "target is required");
      return record(mailboxMetrics(find(args[0], context, "mailbox_metrics")));
    },
  ),
];
