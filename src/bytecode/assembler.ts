/** Writes the code of one function: instructions, labels, constants, places, handlers. */

import type { Constant, FunctionProto, Handler } from "./function.ts";
import { opcode } from "./opcodes.ts";

/** A jump target that may not be known yet. Created by {@link Assembler.label}, fixed by `place`. */
export interface Label {
  at: number;
  readonly uses: number[];
}

export type Operand = number | Label;

export class Assembler {
  readonly #code: number[] = [];
  readonly #constants: Constant[] = [];
  readonly #constantIndex = new Map<string, number>();
  readonly #natives: string[] = [];
  readonly #functions: FunctionProto[] = [];
  readonly #handlers: {
    start: number;
    end: number;
    target: Label;
    register: number;
    kind: Handler["kind"];
    scopeDepth: number;
  }[] = [];
  readonly #places: number[] = [];
  #line = 0;
  #column = 0;

  get position(): number {
    return this.#code.length;
  }

  /** Instructions emitted from here on belong to this place of the source. */
  source(line: number, column: number): void {
    this.#line = line;
    this.#column = column;
  }

  label(): Label {
    return { at: -1, uses: [] };
  }

  place(label: Label): void {
    label.at = this.#code.length;
    for (const use of label.uses) this.#code[use] = label.at;
    label.uses.length = 0;
  }

  /** Appends an instruction; operands as the opcode table lists them, labels where it says `t`. */
  emit(name: string, ...operands: readonly Operand[]): number {
    const info = opcode(name);
    if (operands.length !== info.operands.length) {
      throw new RangeError(`${name} takes ${info.operands.length} operands, got ${operands.length}`);
    }
    const at = this.#code.length;
    const places = this.#places;
    if (places.at(-1) !== this.#column || places.at(-2) !== this.#line) places.push(at, this.#line, this.#column);
    this.#code.push(info.code);
    for (const operand of operands) {
      if (typeof operand === "number") this.#code.push(operand);
      else {
        if (operand.at < 0) operand.uses.push(this.#code.length);
        this.#code.push(operand.at);
      }
    }
    return at;
  }

  constant(constant: Constant): number {
    const key = constantKey(constant);
    const known = key === undefined ? undefined : this.#constantIndex.get(key);
    if (known !== undefined) return known;
    this.#constants.push(constant);
    const index = this.#constants.length - 1;
    if (key !== undefined) this.#constantIndex.set(key, index);
    return index;
  }

  string(value: string): number {
    return this.constant({ kind: "string", value });
  }

  native(name: string): number {
    const known = this.#natives.indexOf(name);
    return known >= 0 ? known : this.#natives.push(name) - 1;
  }

  function(proto: FunctionProto): number {
    return this.#functions.push(proto) - 1;
  }

  /** Protects the words from `start` up to now. Add inner handlers before outer ones. */
  handler(
    start: number,
    target: Label,
    register: number,
    kind: Handler["kind"],
    scopeDepth: number,
    end: number = this.position,
  ): void {
    if (end > start) this.#handlers.push({ start, end, target, register, kind, scopeDepth });
  }

  finish(head: {
    readonly name: string;
    readonly paramNames: readonly string[];
    readonly requiredCount: number;
    readonly hasRest: boolean;
    readonly kind: FunctionProto["kind"];
    readonly registerCount: number;
    readonly captures: readonly number[];
  }): FunctionProto {
    return {
      ...head,
      code: Int32Array.from(this.#code),
      constants: this.#constants,
      functions: this.#functions,
      natives: this.#natives,
      handlers: this.#handlers.map(({ target, ...rest }) => ({ ...rest, target: target.at })),
      places: Int32Array.from(this.#places),
    };
  }
}

/** Equal keys mean equal constants; composite constants are not shared. */
function constantKey(constant: Constant): string | undefined {
  switch (constant.kind) {
    case "nil":
      return "nil";
    case "bool":
      return `b${constant.value}`;
    case "int":
      return `i${constant.value}`;
    case "float":
      return Object.is(constant.value, -0) ? "f-0" : `f${constant.value}`;
    case "string":
      return `s${constant.value}`;
    case "duration":
      return `d${constant.ms}`;
    case "list":
    case "dict":
    case "struct":
    case "type":
      return undefined;
  }
}
