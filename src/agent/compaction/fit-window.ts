/**
 * The last resort: makes a history fit a number of tokens, whatever is in it, without asking a model.
 *
 * In this order, stopping as soon as it fits: shorten long results of all but the last block, drop whole blocks from the
 * oldest on (a note takes their place), shorten what is in the last block, and at the very end replace the last block by
 * a note. Calls and results stay together throughout. The result starts with a user message.
 */

import type { UserMessage } from "../../llm/index.ts";
import type { RecordedMessage } from "../context/recorded-message.ts";
import { firstCodePoints, lastCodePoints } from "../tools/code-points.ts";
import { estimateMessageTokens, estimateTextTokens, estimateTokens } from "./estimate.ts";
import { splitBlocks } from "./history-cuts.ts";

/** No history is made smaller than this. */
export const SMALLEST_WINDOW_TOKENS = 32;

const DROPPED_NOTE: UserMessage = { role: "user", content: "[Earlier messages were removed to make room]" };
const REMOVED = "[removed to make room]";

/** The same array when it fits already. */
export function fitToWindow(messages: readonly RecordedMessage[], budgetTokens: number): readonly RecordedMessage[] {
  const budget = Math.max(budgetTokens, SMALLEST_WINDOW_TOKENS);
  if (estimateTokens(messages) <= budget) return messages;

  const blocks = splitBlocks(messages).map((block) => block.slice());
  const last = blocks.length - 1;
  const shortened = blocks.map((block, index) => (index === last ? block : block.map(withoutLongResult)));
  if (estimateTokens(shortened.flat()) <= budget) return shortened.flat();

  const noteTokens = estimateMessageTokens(DROPPED_NOTE);
  let kept = estimateTokens(shortened[last] ?? []);
  let first = last;
  while (first > 0) {
    const tokens = estimateTokens(shortened[first - 1]!);
    if (kept + tokens + noteTokens > budget) break;
    kept += tokens;
    first--;
  }
  const tail = shortened.slice(first).flat();
  if (kept + noteTokens <= budget) return first === 0 ? tail : [DROPPED_NOTE, ...tail];
  return fitBlock(shortened[last] ?? [], budget, noteTokens);
}

/** One block on its own, smaller than it is: a user message, or an exchange. */
function fitBlock(block: readonly RecordedMessage[], budget: number, noteTokens: number): readonly RecordedMessage[] {
  const [head, ...results] = block;
  if (head === undefined) return [];
  if (head.role === "user") return [{ ...head, content: cutToTokens(head.content, budget) }];
  if (head.role === "assistant") {
    const { thinking = [], ...bare } = head;
    // Providers that sign thinking refuse calls of a running exchange without it, and it cannot be shortened.
    if (thinking.some((part) => part.signature !== undefined || part.redacted !== undefined)) return [DROPPED_NOTE];
    const assistant =
      bare.text === undefined ? bare : { ...bare, text: cutToTokens(bare.text, Math.floor(budget / 4)) };
    const room = budget - noteTokens - estimateMessageTokens(assistant);
    const share = Math.floor(room / Math.max(1, results.length)) - 16;
    if (share >= 8 || (results.length === 0 && room >= 0)) {
      const cut = results.map((result) =>
        result.role === "tool" ? { ...result, content: cutToTokens(result.content, share) } : result,
      );
      return [DROPPED_NOTE, assistant, ...cut];
    }
  }
  return [DROPPED_NOTE];
}

function withoutLongResult(message: RecordedMessage): RecordedMessage {
  return message.role === "tool" && estimateTextTokens(message.content) > 100
    ? { ...message, content: REMOVED }
    : message;
}

/** The text itself when it fits, else its beginning and end around a mark. */
export function cutToTokens(text: string, tokens: number): string {
  if (estimateTextTokens(text) <= tokens) return text;
  const mark = "\n[...]\n";
  const room = tokens - estimateTextTokens(mark);
  if (room < 4) return firstCodePoints(text, Math.max(1, tokens));
  // Non-ASCII text costs a token per character, so this many always fit; ASCII may take four times as many.
  let low = room;
  let high = room * 4;
  const cut = (chars: number) =>
    firstCodePoints(text, Math.ceil(chars / 2)) + mark + lastCodePoints(text, Math.floor(chars / 2));
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (estimateTextTokens(cut(middle)) <= tokens) low = middle;
    else high = middle - 1;
  }
  const result = cut(low);
  return estimateTextTokens(result) <= tokens ? result : firstCodePoints(text, Math.max(1, tokens));
}
