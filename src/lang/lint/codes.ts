/** The lint rules as rows of `harn explain` and the reference page. */

import type { CodeTable } from "../diagnostics/codes.ts";
import { lintRules } from "./lint-rules.ts";

export const LINT_CODES: CodeTable = lintRules.map((rule) => ({
  code: rule.code,
  severity: rule.severity ?? "warning",
  rule: rule.name,
  title: titleOf(rule.name),
  explanation: rule.docs,
  bad: rule.bad,
  fixed: rule.fixed,
}));

function titleOf(name: string): string {
  const words = name.replaceAll("-", " ");
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}
