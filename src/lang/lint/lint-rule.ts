/** What a rule is, what it sees, and what it reports. */

import type { Diagnostic, Severity } from "../diagnostics/diagnostic.ts";
import type { Item, Module, Span } from "../syntax/ast.ts";
import type { Binding } from "./name-table.ts";
import type { TreeIndex } from "./tree-index.ts";

/** Replaces a span of the source. A fix is a list of edits that do not overlap and only make sense together. */
export interface TextEdit {
  readonly span: Span;
  readonly replacement: string;
}

export interface LintDiagnostic extends Diagnostic {
  /** The rule's name, for configuration and suppression. */
  readonly rule: string;
  /** Absent when a person has to decide. */
  readonly fixes?: readonly TextEdit[];
}

export interface LintOptions {
  /** Names of rules that stay silent. */
  readonly disabled?: readonly string[];
  /** Cyclomatic complexity above which `cyclomatic-complexity` reports (default 25). */
  readonly complexityThreshold?: number;
  /** Functions that other files import: not unused, whatever this file does with them. */
  readonly importedElsewhere?: ReadonlySet<string>;
  /** Turns on `persona-step-only` (STEP-63). */
  readonly strictPersonas?: {
    /** `persona_step_allowlist` of the project. */
    readonly allowedHelpers: readonly string[];
    /** Builtins and standard library functions. */
    readonly standardNames: ReadonlySet<string>;
  };
}

export interface LintContext {
  readonly source: string;
  readonly module: Module;
  readonly tree: TreeIndex;
  readonly bindings: readonly Binding[];
  readonly options: LintOptions;
  /** The source of a span. */
  text(span: Span): string;
}

/** Permanent: a rule that goes leaves a gap. */
export type LintCode = `HARN-L${string}`;

/** A finding without what the rule itself determines. */
export interface Finding {
  readonly message: string;
  readonly span: Span;
  readonly hint?: string;
  readonly fixes?: readonly TextEdit[];
  /** The declaration whose attributes may allow it, when that is not the innermost one. */
  readonly subject?: Item;
}

export interface LintRule {
  readonly name: string;
  readonly code: LintCode;
  /** Default `warning`. */
  readonly severity?: Severity;
  /** One sentence: what it reports and why that matters. */
  readonly docs: string;
  /** A program in which it reports something. */
  readonly bad: string;
  /** The same without; what the fixes make of it where there are any, formatted. */
  readonly fixed: string;
  check(context: LintContext): Iterable<Finding>;
}
