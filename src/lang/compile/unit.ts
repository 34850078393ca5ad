/** The state of compiling one file: what its top-level names mean, and what goes wrong. */

import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { oneLine } from "../diagnostics/display-text.ts";
import type { Expr, Item, Span } from "../syntax/ast.ts";
import type { Position, SourceFile } from "../syntax/source-file.ts";
import type { FileFacts } from "./analysis.ts";
import type { Binding, FunctionScope } from "./function-scope.ts";

/** What the lower parts of the compiler need of the upper ones. */
export interface CompileRules {
  readonly expression: (f: FunctionScope, expr: Expr, target: number) => void;
  /** In the scope that is open. */
  readonly items: (f: FunctionScope, items: readonly Item[], target: number) => void;
}

export class Unit {
  readonly rules: CompileRules;
  readonly file: SourceFile;
  readonly facts: FileFacts;
  /** Top-level variables are module slots (imported modules), not registers of the main function (the entry file). */
  readonly topLevelSlots: boolean;
  readonly hasPipelines: boolean;
  readonly diagnostics: Diagnostic[] = [];
  /** Functions of `main` that capture nothing and can exist before it runs. */
  readonly hoisted: { readonly slot: number; readonly index: number }[] = [];
  readonly slotNames: string[] = [];
  readonly #slots = new Map<string, { readonly slot: number; mutable: boolean }>();

  constructor(file: SourceFile, facts: FileFacts, topLevelSlots: boolean, hasPipelines: boolean, rules: CompileRules) {
    this.file = file;
    this.facts = facts;
    this.topLevelSlots = topLevelSlots;
    this.hasPipelines = hasPipelines;
    this.rules = rules;
  }

  /** The slot of a top-level name, made on first use. */
  slot(name: string, mutable: boolean): number {
    const known = this.#slots.get(name);
    if (known) return known.slot;
    const slot = this.slotNames.push(name) - 1;
    this.#slots.set(name, { slot, mutable });
    return slot;
  }

  slotBinding(name: string): Binding | undefined {
    const known = this.#slots.get(name);
    return known && { kind: "slot", slot: known.slot, mutable: known.mutable };
  }

  placeOf(span: Span): Position {
    return this.file.position(span.start);
  }

  error(code: string, message: string, span: Span, hint?: string): void {
    const help = hint === undefined ? {} : { hint: oneLine(hint) };
    this.diagnostics.push({ code, severity: "error", message: oneLine(message), span, ...help });
  }
}
