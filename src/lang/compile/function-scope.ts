/**
 * The state of compiling one function: registers, variables, and what must happen when control leaves a region.
 *
 * - A *register* is a slot of the frame. Variables own one for their scope; temporaries come and go above them.
 * - A *binding* is what a name means. Names of enclosing functions are *captured*: their values are copied into
 *   registers of this function when it is called. A variable that a closure mentions before it is set lives in a *cell*
 *   instead, so that the closure sees it once it is there (local recursion, forward references).
 * - An *exit* is a region that control may leave early: a loop, a `finally`, open scopes. `break`, `continue` and
 *   `return` walk the exits from the inside out.
 */

import { Assembler, type Constant, type FunctionProto, type Label } from "../../bytecode/index.ts";
import type { Span } from "../syntax/ast.ts";
import type { Unit } from "./unit.ts";

export type Binding =
  | { readonly kind: "register"; readonly register: number; readonly mutable: boolean; readonly cell: boolean }
  | { readonly kind: "slot"; readonly slot: number; readonly mutable: boolean };

interface Scope {
  readonly names: Map<string, Binding>;
  /** Cells whose declaration has not been reached. */
  readonly hoisted: Set<string>;
  readonly span: Span;
  readonly firstRegister: number;
}

export type Exit =
  | { readonly kind: "loop"; readonly breakLabel: Label; readonly continueLabel: Label }
  /** Control enters the finally code with a completion: its kind in one register, its value in another. */
  | {
      readonly kind: "finally";
      readonly label: Label;
      readonly completion: number;
      readonly value: number;
      /** What to do after the finally code for completion kind `index + 2`. */
      readonly continuations: (() => void)[];
    }
  /** A loop over something that only the loop holds: it is let go on the way out. */
  | { readonly kind: "temporary"; readonly source: number }
  /** An error that comes out of here is caught: whoever is called in here comes back first. */
  | { readonly kind: "handler" }
  /** Deadline and mutex scopes, closed by an instruction. */
  | { readonly kind: "scopes"; readonly count: number };

export class FunctionScope {
  readonly unit: Unit;
  readonly parent: FunctionScope | undefined;
  readonly asm: Assembler = new Assembler();
  readonly exits: Exit[] = [];
  /** Set while the main function runs the body of a pipeline. */
  inPipeline = false;
  readonly #scopes: Scope[] = [];
  readonly #captures: { readonly name: string; readonly parentRegister: number; readonly binding: Binding }[] = [];
  readonly #captureBase: number;
  /** Captures are numbered only when the body is done; until then they stand above a gap that is closed by `finish`. */
  #nextRegister: number;
  #registerCount: number;

  constructor(
    unit: Unit,
    parent: FunctionScope | undefined,
    paramNames: readonly string[],
    span: Span,
    captured: readonly string[],
  ) {
    this.unit = unit;
    this.parent = parent;
    this.#captureBase = paramNames.length;
    this.#nextRegister = paramNames.length;
    this.#registerCount = paramNames.length;
    this.#scopes.push({ names: new Map(), hoisted: new Set(), span, firstRegister: 0 });
    for (const name of captured) this.#capture(name);
    paramNames.forEach((name, register) => {
      if (name !== "_") this.#scope.names.set(name, { kind: "register", register, mutable: false, cell: false });
    });
  }

  /** What is emitted from here on comes from the start of `span`. */
  at(span: Span): void {
    const { line, column } = this.unit.placeOf(span);
    this.asm.source(line, column);
  }

  /** The source range of the innermost scope. */
  get scopeSpan(): Span {
    return this.#scope.span;
  }

