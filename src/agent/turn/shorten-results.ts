/**
 * Long tool results are sent shortened while history keeps them whole (LOOP-100). The same message always gives the
 * same text, so the provider's prompt cache keeps matching.
 */

import { copyOf, growingList } from "../../base/index.ts";
import type { ToolMessage } from "../../llm/index.ts";
import { estimateTextTokens } from "../compaction/estimate.ts";
import type { RecordedMessage } from "../context/recorded-message.ts";
import { utf8Length } from "../tools/clip.ts";
import { codePointCount, firstCodePoints, lastCodePoints } from "../tools/code-points.ts";

const MAX_TOKENS = 2000;
const MAX_BYTES = 12 * 1024;
const MAX_CHARS = 3000;
const KEPT_CHARS = 1500;

/**
 * What is sent of a history that only grows; another one begins anew.
 *
 * @returns a list of its own each time, of the very messages that were sent before
 */
export type ResultShortener = (history: readonly RecordedMessage[]) => readonly RecordedMessage[];

export function createResultShortener(): ResultShortener {
  let current: readonly RecordedMessage[] | undefined;
  let sent: RecordedMessage[] = [];
  return (history) => {
    if (history !== current) sent = growingList([]);
    current = history;
    for (let at = sent.length; at < history.length; at++) {
      const message = history[at]!;
      sent.push(message.role === "tool" && isLong(message) ? shortenResult(message) : message);
    }
    return copyOf(sent);
  };
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
