/**
 * Code that no compiler wrote may pass the verifier and still use a register for what it does not hold: the interpreter
 * does not look, for speed. What the platform says then is told in words of ours; looking happens only after the fact.
 */

import { opcodes } from "../../bytecode/index.ts";
import { CaughtFailure, RuntimeError } from "../error.ts";
import { Cell } from "../module-instance.ts";
import { Dict, EnumValue, List, typeName, type Value } from "../value/value.ts";
import { Cursor, PullSource } from "./sources.ts";
import type { Task } from "./task.ts";

interface Use {
  /** Of the operands, which. */
  readonly operand: number;
  readonly what: string;
  readonly holds: (value: Value) => boolean;
}

const cell = (operand: number): Use => ({ operand, what: "a cell", holds: (value) => value instanceof Cell });
const list: Use = { operand: 0, what: "a list", holds: (value) => value instanceof List };
const dict: Use = { operand: 0, what: "a dict", holds: (value) => value instanceof Dict };
const caught = (operand: number): Use => ({
  operand,
  what: "a caught error",
  holds: (value) => value instanceof CaughtFailure,
});

const USES: ReadonlyMap<string, Use> = new Map([
  ["LoadCell", cell(1)],
  ["StoreCell", cell(0)],
  ["ListPush", list],
  ["ListSpread", list],
  ["DictSet", dict],
  ["DictSpread", dict],
  ["EnumField", { operand: 1, what: "an enum value", holds: (value) => value instanceof EnumValue }],
  ["Rethrow", caught(0)],
  ["CatchValue", caught(1)],
  ["JumpIfNotError", caught(0)],
  ["WrapErr", caught(1)],
  [
    "ForNext",
    { operand: 0, what: "an iteration", holds: (value) => value instanceof Cursor || value instanceof PullSource },
  ],
]);

/** What the instruction that failed, the one before `pc` of the frame on top, wanted of a register; undefined: nothing. */
export function unsoundUse(task: Task, thrown: unknown): RuntimeError | undefined {
  if (!(thrown === undefined || thrown instanceof TypeError)) return undefined;
  const frame = task.top;
  if (frame?.fn === undefined) return undefined;
  const at = frame.pc - 1;
  const info = opcodes[frame.fn.code[at] ?? -1];
  const use = info && USES.get(info.name);
  if (info === undefined || use === undefined) return undefined;
  const register = frame.fn.code[at + 1 + use.operand] as number;
  const value = task.registers[frame.base + register];
  if (use.holds(value)) return undefined;
  return unsound(info.name, use.what, register, value);
}

/** For an instruction that looks, since what it takes would only be missed later. */
export function unsound(instruction: string, what: string, register: number, value: Value): RuntimeError {
  return new RuntimeError(
    "runtime",
    `Unsound bytecode: ${instruction} expected ${what} in register ${register}, found ${typeName(value)}`,
  );
}
