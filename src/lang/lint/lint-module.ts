/** Runs the rules over one parsed file. */

import { oneLine } from "../diagnostics/display-text.ts";
import type { Module } from "../syntax/ast.ts";
import { apart, wouldBeCalled } from "./fix-edits.ts";
import type { Finding, LintContext, LintDiagnostic, LintOptions, LintRule } from "./lint-rule.ts";
import { lintRules } from "./lint-rules.ts";
import { resolveNames } from "./name-table.ts";
import { findSuppressions } from "./suppressions.ts";
import { indexTree } from "./tree-index.ts";
import { mentionedTypes } from "./type-mentions.ts";

export interface LintInput {
  readonly file: { readonly text: string };
  readonly module: Module;
  readonly options?: LintOptions;
  /** Default: all. */
  readonly rules?: readonly LintRule[];
}

/** What the rules find, in source order, without what the author allows. Never throws on a tree with errors in it. */
export function lintModule(input: LintInput): LintDiagnostic[] {
  const { file, module, options = {}, rules = lintRules } = input;
  const tree = indexTree(module);
  const context: LintContext = {
    source: file.text,
    module,
    tree,
    bindings: resolveNames(module, mentionedTypes(tree)),
    options,
    text: (span) => file.text.slice(span.start, span.end),
  };
  const suppressions = findSuppressions(context);
  const disabled = new Set(options.disabled);
  const found: LintDiagnostic[] = [];
  for (const rule of rules) {
    if (disabled.has(rule.name)) continue;
    for (const finding of rule.check(context)) {
      if (!suppressions.allows(rule.name, finding.span, finding.subject))
        found.push(diagnostic(file.text, rule, finding));
    }
  }
  return found.sort((a, b) => a.span.start - b.span.start || compareCodes(a.code, b.code));
}

function diagnostic(source: string, rule: LintRule, finding: Finding): LintDiagnostic {
  const { fixes = [] } = finding;
  return {
    code: rule.code,
    rule: rule.name,
    severity: rule.severity ?? "warning",
    message: oneLine(finding.message),
    span: finding.span,
    ...(finding.hint === undefined ? {} : { hint: oneLine(finding.hint) }),
    ...(fixes.length === 0 || fixes.some((edit) => wouldBeCalled(source, edit))
      ? {}
      : { fixes: fixes.map((edit) => apart(source, edit)) }),
  };
}

function compareCodes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
