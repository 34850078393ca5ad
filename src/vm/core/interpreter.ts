/**
 * The interpreter: one flat loop over the instructions of a task until it parks, finishes or has run its share.
 *
 * Hot state lives in locals: `code` the instructions, `R` the task's registers, `base` where this frame's registers
 * start, `K` its constants, `pc` the instruction. They are reloaded after everything that changes frames. The numbers
 * of the cases are those of `bytecode/opcodes.ts` (a test compares them; `scripts/number-opcodes.mjs` writes them): V8
 * makes a jump table only of literals. The common case of each instruction is here, the rest in functions, so that the
 * loop stays small enough to be optimised. This file is one piece because the loop is.
 *
 * To change it safely:
 * - An instruction that cannot enter a frame ends with `pc += …; continue`. One that can sets `frame.pc` to what follows
 *   *before* it calls, takes `frame = task.top` after, and ends with `break`, which reloads the locals.
 * - Whatever throws while `frame.pc` is behind is corrected in the `catch`: handlers are looked up by the word before
 *   `frame.pc`, so `pc` must still be that of the instruction when something in it can throw.
 * - What is stored a second time is shared first (`value/value.ts`); a `Move` hands on what nobody else has.
 * - Registers are not checked to hold what an instruction needs: add it to `unsound-code.ts`.
 */

import type { ErrorKind } from "../../bytecode/index.ts";
import { type CaughtFailure, errorTypeName, RuntimeError, Thrown } from "../error.ts";
import { Cell, type StructTypeValue, type TypeValue, UNSET } from "../module-instance.ts";
import { DONE } from "../native.ts";
import { compare, contains, equal } from "../value/compare.ts";
import { display } from "../value/display.ts";
import { deadlineMs } from "../value/durations.ts";
import { add, addTo, divide, modulo, multiply, negate, power, subtract } from "../value/numbers.ts";
import { checkItemCount } from "../value/size-limits.ts";
import {
  Closure,
  Container,
  Dict,
  EnumValue,
  err,
  Float,
  isResult,
  isTruthy,
  List,
  ok,
  StructValue,
  share,
  typeName,
  type Value,
} from "../value/value.ts";
import type { Vm } from "../vm.ts";
import { borrowIndex, borrowProperty, getIndex, getProperty, owned, setIndex, setProperty, slice } from "./access.ts";
import { capture, makeRange, makeStruct } from "./construct.ts";
import { yieldValue } from "./coroutine.ts";
import { assertDict, assertList, dictRest, spreadDict, spreadItems } from "./destructuring.ts";
import { callNative, callValue, deliver, onSignal } from "./drive.ts";
import { leaveLoop, loopSource } from "./loops.ts";
import { callMethod, callMethodInPlace } from "./methods.ts";
import { QUANTUM } from "./pace.ts";
import { Cursor, END, type PullSource } from "./sources.ts";
import { ensureRegisters, enterClosure, type Frame, type Task } from "./task.ts";
import { checkArgument } from "./type-test.ts";
import { unsound } from "./unsound-code.ts";

const MAX = Number.MAX_SAFE_INTEGER;

