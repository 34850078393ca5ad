/**
 * Exhaustive narrowing of `unknown`: a path that rules out `type_of` answers one by one and then says it cannot go on
 * (`throw`, `unreachable()`, a call that never returns) claims to have covered them all. A path that ruled out nothing
 * claims nothing.
 */

import type { Span } from "../syntax/ast.ts";
import { type Checker, report } from "./checker.ts";
import { TYPE_OF_NAMES } from "./narrowing.ts";

export function checkUnknownExhausted(checker: Checker, span: Span, site: string): void {
  const claims = [...checker.flow.facts]
    .filter(([, fact]) => fact.type.kind === "Unknown" && fact.ruledOut.length > 0)
    .sort(([a], [b]) => (a.name < b.name ? -1 : 1));
  for (const [variable, fact] of claims) {
    const missing = TYPE_OF_NAMES.filter((name) => !fact.ruledOut.includes(name));
    if (missing.length === 0) continue;
    report(
      checker,
      "unknownNotExhausted",
      span,
      `\`${site}\` reached but \`${variable.name}: unknown\` was not fully narrowed — uncovered concrete type(s): ${missing.join(", ")}`,
      { hint: "Test the remaining types, or return a value for them" },
    );
  }
}
