/**
 * Token counts without a tokenizer: four UTF-8 bytes are a token (COST-04). Good enough to refuse a call that is far
 * too large and to account for one that died before its provider told; never better than what a provider tells.
 */

import { createListSum } from "../../base/index.ts";
import type { Message, ModelInput, ToolSpec } from "../spec/model.ts";
import { utf8Length } from "../wire/utf8.ts";

/** What an image costs in a request, roughly, whatever its size in bytes. */
const TOKENS_PER_IMAGE = 1_500;
/** A page of a document is far fewer tokens than its bytes. */
const BASE64_CHARS_PER_TOKEN = 16;

export function estimateTextTokens(text: string): number {
  return Math.ceil(utf8Length(text) / 4);
}

/** Every string of a value, keys included; numbers, booleans and null count one. */
export function estimateValueTokens(value: unknown): number {
  if (value === undefined) return 0;
  if (typeof value === "string") return estimateTextTokens(value);
  if (typeof value !== "object" || value === null) return 1;
  let tokens = 0;
  if (Array.isArray(value)) for (const item of value) tokens += estimateValueTokens(item);
  else {
    for (const [key, item] of Object.entries(value)) {
      if (item !== undefined) tokens += estimateTextTokens(key) + estimateValueTokens(item);
    }
  }
  return tokens;
}

/**
 * What messages and tools were counted to be, by identity. They do not change, and a loop sends those of all turns before
 * with each request: counted once each, a long conversation costs what is new in it.
 */
export interface TokenCounts {
  /** Tokens of a conversation. */
  messages(messages: readonly Message[]): number;
  /** Tokens of a tool. */
  tool(tool: ToolSpec): number;
  /** Characters of a conversation: what was said, without calls and thinking. */
  chars(messages: readonly Message[]): number;
}

export function createTokenCounts(): TokenCounts {
  return {
    messages: createListSum(remembering(messageTokens)),
    tool: remembering(toolTokens),
    chars: createListSum(messageChars),
  };
}

/**
 * Input tokens of a request: system, messages, serialised tools.
 *
 * @param counts of earlier requests of the run; default: everything is counted
 */
export function estimateInputTokens(input: ModelInput, counts?: TokenCounts): number {
  let tokens = estimateTextTokens(input.system ?? "");
  if (counts !== undefined) tokens += counts.messages(input.messages);
  else for (const message of input.messages) tokens += messageTokens(message);
  for (const tool of input.tools ?? []) {
    if (tool.deferred !== true) tokens += counts?.tool(tool) ?? toolTokens(tool);
  }
  return tokens;
}

/** Also in a list that has lost its beginning a message is not counted again. */
function remembering<T extends object>(count: (value: T) => number): (value: T) => number {
  const counted = new WeakMap<T, number>();
  return (value) => {
    const known = counted.get(value);
    if (known !== undefined) return known;
    const tokens = count(value);
    counted.set(value, tokens);
    return tokens;
  };
}

function messageChars(message: Message): number {
  return (message.role === "assistant" ? message.text : message.content)?.length ?? 0;
}

function toolTokens(tool: ToolSpec): number {
  return estimateTextTokens(JSON.stringify(tool));
}

function messageTokens(message: Message): number {
  if (message.role === "assistant" || message.attachments === undefined) return estimateValueTokens(message);
  const { attachments, ...rest } = message;
  let tokens = estimateValueTokens(rest);
  for (const attachment of attachments) {
    tokens +=
      attachment.kind === "image" || attachment.base64 === undefined
        ? TOKENS_PER_IMAGE
        : Math.ceil(attachment.base64.length / BASE64_CHARS_PER_TOKEN);
  }
  return tokens;
}
