/**
 * Exhaustive narrowing of `unknown`: a path that rules out `type_of` answers one by one and then says it cannot go on
 * (`throw`, `unreachable()`, a call that never returns) claims to have covered them all. A path that ruled out nothing
 * claims nothing.
 */

import type { Span } from "../syntax/ast.ts";
import { type Checker, report } from "./checker.ts";
import { TYPE_OF_NAMES } from "./narrowing.ts";
import { openClaims } from "./scope.ts";

export function checkUnknownExhausted(checker: Checker, span: Span, site: string): void {
  const claims = [...openClaims(checker.flow)].sort((a, b) => (a.variable.name < b.variable.name ? -1 : 1));
  for (const { variable, ruledOut } of claims) {
    const missing = TYPE_OF_NAMES.filter((name) => !ruledOut.includes(name));
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