/** Runs bytecode from the frame on top. False: the task parked, finished, or gave way to others. */
export function interpret(vm: Vm, task: Task, first: Frame): boolean {
  const R = task.registers;
  let frame: Frame = first;
  let fn = frame.fn as NonNullable<Frame["fn"]>;
  let code = fn.code;
  let K = fn.constants;
  let base = frame.base;
  let pc = frame.pc;
  let fuel = QUANTUM;
  try {
    for (;;) {
      switch (code[pc]) {
        case 0 /* LoadConst */:
          R[base + code[pc + 1]!] = K[code[pc + 2]!];
          pc += 3;
          continue;
        case 1 /* LoadInt */:
          R[base + code[pc + 1]!] = code[pc + 2]!;
          pc += 3;
          continue;
        case 2 /* LoadNil */:
          R[base + code[pc + 1]!] = undefined;
          pc += 2;
          continue;
        case 3 /* LoadTrue */:
          R[base + code[pc + 1]!] = true;
          pc += 2;
          continue;
        case 4 /* LoadFalse */:
          R[base + code[pc + 1]!] = false;
          pc += 2;
          continue;
        case 5 /* Move */:
          R[base + code[pc + 1]!] = R[base + code[pc + 2]!];
          pc += 3;
          continue;
        case 6 /* Copy */:
          {
            const value = R[base + code[pc + 2]!];
            if (typeof value === "object" && value instanceof Container) value.shared = true;
            R[base + code[pc + 1]!] = value;
            pc += 3;
            continue;
          }
        case 7 /* LoadGlobal */:
          {
            const value = fn.module.slots[code[pc + 2]!];
            if (value === UNSET) throw new RuntimeError("undefined-variable", K[code[pc + 3]!] as string);
            R[base + code[pc + 1]!] = share(value);
            pc += 4;
            continue;
          }
        case 8 /* BorrowGlobal */:
          {
            const value = fn.module.slots[code[pc + 2]!];
            if (value === UNSET) throw new RuntimeError("undefined-variable", K[code[pc + 3]!] as string);
            R[base + code[pc + 1]!] = value;
            pc += 4;
            continue;
          }
        case 9 /* StoreGlobal */:
          fn.module.slots[code[pc + 1]!] = R[base + code[pc + 2]!];
          pc += 3;
          continue;
        case 10 /* NewCell */:
          R[base + code[pc + 1]!] = new Cell();
          pc += 2;
          continue;
        case 11 /* LoadCell */:
          {
            const { value } = R[base + code[pc + 2]!] as Cell;
            if (value === UNSET) throw new RuntimeError("undefined-variable", K[code[pc + 3]!] as string);
            R[base + code[pc + 1]!] = share(value);
            pc += 4;
            continue;
          }
        case 12 /* StoreCell */:
          (R[base + code[pc + 1]!] as Cell).value = R[base + code[pc + 2]!];
          pc += 3;
          continue;
        case 13 /* Closure */:
          {
            const child = fn.functions[code[pc + 2]!]!;
            R[base + code[pc + 1]!] = new Closure(child, capture(child.captures, R, base));
            pc += 3;
            continue;
          }
        case 14 /* LoadNative */:
          R[base + code[pc + 1]!] = vm.names.valueOf(
            fn.proto.natives[code[pc + 2]!]!,
            fn.natives[code[pc + 2]!],
            K[code[pc + 3]!] as string | undefined,
          );
          pc += 4;
          continue;

        case 15 /* Add */:
          {
            const a = R[base + code[pc + 2]!];
            const b = R[base + code[pc + 3]!];
            if (typeof a === "number" && typeof b === "number") {
              const sum = a + b;
              R[base + code[pc + 1]!] = sum <= MAX && sum >= -MAX ? sum : add(a, b);
            } else if (typeof a === "string" && typeof b === "string") R[base + code[pc + 1]!] = a + b;
            else if (a instanceof Float && b instanceof Float) R[base + code[pc + 1]!] = new Float(a.value + b.value);
            else R[base + code[pc + 1]!] = add(a, b);
            pc += 4;
            continue;
          }
        case 16 /* Sub */:
          {
            const a = R[base + code[pc + 2]!];
            const b = R[base + code[pc + 3]!];
            if (typeof a === "number" && typeof b === "number") {
              const difference = a - b;
              R[base + code[pc + 1]!] = difference <= MAX && difference >= -MAX ? difference : subtract(a, b);
            } else if (a instanceof Float && b instanceof Float) R[base + code[pc + 1]!] = new Float(a.value - b.value);
            else R[base + code[pc + 1]!] = subtract(a, b);
            pc += 4;
            continue;
          }
        case 17 /* Mul */:
          {
            const a = R[base + code[pc + 2]!];
            const b = R[base + code[pc + 3]!];
            if (typeof a === "number" && typeof b === "number") {
              const product = a * b;
              R[base + code[pc + 1]!] = product <= MAX && product >= -MAX ? product + 0 : multiply(a, b);
            } else if (a instanceof Float && b instanceof Float) R[base + code[pc + 1]!] = new Float(a.value * b.value);
            else R[base + code[pc + 1]!] = multiply(a, b);
            pc += 4;
            continue;
          }
        case 18 /* Div */:
          {
            const a = R[base + code[pc + 2]!];
            const b = R[base + code[pc + 3]!];
            if (typeof a === "number" && typeof b === "number" && b !== 0)
              R[base + code[pc + 1]!] = Math.trunc(a / b) + 0;
            else R[base + code[pc + 1]!] = divide(a, b);
            pc += 4;
            continue;
          }
        case 19 /* Mod */:
          {
            const a = R[base + code[pc + 2]!];
            const b = R[base + code[pc + 3]!];
            if (typeof a === "number" && typeof b === "number" && b !== 0) R[base + code[pc + 1]!] = (a % b) + 0;
            else R[base + code[pc + 1]!] = modulo(a, b);
            pc += 4;
            continue;
          }
        case 20 /* Pow */:
          R[base + code[pc + 1]!] = power(R[base + code[pc + 2]!], R[base + code[pc + 3]!]);
          pc += 4;
          continue;
        case 21 /* AddInt */:
          {
            const a = R[base + code[pc + 2]!];
            const b = code[pc + 3]!;
            if (typeof a === "number") {
              const sum = a + b;
              R[base + code[pc + 1]!] = sum <= MAX && sum >= -MAX ? sum : add(a, b);
            } else R[base + code[pc + 1]!] = b < 0 ? subtract(a, -b) : add(a, b);
            pc += 4;
            continue;
          }
        case 22 /* Neg */:
          R[base + code[pc + 1]!] = negate(R[base + code[pc + 2]!]);
          pc += 3;
          continue;
        case 23 /* Not */:
          R[base + code[pc + 1]!] = !isTruthy(R[base + code[pc + 2]!]);
          pc += 3;
          continue;
        case 24 /* AddTo */:
          {
            const at = base + code[pc + 1]!;
            const a = R[at];
            const b = R[base + code[pc + 2]!];
            if (typeof a === "number" && typeof b === "number") {
              const sum = a + b;
              R[at] = sum <= MAX && sum >= -MAX ? sum : add(a, b);
            } else if (typeof a === "string" && typeof b === "string") R[at] = a + b;
            else R[at] = addTo(a, b);
            pc += 3;
            continue;
          }
        case 25 /* Eq */:
          {
            const a = R[base + code[pc + 2]!];
            const b = R[base + code[pc + 3]!];
            R[base + code[pc + 1]!] = typeof a === "number" && typeof b === "number" ? a === b : equal(a, b);
            pc += 4;
            continue;
          }
        case 26 /* Ne */:
          {
            const a = R[base + code[pc + 2]!];
            const b = R[base + code[pc + 3]!];
            R[base + code[pc + 1]!] = typeof a === "number" && typeof b === "number" ? a !== b : !equal(a, b);
            pc += 4;
            continue;
          }
        case 27 /* Lt */:
          {
            const a = R[base + code[pc + 2]!];
            const b = R[base + code[pc + 3]!];
            R[base + code[pc + 1]!] = typeof a === "number" && typeof b === "number" ? a < b : compare(a, b) < 0;
            pc += 4;
            continue;
          }
        case 28 /* Le */:
          {
            const a = R[base + code[pc + 2]!];
            const b = R[base + code[pc + 3]!];
            R[base + code[pc + 1]!] = typeof a === "number" && typeof b === "number" ? a <= b : compare(a, b) <= 0;
            pc += 4;
            continue;
          }
        case 29 /* Gt */:
          {
            const a = R[base + code[pc + 2]!];
            const b = R[base + code[pc + 3]!];
            R[base + code[pc + 1]!] = typeof a === "number" && typeof b === "number" ? a > b : compare(a, b) > 0;
            pc += 4;
            continue;
          }
        case 30 /* Ge */:
          {
            const a = R[base + code[pc + 2]!];
            const b = R[base + code[pc + 3]!];
            R[base + code[pc + 1]!] = typeof a === "number" && typeof b === "number" ? a >= b : compare(a, b) >= 0;
            pc += 4;
            continue;
          }
        case 31 /* In */:
          R[base + code[pc + 1]!] = contains(R[base + code[pc + 3]!], R[base + code[pc + 2]!]);
          pc += 4;
          continue;
        case 32 /* Truthy */:
          R[base + code[pc + 1]!] = isTruthy(R[base + code[pc + 2]!]);
          pc += 3;
          continue;

        case 33 /* Jump */:
          pc = code[pc + 1]!;
          continue;
        case 34 /* Loop */:
          pc = code[pc + 1]!;
          if (--fuel < 0) {
            frame.pc = pc + 1;
            const yields = vm.safepoint(task);
            fuel = QUANTUM;
            if (yields) {
              frame.pc = pc;
              vm.giveWay(task);
              return false;
            }
          }
          continue;
        case 35 /* JumpIf */:
          {
            const value = R[base + code[pc + 1]!];
            pc = (typeof value === "boolean" ? value : isTruthy(value)) ? code[pc + 2]! : pc + 3;
            continue;
          }
        case 36 /* JumpIfNot */:
          {
            const value = R[base + code[pc + 1]!];
            pc = (typeof value === "boolean" ? value : isTruthy(value)) ? pc + 3 : code[pc + 2]!;
            continue;
          }
        case 37 /* JumpIfNil */:
          pc = R[base + code[pc + 1]!] === undefined ? code[pc + 2]! : pc + 3;
          continue;
        case 38 /* JumpIfNotNil */:
          pc = R[base + code[pc + 1]!] === undefined ? pc + 3 : code[pc + 2]!;
          continue;
        case 39 /* JumpIfNotEq */:
          {
            const a = R[base + code[pc + 1]!];
            const b = R[base + code[pc + 2]!];
            pc = (typeof a === "number" && typeof b === "number" ? a === b : equal(a, b)) ? pc + 4 : code[pc + 3]!;
            continue;
          }
        case 40 /* JumpIfNotNe */:
          {
            const a = R[base + code[pc + 1]!];
            const b = R[base + code[pc + 2]!];
            pc = (typeof a === "number" && typeof b === "number" ? a === b : equal(a, b)) ? code[pc + 3]! : pc + 4;
            continue;
          }
        case 41 /* JumpIfNotLt */:
          {
            const a = R[base + code[pc + 1]!];
            const b = R[base + code[pc + 2]!];
            pc = (typeof a === "number" && typeof b === "number" ? a < b : compare(a, b) < 0) ? pc + 4 : code[pc + 3]!;
            continue;
          }
        case 42 /* JumpIfNotLe */:
          {
            const a = R[base + code[pc + 1]!];
            const b = R[base + code[pc + 2]!];
            pc = (typeof a === "number" && typeof b === "number" ? a <= b : compare(a, b) <= 0)
              ? pc + 4
              : code[pc + 3]!;
            continue;
          }
        case 43 /* JumpIfNotGt */:
          {
            const a = R[base + code[pc + 1]!];
            const b = R[base + code[pc + 2]!];
            pc = (typeof a === "number" && typeof b === "number" ? a > b : compare(a, b) > 0) ? pc + 4 : code[pc + 3]!;
            continue;
          }
        case 44 /* JumpIfNotGe */:
          {
            const a = R[base + code[pc + 1]!];
            const b = R[base + code[pc + 2]!];
            pc = (typeof a === "number" && typeof b === "number" ? a >= b : compare(a, b) >= 0)
              ? pc + 4
              : code[pc + 3]!;
            continue;
          }
        case 45 /* JumpIfNotEqInt */:
          {
            const a = R[base + code[pc + 1]!];
            pc = (typeof a === "number" ? a === code[pc + 2]! : equal(a, code[pc + 2]!)) ? pc + 4 : code[pc + 3]!;
            continue;
          }
        case 46 /* JumpIfNotNeInt */:
          {
            const a = R[base + code[pc + 1]!];
            pc = (typeof a === "number" ? a === code[pc + 2]! : equal(a, code[pc + 2]!)) ? code[pc + 3]! : pc + 4;
            continue;
          }
        case 47 /* JumpIfNotLtInt */:
          {
            const a = R[base + code[pc + 1]!];
            pc = (typeof a === "number" ? a < code[pc + 2]! : compare(a, code[pc + 2]!) < 0) ? pc + 4 : code[pc + 3]!;
            continue;
          }
        case 48 /* JumpIfNotLeInt */:
          {
            const a = R[base + code[pc + 1]!];
            pc = (typeof a === "number" ? a <= code[pc + 2]! : compare(a, code[pc + 2]!) <= 0) ? pc + 4 : code[pc + 3]!;
            continue;
          }
        case 49 /* JumpIfNotGtInt */:
          {
            const a = R[base + code[pc + 1]!];
            pc = (typeof a === "number" ? a > code[pc + 2]! : compare(a, code[pc + 2]!) > 0) ? pc + 4 : code[pc + 3]!;
            continue;
          }
        case 50 /* JumpIfNotGeInt */:
          {
            const a = R[base + code[pc + 1]!];
            pc = (typeof a === "number" ? a >= code[pc + 2]! : compare(a, code[pc + 2]!) >= 0) ? pc + 4 : code[pc + 3]!;
            continue;
          }
        case 51 /* JumpIfArg */:
          pc = frame.argCount > code[pc + 1]! ? code[pc + 2]! : pc + 3;
          continue;
        case 52 /* JumpIfNotType */:
          pc = typeName(R[base + code[pc + 1]!]) === K[code[pc + 2]!] ? pc + 4 : code[pc + 3]!;
          continue;
        case 53 /* JumpIfShorter */:
          {
            const list = R[base + code[pc + 1]!];
            pc = list instanceof List && list.items.length >= code[pc + 2]! ? pc + 4 : code[pc + 3]!;
            continue;
          }
        case 54 /* JumpIfNotVariant */:
          {
            const value = R[base + code[pc + 1]!];
            pc =
              value instanceof EnumValue && value.variant === K[code[pc + 3]!] && value.type.name === K[code[pc + 2]!]
                ? pc + 5
                : code[pc + 4]!;
            continue;
          }

        case 55 /* List */:
          {
            const from = base + code[pc + 2]!;
            R[base + code[pc + 1]!] = new List(R.slice(from, from + code[pc + 3]!));
            pc += 4;
            continue;
          }
        case 56 /* Dict */:
          {
            const keys = (K[code[pc + 2]!] as List).items as string[];
            const from = base + code[pc + 3]!;
            const map = new Map<string, Value>();
            for (let i = 0; i < keys.length; i++) map.set(keys[i]!, R[from + i]);
            R[base + code[pc + 1]!] = new Dict(map);
            pc += 5;
            continue;
          }
        case 57 /* ListPush */:
          checkItemCount((R[base + code[pc + 1]!] as List).items.push(R[base + code[pc + 2]!]));
          pc += 3;
          continue;
        case 58 /* ListSpread */:
          {
            const { items } = R[base + code[pc + 1]!] as List;
            const spread = spreadItems(R[base + code[pc + 2]!]);
            checkItemCount(items.length + spread.length);
            // By count: code that no compiler wrote may spread a list into itself.
            for (let i = 0, count = spread.length; i < count; i++) items.push(share(spread[i]));
            pc += 3;
            continue;
          }
        case 59 /* DictSet */:
          (R[base + code[pc + 1]!] as Dict).set(display(R[base + code[pc + 2]!]), R[base + code[pc + 3]!]);
          pc += 4;
          continue;
        case 60 /* DictSpread */:
          spreadDict(R[base + code[pc + 1]!] as Dict, R[base + code[pc + 2]!]);
          pc += 3;
          continue;
        case 61 /* GetProp */:
          {
            const object = R[base + code[pc + 2]!];
            if (object instanceof Dict || object instanceof StructValue) {
              const value = object.map.get(K[code[pc + 3]!] as string);
              if (typeof value === "object" && value instanceof Container) value.shared = true;
              R[base + code[pc + 1]!] = value;
            } else R[base + code[pc + 1]!] = getProperty(object, K[code[pc + 3]!] as string, false);
            pc += 4;
            continue;
          }
        case 62 /* GetPropOpt */:
          R[base + code[pc + 1]!] = getProperty(R[base + code[pc + 2]!], K[code[pc + 3]!] as string, true);
          pc += 4;
          continue;
        case 63 /* SetProp */:
          {
            const at = base + code[pc + 1]!;
            setProperty((R[at] = owned(R[at])), K[code[pc + 2]!] as string, R[base + code[pc + 3]!]);
            pc += 4;
            continue;
          }
        case 64 /* BorrowProp */:
          {
            const at = base + code[pc + 2]!;
            R[base + code[pc + 1]!] = borrowProperty((R[at] = owned(R[at])), K[code[pc + 3]!] as string);
            pc += 4;
            continue;
          }
        case 65 /* GetIndex */:
          {
            const object = R[base + code[pc + 2]!];
            const index = R[base + code[pc + 3]!];
            if (object instanceof List && typeof index === "number" && index >= 0) {
              const value = object.items[index];
              if (typeof value === "object" && value instanceof Container) value.shared = true;
              R[base + code[pc + 1]!] = value;
            } else R[base + code[pc + 1]!] = getIndex(object, index, false);
            pc += 4;
            continue;
          }
        case 66 /* GetIndexOpt */:
          R[base + code[pc + 1]!] = getIndex(R[base + code[pc + 2]!], R[base + code[pc + 3]!], true);
          pc += 4;
          continue;
        case 67 /* SetIndex */:
          {
            const at = base + code[pc + 1]!;
            setIndex((R[at] = owned(R[at])), R[base + code[pc + 2]!], R[base + code[pc + 3]!]);
            pc += 4;
            continue;
          }
        case 68 /* BorrowIndex */:
          {
            const at = base + code[pc + 2]!;
            R[base + code[pc + 1]!] = borrowIndex((R[at] = owned(R[at])), R[base + code[pc + 3]!]);
            pc += 4;
            continue;
          }
        case 69 /* Slice */:
          R[base + code[pc + 1]!] = slice(R[base + code[pc + 2]!], R[base + code[pc + 3]!], R[base + code[pc + 4]!]);
          pc += 5;
          continue;
        case 70 /* Range */:
          R[base + code[pc + 1]!] = makeRange(R[base + code[pc + 2]!], R[base + code[pc + 3]!], code[pc + 4] === 1);
          pc += 5;
          continue;
        case 71 /* Concat */:
          {
            const from = base + code[pc + 2]!;
            const to = from + code[pc + 3]!;
            let text = "";
            for (let i = from; i < to; i++) {
              const value = R[i];
              text += typeof value === "string" ? value : display(value);
            }
            R[base + code[pc + 1]!] = text;
            pc += 4;
            continue;
          }
        case 72 /* Enum */:
          {
            const from = base + code[pc + 4]!;
            R[base + code[pc + 1]!] = new EnumValue(
              fn.module.enumType(K[code[pc + 2]!] as string),
              K[code[pc + 3]!] as string,
              R.slice(from, from + code[pc + 5]!).map(share),
            );
            pc += 6;
            continue;
          }
        case 73 /* EnumField */:
          R[base + code[pc + 1]!] = share((R[base + code[pc + 2]!] as EnumValue).fields[code[pc + 3]!]);
          pc += 4;
          continue;
        case 74 /* Struct */:
          R[base + code[pc + 1]!] = makeStruct((K[code[pc + 2]!] as StructTypeValue).type, R[base + code[pc + 3]!]);
          pc += 4;
          continue;
        case 75 /* DefineMethod */:
          {
            const type = K[code[pc + 1]!] as string;
            const methods = (fn.module.structTypes.get(type) ?? fn.module.enumType(type)).methods;
            const method = R[base + code[pc + 3]!];
            if (!(method instanceof Closure)) throw unsound("DefineMethod", "a closure", code[pc + 3]!, method);
            methods.set(K[code[pc + 2]!] as string, method);
            pc += 4;
            continue;
          }
        case 76 /* AssertDict */:
          assertDict(R[base + code[pc + 1]!]);
          pc += 2;
          continue;
        case 77 /* AssertList */:
          assertList(R[base + code[pc + 1]!]);
          pc += 2;
          continue;
        case 78 /* DictRest */:
          R[base + code[pc + 1]!] = dictRest(R[base + code[pc + 2]!], K[code[pc + 3]!]);
          pc += 4;
          continue;
        case 79 /* CheckParam */:
          {
            const value = R[base + code[pc + 1]!];
            const { type } = K[code[pc + 3]!] as TypeValue;
            if (!(typeof value === "number" && type.kind === "named" && type.name === "int")) {
              checkArgument(value, K[code[pc + 2]!] as string, type);
            }
            pc += 4;
            continue;
          }

        case 80 /* Call */:
          {
            const callee = R[base + code[pc + 2]!];
            const at = base + code[pc + 3]!;
            const count = code[pc + 4]!;
            const dst = base + code[pc + 1]!;
            frame.pc = pc + 5;
            if (callee instanceof Closure && callee.proto.isPlain) {
              if (task.depth >= vm.maxFrames) vm.checkDepth(task);
              frame = enterClosure(task, callee, at, count, dst);
            } else {
              if (!callValue(vm, task, callee, R.slice(at, at + count), dst)) return false;
              frame = task.top!;
            }
            break;
          }
        case 81 /* CallGlobal */:
          {
            const callee = fn.module.slots[code[pc + 2]!];
            const at = base + code[pc + 3]!;
            const count = code[pc + 4]!;
            const dst = base + code[pc + 1]!;
            frame.pc = pc + 5;
            if (callee instanceof Closure && callee.proto.isPlain) {
              if (task.depth >= vm.maxFrames) vm.checkDepth(task);
              frame = enterClosure(task, callee, at, count, dst);
            } else {
              if (callee === UNSET)
                throw new RuntimeError("undefined-builtin", fn.module.code.slotNames[code[pc + 2]!]!);
              if (!callValue(vm, task, callee, R.slice(at, at + count), dst)) return false;
              frame = task.top!;
            }
            break;
          }
        case 82 /* CallNative */:
          {
            const native = fn.natives[code[pc + 2]!];
            const at = base + code[pc + 3]!;
            if (native !== undefined && native.kind === "pure") {
              R[base + code[pc + 1]!] = native.impl(R.slice(at, at + code[pc + 4]!), vm.hosts.contextOf(task));
              pc += 5;
              continue;
            }
            if (!native) throw new RuntimeError("undefined-builtin", fn.proto.natives[code[pc + 2]!]!);
            frame.pc = pc + 5;
            if (!callNative(vm, task, native, R.slice(at, at + code[pc + 4]!), base + code[pc + 1]!)) return false;
            frame = task.top!;
            break;
          }
        case 83 /* CallMethod */:
        case 84 /* CallMethodOpt */:
          {
            const receiver = R[base + code[pc + 2]!];
            const dst = base + code[pc + 1]!;
            frame.pc = pc + 6;
            if (receiver === undefined && code[pc] === 84 /* CallMethodOpt */) {
              R[dst] = undefined;
              pc += 6;
              continue;
            }
            const at = base + code[pc + 4]!;
            if (!callMethod(vm, task, receiver, K[code[pc + 3]!] as string, at, code[pc + 5]!, dst)) return false;
            frame = task.top!;
            break;
          }
        case 85 /* CallMethodOn */:
          {
            const dst = base + code[pc + 1]!;
            const at = base + code[pc + 3]!;
            const name = K[code[pc + 2]!] as string;
            if (callMethodInPlace(R[dst], name, R, at, code[pc + 4]!)) {
              pc += 5;
              continue;
            }
            frame.pc = pc + 5;
            if (!callMethod(vm, task, R[dst], name, at, code[pc + 4]!, dst)) return false;
            frame = task.top!;
            break;
          }
        case 86 /* CallSpread */:
          {
            frame.pc = pc + 4;
            const args = spreadItems(R[base + code[pc + 3]!]).slice();
            if (!callValue(vm, task, R[base + code[pc + 2]!], args, base + code[pc + 1]!)) return false;
            frame = task.top!;
            break;
          }
        case 87 /* CallNativeSpread */:
          {
            const native = fn.natives[code[pc + 2]!];
            if (!native) throw new RuntimeError("undefined-builtin", fn.proto.natives[code[pc + 2]!]!);
            frame.pc = pc + 4;
            const args = spreadItems(R[base + code[pc + 3]!]).slice();
            if (!callNative(vm, task, native, args, base + code[pc + 1]!)) return false;
            frame = task.top!;
            break;
          }
        case 88 /* CallMethodSpread */:
          {
            frame.pc = pc + 5;
            const args = spreadItems(R[base + code[pc + 4]!]);
            const at = base + fn.registerCount + 1;
            ensureRegisters(R, at + args.length);
            for (let i = 0; i < args.length; i++) R[at + i] = args[i];
            const dst = base + code[pc + 1]!;
            if (!callMethod(vm, task, R[base + code[pc + 2]!], K[code[pc + 3]!] as string, at, args.length, dst))
              return false;
            frame = task.top!;
            break;
          }
        case 89 /* Pipe */:
          {
            frame.pc = pc + 4;
            const args = [share(R[base + code[pc + 2]!])];
            if (!callValue(vm, task, R[base + code[pc + 3]!], args, base + code[pc + 1]!)) return false;
            frame = task.top!;
            break;
          }
        case 90 /* TailCall */:
        case 91 /* TailCallGlobal */:
          {
            const callee = code[pc] === 90 /* TailCall */ ? R[base + code[pc + 1]!] : fn.module.slots[code[pc + 1]!];
            const at = base + code[pc + 2]!;
            const count = code[pc + 3]!;
            frame.pc = pc + 4;
            if (callee instanceof Closure && callee.proto.isPlain && task.scopes.length === frame.scopeBase) {
              for (let i = 0; i < count; i++) R[base + i] = R[at + i];
              task.depth -= 1;
              frame = enterClosure(task, callee, base, count, frame.dst);
            } else {
              // Not a plain function: call it, and return its result by the instruction that follows every tail call.
              if (callee === UNSET)
                throw new RuntimeError("undefined-builtin", fn.module.code.slotNames[code[pc + 1]!]!);
              if (!callValue(vm, task, callee, R.slice(at, at + count), at)) return false;
              frame = task.top!;
            }
            break;
          }
        case 92 /* Return */:
        case 93 /* ReturnNil */:
          {
            const value = code[pc] === 92 /* Return */ ? R[base + code[pc + 1]!] : undefined;
            if (task.scopes.length > frame.scopeBase) task.closeScopes(frame.scopeBase);
            const { dst } = frame;
            task.depth -= 1;
            const below = task.top;
            if (below === undefined || below.routine !== undefined) {
              if (!deliver(vm, task, value, dst)) return false;
              frame = task.top!;
            } else {
              R[dst] = value;
              frame = below;
            }
            fn = frame.fn!;
            code = fn.code;
            K = fn.constants;
            base = frame.base;
            pc = frame.pc;
            continue;
          }

        case 94 /* Throw */:
          throw new Thrown(share(R[base + code[pc + 1]!]));
        case 95 /* Rethrow */:
          throw (R[base + code[pc + 1]!] as CaughtFailure).failure;
        case 96 /* Raise */:
          throw new RuntimeError(K[code[pc + 1]!] as ErrorKind, K[code[pc + 2]!] as string);
        case 97 /* CatchValue */:
          R[base + code[pc + 1]!] = (R[base + code[pc + 2]!] as CaughtFailure).failure.value;
          pc += 3;
          continue;
        case 98 /* JumpIfNotError */:
          {
            const { value } = (R[base + code[pc + 1]!] as CaughtFailure).failure;
            pc = errorTypeName(value) === K[code[pc + 2]!] ? pc + 4 : code[pc + 3]!;
            continue;
          }
        case 99 /* WrapOk */:
          {
            const value = R[base + code[pc + 2]!];
            R[base + code[pc + 1]!] = isResult(value) ? value : ok(share(value));
            pc += 3;
            continue;
          }
        case 100 /* WrapErr */:
          R[base + code[pc + 1]!] = err((R[base + code[pc + 2]!] as CaughtFailure).failure.value);
          pc += 3;
          continue;
        case 101 /* Unwrap */:
          {
            const value = R[base + code[pc + 2]!];
            if (!isResult(value))
              throw new RuntimeError("type", `? operator requires a Result value, got ${typeName(value)}`);
            if (value.variant === "Ok") {
              R[base + code[pc + 1]!] = share(value.fields[0]);
              pc = code[pc + 3]!;
            } else pc += 4;
            continue;
          }

        case 102 /* ForInit */:
          R[base + code[pc + 1]!] = loopSource(R[base + code[pc + 2]!]);
          pc += 3;
          continue;
        case 103 /* ForNext */:
          {
            const source = R[base + code[pc + 1]!];
            if (source instanceof Cursor) {
              const { index } = source;
              if (index < source.end) {
                source.index = index + 1;
                const { items } = source;
                R[base + code[pc + 2]!] = items === undefined ? index : share(items[index]);
                pc += 7;
              } else pc = code[pc + 3]!;
              continue;
            }
            const dst = base + code[pc + 2]!;
            frame.pc = pc + 4;
            vm.control.task = task;
            const signal = (source as PullSource).next(vm.control);
            if (signal === DONE) {
              R[dst] = vm.control.value;
              pc += 4;
              continue;
            }
            if (!onSignal(vm, task, signal, dst)) return false;
            frame = task.top!;
            break;
          }
        case 104 /* ExitIfDone */:
          pc = R[base + code[pc + 1]!] === END ? code[pc + 2]! : pc + 3;
          continue;
        case 105 /* ForEnd */:
          leaveLoop(R[base + code[pc + 1]!]);
          pc += 2;
          continue;
        case 106 /* Yield */:
          R[base + code[pc + 1]!] = undefined;
          frame.pc = pc + 3;
          yieldValue(task, share(R[base + code[pc + 2]!]));
          return false;

        case 107 /* DeadlineEnter */:
          {
            const ms = deadlineMs(R[base + code[pc + 1]!]);
            task.openDeadline(vm.timers.now() + ms);
            pc += 2;
            continue;
          }
        case 108 /* MutexEnter */:
          frame.pc = pc + 2;
          if (!vm.locks.enterMutex(task, K[code[pc + 1]!] as string)) return false;
          pc += 2;
          continue;
        case 109 /* ScopeExit */:
          // Never those of the caller, whatever the code says.
          task.closeScopes(Math.max(frame.scopeBase, task.scopes.length - code[pc + 1]!));
          pc += 2;
          continue;
        default:
          throw new RuntimeError("runtime", `Invalid instruction ${code[pc]} in ${fn.name}`);
      }
      // A frame was entered or came back on top: reload.
      fn = frame.fn!;
      code = fn.code;
      K = fn.constants;
      base = frame.base;
      pc = frame.pc;
      if (--fuel < 0) {
        frame.pc = pc + 1;
        const yields = vm.safepoint(task);
        frame.pc = pc;
        fuel = QUANTUM;
        if (yields) {
          vm.giveWay(task);
          return false;
        }
      }
    }
  } catch (thrown) {
    // Handlers are looked up by the word before `frame.pc`. Frames entered meanwhile have set theirs.
    if (frame === task.top && frame.fn === fn) frame.pc = pc + 1;
    throw thrown;
  } finally {
    vm.pace.spent += QUANTUM - fuel;
  }
}
