/** The wire formats, and which one a provider speaks. */

import type { ProviderConfig } from "../catalog/catalog-config.ts";
import { createAnthropicDecoder } from "./anthropic-decode.ts";
import { encodeAnthropic } from "./anthropic-encode.ts";
import { createBedrockDecoder } from "./bedrock-decode.ts";
import { encodeBedrock } from "./bedrock-encode.ts";
import { createGeminiDecoder } from "./gemini-decode.ts";
import { encodeGemini } from "./gemini-encode.ts";
import { createOllamaDecoder } from "./ollama-decode.ts";
import { encodeOllama } from "./ollama-encode.ts";
import { createOpenAiChatDecoder } from "./openai-chat-decode.ts";
import { encodeOpenAiChat } from "./openai-chat-encode.ts";
import { createOpenAiResponsesDecoder } from "./openai-responses-decode.ts";
import { encodeOpenAiResponses } from "./openai-responses-encode.ts";
import { sendable } from "./sendable.ts";
import type { ApiStyle, WireFormat } from "./wire-format.ts";

export const WIRE_FORMATS: Readonly<Record<ApiStyle, WireFormat>> = {
  anthropic: {
    style: "anthropic",
    framing: "event-stream",
    encode: (input, context) => encodeAnthropic(sendable(input), context),
    decoder: (input, _context, secrets) => createAnthropicDecoder(input, secrets),
  },
  "openai-chat": {
    style: "openai-chat",
    framing: "event-stream",
    encode: (input, context) => encodeOpenAiChat(sendable(input), context),
    decoder: (input, _context, secrets) => createOpenAiChatDecoder(input, secrets),
  },
  "openai-responses": {
    style: "openai-responses",
    framing: "event-stream",
    encode: (input, context) => encodeOpenAiResponses(sendable(input), context),
    decoder: (input, _context, secrets) => createOpenAiResponsesDecoder(input, secrets),
  },
  ollama: {
    style: "ollama",
    framing: "json-lines",
    encode: (input, context) => encodeOllama(sendable(input), context),
    decoder: (input, _context, secrets) => createOllamaDecoder(input, secrets),
  },
  gemini: {
    style: "gemini",
    framing: "event-stream",
    encode: (input) => encodeGemini(sendable(input)),
    decoder: (input, _context, secrets) => createGeminiDecoder(input, secrets),
  },
  bedrock: {
    style: "bedrock",
    framing: "aws-event-stream",
    encode: (input) => encodeBedrock(sendable(input)),
    decoder: (input, _context, secrets) => createBedrockDecoder(input, secrets),
  },
};

/** The format of an endpoint; its path says it. What nothing says is chat completions. */
export function apiStyleOf(provider: string, config: Pick<ProviderConfig, "chatEndpoint"> | undefined): ApiStyle {
  const path = config?.chatEndpoint ?? "";
  if (path.includes("/messages")) return "anthropic";
  if (path.includes("/api/chat")) return "ollama";
  if (path.includes("/responses")) return "openai-responses";
  if (path.includes("/converse")) return "bedrock";
  if (path.includes("generateContent") || path.includes("/v1beta/models")) return "gemini";
  if (path.includes("/chat/completions")) return "openai-chat";
  if (provider === "anthropic" || provider === "ollama" || provider === "gemini") return provider;
  return "openai-chat";
}
