/** Shortening one tool output for the history: head, lines that look like diagnostics, tail (llm COMPACT-08). */

import { headWithin, tailWithin } from "../tools/clip.ts";
import { codePointCount } from "../tools/code-points.ts";

/** Outputs are never made shorter than this. */
const SMALLEST_LIMIT = 200;
const MAX_DIAGNOSTIC_LINES = 32;
const MIN_PART_CHARS = 80;

/** The text itself when it has at most `maxChars` characters, or when the limit is too small to be meant. */
export function microcompact(text: string, maxChars: number): string {
  if (maxChars < SMALLEST_LIMIT || text.length <= maxChars || codePointCount(text) <= maxChars) return text;
  const diagnostics = diagnosticLines(text).join("\n");
  if (diagnostics !== "") {
    const part = Math.floor((maxChars - diagnostics.length - 64) / 2);
    if (part >= MIN_PART_CHARS) {
      return [
        headWithin(text, part).trimEnd(),
        `[diagnostic lines preserved]\n${diagnostics}`,
        "[... output compacted ...]",
        tailWithin(text, part),
      ].join("\n\n");
    }
  }
  const part = Math.floor(maxChars / 2);
  const head = headWithin(text, part);
  const tail = tailWithin(text, part);
  const snipped = codePointCount(text) - codePointCount(head) - codePointCount(tail);
  return `${head.trimEnd()}\n\n[... ${snipped} characters snipped ...]\n\n${tail}`;
}

const STRONG = /FAIL|[Pp]anic/;
const LOCATION = /:\d/;
const WEAK = /error|undefined|expected|cannot find|not found|no such|unresolved|missing|mismatch|unused/i;
const LABEL = /^(?:error|warning|note|fatal|panic)\b.*:|\berror\b.*:/i;

/** Lines that say what went wrong and where: the part of a long log that is read. */
function diagnosticLines(text: string): readonly string[] {
  const lines: string[] = [];
  for (const line of text.split("\n")) {
    if (line.length > 2000) continue;
    const isDiagnostic = STRONG.test(line) || (LOCATION.test(line) && WEAK.test(line)) || LABEL.test(line.trim());
    if (isDiagnostic && lines.push(line.trim()) >= MAX_DIAGNOSTIC_LINES) break;
  }
  return lines;
}
