/** Asking a model for a summary of a history (COMPACT-08 … COMPACT-10). */

import { HarnError } from "../../base/index.ts";
import { foldModelStream, ModelError, type ModelInput, type Usage } from "../../llm/index.ts";
import type { RecordedMessage } from "../context/recorded-message.ts";
import { thrownText } from "../tools/outcome.ts";
import type { CompactionContext } from "./compaction-policy.ts";
import { estimateOverhead, estimateTextTokens } from "./estimate.ts";
import { cutToTokens, fitToWindow } from "./fit-window.ts";

/** The history was not touched. `usage` is what the failed attempt cost. */
export class CompactionError extends HarnError {
  readonly usage: Usage | undefined;

  constructor(message: string, options: { cause?: unknown; usage?: Usage | undefined } = {}) {
    super("agent.compaction", message, { cause: options.cause });
    this.name = "CompactionError";
    this.usage = options.usage;
  }
}

/** COMPACT-09. */
export const SUMMARY_INSTRUCTION = `Write a summary of the conversation above for whoever continues it. Keep what will still be needed:
- what was asked for, and decisions that were taken, with their reasons
- file paths, names, commands and the parts of their output that matter
- what is unfinished and what is to be done next
If the conversation starts with an earlier summary, yours replaces it: carry over what still holds.
Answer with the text of the summary only and call no tool.`;

export interface Summary {
  readonly text: string;
  readonly usage?: Usage;
}

/**
 * One call over the whole history, with the turn's own system prompt and tools so that the provider's cached prefix is
 * used. A history too long for the window is first cut to it.
 *
 * @throws CompactionError when the call fails, or answers with nothing or with a tool call
 */
export async function requestSummary(
  messages: readonly RecordedMessage[],
  context: CompactionContext,
  instruction: string = SUMMARY_INSTRUCTION,
): Promise<Summary> {
  const { system, tools, windowTokens } = context;
  const overhead = estimateOverhead(system, tools) + estimateTextTokens(instruction);
  const input: ModelInput = {
    ...context.request,
    ...(system === undefined || system === "" ? {} : { system }),
    messages: [
      ...fitToWindow(messages, Math.floor(windowTokens * 0.9) - overhead),
      { role: "user", content: instruction },
    ],
    ...(tools.length === 0 ? {} : { tools, toolChoice: "auto" }),
  };
  let result: Awaited<ReturnType<typeof foldModelStream>>;
  try {
    result = await foldModelStream(input, context.client.stream(input, context.signal));
  } catch (thrown) {
    const usage = thrown instanceof ModelError ? thrown.usage : undefined;
    throw new CompactionError(`compaction model call failed: ${thrownText(thrown)}`, { cause: thrown, usage });
  }
  const usage = result.usage.inputTokens > 0 || result.usage.outputTokens > 0 ? result.usage : undefined;
  if (result.text.trim() === "" || result.toolCalls.length > 0) {
    throw new CompactionError("model produced empty summary; refusing to fold history", { usage });
  }
  // A summary that fills the window would have to be summarised next.
  const text = cutToTokens(result.text.trim(), Math.floor(windowTokens / 3));
  return { text, ...(usage === undefined ? {} : { usage }) };
}
