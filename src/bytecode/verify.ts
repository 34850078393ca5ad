/**
 * Checks that a function can be run without looking: every operand is in range and of its kind, every jump lands on an
 * instruction, control cannot run off the end, and can go round only through instructions that let the VM stop it.
 * Loaders run it on bytecode they did not compile themselves. What a register holds is not checked: the VM tells of
 * that when it happens (`vm/core/unsound-code.ts`).
 */

import { type Constant, ERROR_KINDS, type FunctionProto, type ModuleCode } from "./function.ts";
import { type ConstantOperand, type OpcodeInfo, opcodes } from "./opcodes.ts";

export interface VerifyProblem {
  readonly function: string;
  /** Word index, or -1 for the function as a whole. */
  readonly at: number;
  readonly message: string;
}

const CONSTANTS: Record<ConstantOperand, string> = {
  k: "a constant",
  s: "a string",
  o: "a string or nil",
  e: "the kind of an error",
  l: "a list of strings",
  y: "the layout of a struct",
  p: "a type",
};

const errorKinds: ReadonlySet<string> = new Set(ERROR_KINDS);

function isConstantOf(operand: ConstantOperand, constant: Constant): boolean {
  switch (operand) {
    case "k":
      return true;
    case "s":
      return constant.kind === "string";
    case "o":
      return constant.kind === "string" || constant.kind === "nil";
    case "e":
      return constant.kind === "string" && errorKinds.has(constant.value);
    case "l":
      return constant.kind === "list" && constant.items.every(({ kind }) => kind === "string");
    case "y":
      return constant.kind === "struct";
    case "p":
      return constant.kind === "type";
  }
}

/** Registers that a function may have beyond its inputs and the words of its code. */
const SPARE_REGISTERS = 64;

/** All problems of a module's functions; none means it may be run. */
export function verifyModule(module: ModuleCode): readonly VerifyProblem[] {
  const problems: VerifyProblem[] = [];
  const slots = module.slotNames.length;
  for (const binding of module.imports) {
    if (binding.slot < 0 || binding.slot >= slots) {
      problems.push({ function: module.id, at: -1, message: `Import \`${binding.name}\` has no slot ${binding.slot}` });
    }
  }
  for (const entry of module.exports) {
    if (entry.slot < 0 || entry.slot >= slots) {
      problems.push({ function: module.id, at: -1, message: `Export \`${entry.name}\` has no slot ${entry.slot}` });
    }
  }
  for (const { slot, index } of module.hoisted) {
    if (slot < 0 || slot >= slots || !module.main.functions[index]) {
      problems.push({ function: module.id, at: -1, message: `Hoisted function ${index} does not fit slot ${slot}` });
    }
  }
  const pending: FunctionProto[] = [module.main];
  for (let proto = pending.pop(); proto; proto = pending.pop()) {
    verifyFunction(proto, slots, problems);
    for (const child of proto.functions) {
      pending.push(child);
      for (const register of child.captures) {
        if (register < 0 || register >= proto.registerCount) {
          problems.push({
            function: child.name,
            at: -1,
            message: `Captured register ${register} is outside its parent`,
          });
        }
      }
    }
  }
  return problems;
}

