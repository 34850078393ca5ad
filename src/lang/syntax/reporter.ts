/** Collects the diagnostics of one file. Past the limit it counts no further, so that garbage costs no memory. */

import type { Diagnostic, Label } from "../diagnostics/diagnostic.ts";
import { oneLine } from "../diagnostics/display-text.ts";
import type { Span } from "./ast.ts";
import type { ParseCode } from "./codes.ts";
import type { SourceFile } from "./source-file.ts";

/** More errors than this in one file are summed up in one closing line. */
export const MAX_SYNTAX_ERRORS = 200;

export interface Reporter {
  readonly file: SourceFile;
  readonly diagnostics: Diagnostic[];
}

export interface ReportExtras {
  readonly labels?: readonly Label[];
  readonly hint?: string;
}

export function report(
  reporter: Reporter,
  code: ParseCode,
  message: string,
  span: Span,
  extras: ReportExtras = {},
): void {
  const { diagnostics } = reporter;
  if (diagnostics.length > MAX_SYNTAX_ERRORS) return;
  if (diagnostics.length === MAX_SYNTAX_ERRORS) {
    diagnostics.push({
      code: "HARN-P021",
      severity: "error",
      message: `More than ${MAX_SYNTAX_ERRORS} syntax errors, the rest is not shown`,
      span,
    });
    return;
  }
  const hint = extras.hint === undefined ? {} : { hint: oneLine(extras.hint) };
  diagnostics.push({ code, severity: "error", message: oneLine(message), span, ...extras, ...hint });
}

/** `line:column`, as syntax messages end with. */
export function place(reporter: Reporter, offset: number): string {
  const { line, column } = reporter.file.position(offset);
  return `${line}:${column}`;
}