  get #scope(): Scope {
    return this.#scopes[this.#scopes.length - 1] as Scope;
  }

  /** Copies an outer variable into this function; called for every outer name the body mentions, before the body. */
  #capture(name: string): void {
    const outer = this.parent?.lookup(name);
    if (outer?.kind !== "register") return;
    const binding: Binding = {
      kind: "register",
      register: this.#captureBase + this.#captures.length,
      mutable: outer.mutable,
      cell: outer.cell,
    };
    this.#captures.push({ name, parentRegister: outer.register, binding });
    this.#nextRegister = this.#captureBase + this.#captures.length;
    this.#registerCount = Math.max(this.#registerCount, this.#nextRegister);
    this.#scope.names.set(name, binding);
  }

  // ---- registers ---------------------------------------------------------------------------------------------------

  /** A fresh register, freed by `release` or by the end of its scope. */
  temp(): number {
    const register = this.#nextRegister++;
    if (this.#nextRegister > this.#registerCount) this.#registerCount = this.#nextRegister;
    return register;
  }

  /** `count` registers in a row. */
  block(count: number): number {
    const first = this.#nextRegister;
    this.#nextRegister += count;
    if (this.#nextRegister > this.#registerCount) this.#registerCount = this.#nextRegister;
    return first;
  }

  get mark(): number {
    return this.#nextRegister;
  }

  release(mark: number): void {
    this.#nextRegister = mark;
  }

  // ---- variables ---------------------------------------------------------------------------------------------------

  openScope(span: Span): void {
    this.#scopes.push({ names: new Map(), hoisted: new Set(), span, firstRegister: this.#nextRegister });
  }

  closeScope(): void {
    const scope = this.#scopes.pop() as Scope;
    this.#nextRegister = scope.firstRegister;
  }

  /** What a name means here; captures of this function are already among its names. */
  lookup(name: string): Binding | undefined {
    for (let i = this.#scopes.length - 1; i >= 0; i--) {
      const binding = (this.#scopes[i] as Scope).names.get(name);
      if (binding) return binding;
    }
    return this.unit.slotBinding(name);
  }

  /** Makes a cell for a name that closures mention before its declaration is reached. */
  hoist(name: string, mutable: boolean): void {
    const binding = { kind: "register", register: this.temp(), mutable, cell: true } as const;
    this.#scope.names.set(name, binding);
    this.#scope.hoisted.add(name);
    this.asm.emit("NewCell", binding.register);
  }

  /** Every name that means something here, for suggestions. */
  visibleNames(): string[] {
    const outer = this.parent ? this.parent.visibleNames() : this.unit.slotNames;
    return [...this.#scopes.flatMap((scope) => [...scope.names.keys()]), ...outer];
  }

  /** Declares a variable whose value is in a register of the scope, or in the cell that was hoisted for it. */
  declareAt(name: string, mutable: boolean, register: number): Extract<Binding, { kind: "register" }> {
    const known = this.#scope.names.get(name);
    if (known?.kind === "register" && this.#scope.hoisted.delete(name)) return known;
    const binding = { kind: "register", register, mutable, cell: false } as const;
    this.#scope.names.set(name, binding);
    return binding;
  }

  /** True directly in a file, not in a block or body. */
  get isTopLevel(): boolean {
    return this.parent === undefined && this.#scopes.length === 1;
  }

  /** True where no function or pipeline encloses: `try*` has nothing to leave. */
  get isModuleLevel(): boolean {
    return this.parent === undefined && !this.inPipeline;
  }

  /** The binding of a name in the innermost scope, when its declaration was reached. */
  declaredHere(name: string): Binding | undefined {
    return this.#scope.hoisted.has(name) ? undefined : this.#scope.names.get(name);
  }

  /** A variable that lives in a register somebody else filled (loop item, match subject). */
  bind(name: string, register: number, mutable: boolean): void {
    this.#scope.names.set(name, { kind: "register", register, mutable, cell: false });
  }

  // ---- leaving -----------------------------------------------------------------------------------------------------

  /** Leaves the function with a value, through every `finally` on the way. */
  emitReturn(register: number): void {
    const crossed = this.#through(this.exits.length, 0, (outer) => this.#returnFrom(outer, register), register);
    if (!crossed) this.asm.emit("Return", register);
  }

  #returnFrom(level: number, register: number): void {
    const crossed = this.#through(level, 0, (outer) => this.#returnFrom(outer, register), register);
    if (!crossed) this.asm.emit("Return", register);
  }

  /** Jumps to a label that belongs to the exit at `target`, through every `finally` on the way. */
  emitJumpOut(target: number, label: Label, from: number = this.exits.length): void {
    const crossed = this.#through(from, target + 1, (outer) => this.emitJumpOut(target, label, outer), undefined);
    // `continue` goes back: like any back-edge it must be a safepoint, or a loop of nothing else could not be stopped.
    if (!crossed) this.asm.emit(label.at >= 0 ? "Loop" : "Jump", label);
  }

  /**
   * Closes scopes from exit `from - 1` down to `to`. At a `finally`: enters it, and has `resume` called with the level
   * below to emit what comes after. True when that happened.
   */
  #through(from: number, to: number, resume: (level: number) => void, value: number | undefined): boolean {
    for (let level = from - 1; level >= to; level--) {
      const exit = this.exits[level] as Exit;
      if (exit.kind === "scopes") {
        // `Return` closes what is left open itself; a jump and a finally need it done here.
        this.asm.emit("ScopeExit", exit.count);
      } else if (exit.kind === "temporary") {
        this.asm.emit("ForEnd", exit.source);
      } else if (exit.kind === "finally") {
        if (value !== undefined && value !== exit.value) this.asm.emit("Move", exit.value, value);
        exit.continuations.push(() => {
          if (value !== undefined && value !== exit.value) this.asm.emit("Move", value, exit.value);
          resume(level);
        });
        this.asm.emit("LoadInt", exit.completion, exit.continuations.length + 1);
        this.asm.emit("Jump", exit.label);
        return true;
      }
    }
    return false;
  }

  /** How many deadline and mutex scopes are open. */
  get scopeDepth(): number {
    return this.exits.reduce((sum, exit) => sum + (exit.kind === "scopes" ? exit.count : 0), 0);
  }

  innermostLoop(): { readonly exit: Extract<Exit, { kind: "loop" }>; readonly level: number } | undefined {
    for (let level = this.exits.length - 1; level >= 0; level--) {
      const exit = this.exits[level] as Exit;
      if (exit.kind === "loop") return { exit, level };
    }
    return undefined;
  }

  /** True when a call in tail position may replace this frame. */
  get canTailCall(): boolean {
    return this.exits.every(({ kind }) => kind === "loop" || kind === "temporary");
  }

  /** Before a tail call, which leaves all loops. */
  emitLeaveLoops(): void {
    for (let level = this.exits.length - 1; level >= 0; level--) {
      const exit = this.exits[level] as Exit;
      if (exit.kind === "temporary") this.asm.emit("ForEnd", exit.source);
    }
  }

  // ---- finishing ---------------------------------------------------------------------------------------------------

  constant(constant: Constant): number {
    return this.asm.constant(constant);
  }

  finish(head: {
    readonly name: string;
    readonly paramNames: readonly string[];
    readonly requiredCount: number;
    readonly hasRest: boolean;
    readonly kind: FunctionProto["kind"];
  }): FunctionProto {
    return this.asm.finish({
      ...head,
      registerCount: this.#registerCount,
      captures: this.#captures.map((capture) => capture.parentRegister),
    });
  }

  get captureCount(): number {
    return this.#captures.length;
  }
}