function verifyFunction(proto: FunctionProto, slots: number, problems: VerifyProblem[]): void {
  const { code } = proto;
  const report = (at: number, message: string) => problems.push({ function: proto.name, at, message });
  const starts = new Set<number>();
  const targets: [from: number, to: number][] = [];
  const limits: Record<"f" | "g" | "b", number> = {
    f: proto.functions.length,
    g: slots,
    b: proto.natives.length,
  };
  const inputs = proto.paramNames.length + proto.captures.length;
  if (inputs > proto.registerCount) report(-1, `Has ${proto.registerCount} registers for ${inputs} inputs`);
  // Every register is written somewhere: a frame's memory stays in proportion to the code.
  const usable = inputs + code.length + SPARE_REGISTERS;
  if (proto.registerCount > usable) report(-1, `Has ${proto.registerCount} registers, its code can use ${usable}`);

  let at = 0;
  let last: OpcodeInfo | undefined;
  while (at < code.length) {
    const info = opcodes[code[at] ?? -1];
    if (!info) {
      report(at, `Unknown opcode ${code[at]}`);
      return;
    }
    starts.add(at);
    if (at + info.operands.length >= code.length + (info.operands.length === 0 ? 1 : 0)) {
      report(at, `${info.name} is cut off`);
      return;
    }
    info.operands.forEach((kind, index) => {
      const value = code[at + 1 + index] as number;
      switch (kind) {
        case "w":
        case "r":
        case "x":
          if (value < 0 || value >= proto.registerCount)
            report(at, `${info.name}: register ${value} of ${proto.registerCount}`);
          break;
        case "a": {
          const count = code[at + 2 + index] as number;
          const lowest = TAKES_RECEIVER.has(info.name) ? 1 : 0;
          if (value < lowest || count < 0 || value + count > proto.registerCount) {
            report(at, `${info.name}: registers ${value}..${value + count} of ${proto.registerCount}`);
          }
          break;
        }
        case "k":
        case "s":
        case "o":
        case "e":
        case "l":
        case "y":
        case "p": {
          const constant = proto.constants[value];
          if (constant === undefined) report(at, `${info.name}: index ${value} of ${proto.constants.length}`);
          else if (!isConstantOf(kind, constant)) {
            report(at, `${info.name}: expected ${CONSTANTS[kind]}, found a constant of kind ${constant.kind}`);
          }
          break;
        }
        case "f":
        case "g":
        case "b":
          if (value < 0 || value >= limits[kind]) report(at, `${info.name}: index ${value} of ${limits[kind]}`);
          break;
        case "n":
          if (value < 0) report(at, `${info.name}: negative count ${value}`);
          break;
        case "t":
          targets.push([at, value]);
          break;
        case "i":
          break;
      }
    });
    last = info;
    at += 1 + info.operands.length;
  }
  if (!last?.ends) report(code.length, "Control runs off the end");
  for (const [from, to] of targets) {
    if (!starts.has(to)) report(from, `Jumps to ${to}, which is no instruction`);
    else if (to <= from && opcodes[code[from] as number]?.name !== "Loop") {
      report(from, `Jumps back to ${to} without a safepoint`);
    }
  }
  for (const handler of proto.handlers) {
    if (!starts.has(handler.target)) report(handler.start, `Handler at ${handler.target}, which is no instruction`);
    else if (handler.target < handler.end)
      report(handler.start, `Handler at ${handler.target} lies in what it handles`);
    if (handler.register < 0 || handler.register >= proto.registerCount) {
      report(handler.start, `Handler register ${handler.register} of ${proto.registerCount}`);
    }
    if (handler.scopeDepth < 0) report(handler.start, `Handler with negative scope depth ${handler.scopeDepth}`);
    if (handler.start >= handler.end || handler.end > code.length) report(handler.start, "Handler covers nothing");
  }
  verifyPlaces(proto.places, report);
}

/** A method gets its receiver in the register in front of its arguments. */
const TAKES_RECEIVER: ReadonlySet<string> = new Set(["CallMethod", "CallMethodOn", "CallMethodOpt"]);

/** Whoever asks for a place searches the table by halves. */
function verifyPlaces(places: Int32Array, report: (at: number, message: string) => void): void {
  if (places.length % 3 !== 0) {
    report(-1, `Table of places with ${places.length} words: expected triples of word, line and column`);
  }
  for (let i = 3; i < places.length; i += 3) {
    if ((places[i] as number) > (places[i - 3] as number)) continue;
    report(-1, `Table of places goes from word ${places[i - 3]} to ${places[i]}: expected ascending words`);
    return;
  }
}
