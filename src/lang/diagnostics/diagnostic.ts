/**
 * A diagnostic speaks about the user's program. It is a value: collected, sorted, turned into text by one renderer
 * (`render.ts`) or into JSON, never thrown across a layer.
 */

import type { Span } from "../syntax/ast.ts";

export type Severity = "error" | "warning";

export interface Label {
  readonly span: Span;
  readonly message: string;
}

export interface Diagnostic {
  /** Permanent, `HARN-P001` (parse), `HARN-T001` (types), `HARN-N001` (names), `HARN-L001` (lint), `HARN-C001` (compile). */
  readonly code: string;
  readonly severity: Severity;
  /** One line, no full stop, found and expected. */
  readonly message: string;
  readonly span: Span;
  readonly labels?: readonly Label[];
  /** Starts with a verb, or "Did you mean `…`?". */
  readonly hint?: string;
}
