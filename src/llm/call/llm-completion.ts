/** `llm_completion(prefix, suffix?, system?, options?)`: continues a text, or fills the gap before a suffix (section 13). */

import type { JsonObject } from "../../base/index.ts";
import type { ModelInput } from "../spec/model.ts";
import { ModelError } from "../spec/model-error.ts";
import { type ModelResult, NO_USAGE } from "../spec/model-result.ts";
import { utf8Length } from "../wire/utf8.ts";
import { buildModelInput, runAttempt } from "./attempt.ts";
import { readCallOptions } from "./call-options.ts";
import { buildCompletionResult } from "./call-result.ts";
import type { CallExtras } from "./execute-call.ts";
import type { LlmContext } from "./llm-context.ts";
import { displayText } from "./option-readers.ts";

/**
 * One attempt, no retries, no schema. Failures are thrown as they are (COMPL-03).
 * @returns the provider's result dict without data, transcript or tool parsing
 */
export async function llmCompletion(
  context: LlmContext,
  prefix: unknown,
  suffix?: unknown,
  system?: unknown,
  rawOptions?: unknown,
  extras: CallExtras = {},
): Promise<JsonObject> {
  const before = prefix === undefined || prefix === null ? "" : displayText(prefix);
  const after = suffix === undefined || suffix === null ? "" : displayText(suffix);
  const options = readCallOptions(context, before, system, rawOptions);
  if (options.provider === "mock") return buildCompletionResult(mockCompletion(before, after), context.catalog);

  const chat = chatRequest(before, after);
  const prompt = options.system === undefined ? chat.instruction : `${options.system}\n\n${chat.instruction}`;
  const conversation: ModelInput = buildModelInput(options, [{ role: "user", content: chat.message }], prompt);
  const once = { ...options, llmRetries: 0, fallbackChain: [] };
  const attempt = (input: ModelInput): Promise<ModelResult> =>
    runAttempt(context, { input, options: once }, 0, extras.signal, extras.onChunk);
  const completion = {
    prefix: before,
    ...(after === "" ? {} : { suffix: after }),
    ...(options.system === undefined ? {} : { system: options.system }),
  };
  const result = await attempt({ ...conversation, completion }).catch((error: unknown) => {
    if (onlyConverses(error)) return attempt(conversation);
    throw error;
  });
  return buildCompletionResult(result, context.catalog);
}

/** The endpoint is not there, or not for this model. A configuration cannot know that, and nothing was done yet. */
function onlyConverses(error: unknown): boolean {
  if (!(error instanceof ModelError)) return false;
  if (error.status === 405 || error.status === 501) return true;
  const says = /completions? endpoint|chat model|does not support (?:insert|generate)/i.test(error.body ?? "");
  return (error.status === 400 || error.status === 404) && says;
}

/** COMPL-04. */
function mockCompletion(prefix: string, suffix: string): ModelResult {
  const before = suffix === "" ? "" : ` before ${[...suffix].length} chars`;
  const text = `Mock completion after ${[...prefix].length} chars${before}`;
  return {
    text,
    toolCalls: [],
    usage: { ...NO_USAGE, inputTokens: utf8Length(prefix) + utf8Length(suffix), outputTokens: 16, exact: true },
    model: "mock",
    provider: "mock",
    thinkingParts: [],
    stopReason: "stop",
    blocks: [{ type: "output_text", text, visibility: "public" }],
    logprobs: [],
    warnings: [],
  };
}

/** What a chat model is told when there is no endpoint for completions. The words are a prompt. */
function chatRequest(prefix: string, suffix: string): { readonly instruction: string; readonly message: string } {
  if (suffix === "") {
    return {
      instruction: "Continue the given text. Answer with the continuation only: no comment, no fences, no quotes.",
      message: `PREFIX:\n${prefix}\n\nAnswer with the text that follows PREFIX, nothing else.`,
    };
  }
  return {
    instruction:
      "Fill the gap in the given text. Answer with the missing text only: no comment, no fences, no quotes. " +
      "It must join PREFIX and SUFFIX as they are.",
    message: `PREFIX:\n${prefix}\n\nSUFFIX:\n${suffix}\n\nAnswer with the text between PREFIX and SUFFIX, nothing else.`,
  };
}
