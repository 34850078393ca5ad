/** `receiver.name(arguments)`: methods of types, of `impl` blocks, closures in fields. An unknown method gives nil. */

import { checkItemCount } from "../value/size-limits.ts";
import {
  type Closure,
  Dict,
  EnumValue,
  isCallable,
  List,
  StructValue,
  share,
  typeName,
  type Value,
} from "../value/value.ts";
import type { Vm } from "../vm.ts";
import { callNative, callValue, deliver } from "./drive.ts";
import { ensureRegisters, enterClosure, type Task } from "./task.ts";

/**
 * Calls a method with `count` arguments in the registers from `at` on; register `at - 1` is free and receives `self`.
 * True: bytecode is on top and may go on.
 */
export function callMethod(
  vm: Vm,
  task: Task,
  receiver: Value,
  name: string,
  at: number,
  count: number,
  dst: number,
): boolean {
  const { registers } = task;
  if (receiver instanceof StructValue || receiver instanceof EnumValue) {
    const method = receiver.type.methods.get(name);
    if (method) return enterMethod(vm, task, method, receiver, at, count, dst);
  }
  if (receiver instanceof Dict && receiver.map.has("_namespace")) {
    const member = receiver.map.get(name);
    if (isCallable(member)) return callField(vm, task, member, at, count, dst);
  }
  const native = vm.methods.get(typeName(receiver))?.get(name);
  if (native) {
    registers[at - 1] = receiver;
    const args = registers.slice(at - 1, at + count);
    if (native.kind === "pure") {
      registers[dst] = native.impl(args, vm.hosts.contextOf(task));
      return true;
    }
    return callNative(vm, task, native, args, dst);
  }
  if (receiver instanceof Dict || receiver instanceof StructValue) {
    const member = receiver.map.get(name);
    if (isCallable(member)) return callField(vm, task, member, at, count, dst);
  }
  return deliver(vm, task, undefined, dst);
}

function enterMethod(
  vm: Vm,
  task: Task,
  method: Closure,
  self: Value,
  at: number,
  count: number,
  dst: number,
): boolean {
  const { registers } = task;
  ensureRegisters(registers, at + count);
  registers[at - 1] = share(self);
  for (let i = 0; i < count; i++) share(registers[at + i]);
  if (!method.proto.isPlain) return callValue(vm, task, method, registers.slice(at - 1, at + count), dst);
  vm.checkDepth(task);
  enterClosure(task, method, at - 1, count + 1, dst);
  return true;
}

function callField(vm: Vm, task: Task, member: Value, at: number, count: number, dst: number): boolean {
  return callValue(vm, task, member, task.registers.slice(at, at + count).map(share), dst);
}

/**
 * `x = x.push(v)` and its kind on a container that nobody else holds: done in place. False: not such a case, nothing
 * has happened.
 */
export function callMethodInPlace(
  receiver: Value,
  name: string,
  registers: readonly Value[],
  at: number,
  count: number,
): boolean {
  if (receiver instanceof List) {
    if (receiver.shared) return false;
    if (name === "push" && count === 1) {
      checkItemCount(receiver.items.push(share(registers[at])));
      return true;
    }
    if (name === "pop" && count === 0) {
      receiver.items.pop();
      return true;
    }
    return false;
  }
  if (receiver instanceof Dict) {
    if (receiver.shared || count !== 1 || receiver.map.has("_namespace")) return false;
    const argument = registers[at];
    if (name === "merge" && argument instanceof Dict && argument !== receiver) {
      for (const [key, value] of argument.map) receiver.set(key, share(value));
      return true;
    }
    if (name === "remove" && typeof argument === "string") {
      receiver.delete(argument);
      return true;
    }
    return false;
  }
  return false;
}
