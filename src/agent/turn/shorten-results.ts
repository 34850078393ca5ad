/**
 * Long tool results are sent shortened while history keeps them whole (LOOP-100). The same message always gives the
 * same text, so the provider's prompt cache keeps matching.
 */

import type { ToolMessage } from "../../llm/index.ts";
import { estimateTextTokens } from "../compaction/estimate.ts";
import type { RecordedMessage } from "../context/recorded-message.ts";
import { utf8Length } from "../tools/clip.ts";
import { codePointCount, firstCodePoints, lastCodePoints } from "../tools/code-points.ts";

const MAX_TOKENS = 2000;
const MAX_BYTES = 12 * 1024;
const MAX_CHARS = 3000;
const KEPT_CHARS = 1500;

/** The same array when nothing is long. */
export function shortenResults(messages: readonly RecordedMessage[]): readonly RecordedMessage[] {
  let shortened: RecordedMessage[] | undefined;
  // By index: this looks at the whole history at every step.
  for (let index = 0; index < messages.length; index++) {
    const message = messages[index]!;
    if (message.role !== "tool" || !isLong(message)) continue;
    shortened ??= messages.slice();
    shortened[index] = shortenResult(message);
  }
  return shortened ?? messages;
}

function isLong({ content }: ToolMessage): boolean {
  if (content.length <= MAX_CHARS) return false;
  if (content.length <= MAX_BYTES && utf8Length(content) <= MAX_BYTES && estimateTextTokens(content) <= MAX_TOKENS)
    return false;
  return codePointCount(content) > MAX_CHARS;
}

function shortenResult(message: ToolMessage): ToolMessage {
  const { content } = message;
  const omitted = codePointCount(content) - 2 * KEPT_CHARS;
  const middle = `\n[... ${omitted} characters of this result are not shown ...]\n`;
  return { ...message, content: firstCodePoints(content, KEPT_CHARS) + middle + lastCodePoints(content, KEPT_CHARS) };
}
