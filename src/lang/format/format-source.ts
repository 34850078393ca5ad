/** Text in, canonical text out. */

import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { parse } from "../syntax/parser.ts";
import { createSourceFile } from "../syntax/source-file.ts";
import { formatModule } from "./format-module.ts";
import type { FormatOptions } from "./format-options.ts";

export type FormatResult =
  | { readonly text: string }
  /** The text does not parse; nothing was formatted. */
  | { readonly diagnostics: readonly Diagnostic[] };

export function formatSource(text: string, options?: FormatOptions): FormatResult {
  const file = createSourceFile("<source>", text);
  const { module, diagnostics } = parse(file);
  return diagnostics.length > 0 ? { diagnostics } : { text: formatModule(file, module, options) };
}
