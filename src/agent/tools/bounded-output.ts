/** The ceiling on what one tool call may put into the history (LOOP-96, LOOP-97). */

import type { Json } from "../../base/index.ts";
import { headWithin, tailWithin, utf8Length } from "./clip.ts";

/** Bytes of JSON text above which a result is replaced by a preview. */
export const OUTPUT_CEILING_BYTES = 200_000;
export const PREVIEW_BYTES = 50_000;

const ERROR_WORDS = /error|exception|failed|fatal|panic|traceback|exit code/i;
const ERROR_TAIL_BYTES = 2048;

/** The value itself, or `{tool_output_clipped: true, preview}` when it is too large. */
export function boundOutput(value: Json, ceilingBytes: number = OUTPUT_CEILING_BYTES): Json {
  const json = JSON.stringify(value);
  if (json.length * 3 <= ceilingBytes) return value;
  const bytes = utf8Length(json);
  if (bytes <= ceilingBytes) return value;
  const text = typeof value === "string" ? value : json;
  const note = `[output clipped: ${bytes} bytes total exceeded the tool-output ceiling]`;
  return { tool_output_clipped: true, preview: `${previewOf(text, Math.min(PREVIEW_BYTES, ceilingBytes))}\n${note}` };
}

/** Head of the text; when its end speaks of an error, 70 % head and 30 % tail. */
export function previewOf(text: string, maxBytes: number): string {
  if (!ERROR_WORDS.test(tailWithin(text, ERROR_TAIL_BYTES))) return headWithin(text, maxBytes).trimEnd();
  const head = headWithin(text, Math.floor(maxBytes * 0.7)).trimEnd();
  const tail = tailWithin(text, Math.floor(maxBytes * 0.3));
  const omitted = text.slice(head.length, text.length - tail.length);
  return `${head}\n[... ${omitted.split("\n").length - 1} lines omitted ...]\n${tail.trimEnd()}`;
}
