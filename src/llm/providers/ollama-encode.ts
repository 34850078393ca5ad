/**
 * Our request for a local Ollama server: `/api/chat`, or, for models whose chat parser would eat tool calls written as
 * text, `/api/generate` with a prompt we render ourselves.
 */

import { isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import type { Message, ModelInput } from "../spec/model.ts";
import { toolNameOf } from "./call-ids.ts";
import { encodeOpenAiTools } from "./openai-chat-encode.ts";
import type { EncodeContext, EncodedRequest } from "./wire-format.ts";

const DEFAULT_CONTEXT_TOKENS = 32_768;
const DEFAULT_KEEP_ALIVE = "30m";

export function encodeOllama(input: ModelInput, context: EncodeContext): EncodedRequest {
  const warnings: string[] = [];
  const { completion } = input;
  const prompted = usesRawPrompt(input, context) ? rawBody : chatBody;
  const body = completion ? completionBody(input, completion) : prompted(input, warnings);
  const format = input.output ?? { kind: "text" };
  if (format.kind === "json") body["format"] = "json";
  if (format.kind === "json-schema") body["format"] = format.schema;
  applyServerSettings(body, input, context);
  return { body, warnings };
}

/** Whether a conversation is rendered as a prompt by us; the endpoint is then the completion endpoint. */
export function usesRawPrompt(input: ModelInput, context: EncodeContext): boolean {
  const { recommendedEndpoint, textToolWireFormat } = context.capabilities;
  return recommendedEndpoint === "/api/generate-raw" && !textToolWireFormat && !input.tools?.length;
}

function chatBody(input: ModelInput, warnings: string[]): { [key: string]: Json } {
  const messages: JsonObject[] = [
    ...(input.system ? [{ role: "system", content: input.system }] : []),
    ...input.messages.map((message) => encodeMessage(message, input.messages, warnings)),
    ...(input.prefill ? [{ role: "assistant", content: input.prefill }] : []),
  ];
  const body: { [key: string]: Json } = {
    model: input.model,
    messages,
    stream: input.stream !== false,
    // Told either way: some templates think unless they are told not to.
    think: input.thinking?.mode === "effort" ? input.thinking.level : thinks(input),
    options: encodeOptions(input),
  };
  const choice = input.toolChoice;
  const tools = choice === "none" ? [] : encodeOpenAiTools({ tools: input.tools ?? [] });
  if (tools.length > 0) body["tools"] = tools;
  if (choice !== undefined && choice !== "auto" && choice !== "none") {
    warnings.push("tool_choice was left out: Ollama cannot force a tool");
  }
  return body;
}

function thinks(input: ModelInput): boolean {
  return input.thinking !== undefined && input.thinking.mode !== "disabled";
}

function rawBody(input: ModelInput): { [key: string]: Json } {
  return {
    model: input.model,
    prompt: renderChatMl(input),
    stream: input.stream !== false,
    raw: true,
    options: encodeOptions(input),
  };
}

/**
 * COMPL-04. Raw, the text goes to the model as it is; a suffix needs the template of the model, and only with a template
 * is there a place for a system prompt.
 */
function completionBody(
  input: ModelInput,
  { prefix, suffix, system }: NonNullable<ModelInput["completion"]>,
): { [key: string]: Json } {
  return {
    model: input.model,
    prompt: prefix,
    ...(suffix ? { suffix, ...(system ? { system } : {}) } : { raw: true }),
    stream: input.stream !== false,
    options: encodeOptions(input),
  };
}

function encodeOptions(input: ModelInput): { [key: string]: Json } {
  const sampling = input.sampling ?? {};
  const options: { [key: string]: Json } = {};
  for (const [name, value] of Object.entries({
    num_predict: input.maxTokens,
    temperature: sampling.temperature,
    top_p: sampling.topP,
    top_k: sampling.topK,
    seed: sampling.seed,
    frequency_penalty: sampling.frequencyPenalty,
    presence_penalty: sampling.presencePenalty,
    stop: sampling.stop?.length ? [...sampling.stop] : undefined,
  })) {
    if (value !== undefined) options[name] = value;
  }
  return options;
}

/** How much context the model gets and how long it stays loaded: the caller, then the environment, then our defaults. */
function applyServerSettings(body: { [key: string]: Json }, input: ModelInput, context: EncodeContext): void {
  const { num_ctx: wantedContext, options: wantedOptions, ...rest } = input.providerOptions?.[input.provider] ?? {};
  Object.assign(body, rest);
  const options = {
    ...(body["options"] as JsonObject),
    ...(isJsonObject(wantedOptions) ? wantedOptions : {}),
  };
  const contextTokens =
    positive(wantedContext) ??
    positive(options["num_ctx"]) ??
    positive(context.env("HARN_OLLAMA_NUM_CTX")) ??
    positive(context.env("OLLAMA_CONTEXT_LENGTH")) ??
    positive(context.env("OLLAMA_NUM_CTX")) ??
    DEFAULT_CONTEXT_TOKENS;
  body["options"] = { ...options, num_ctx: contextTokens };
  body["keep_alive"] ??= keepAlive(context);
}

/** A duration such as `30m`, or a number of seconds (-1: for ever). */
export function keepAlive(context: Pick<EncodeContext, "env">): Json {
  const text = context.env("HARN_OLLAMA_KEEP_ALIVE") ?? context.env("OLLAMA_KEEP_ALIVE");
  return text === undefined ? DEFAULT_KEEP_ALIVE : parseKeepAlive(text);
}

export function parseKeepAlive(text: string): Json {
  const trimmed = text.trim();
  if (/^-?\d+$/.test(trimmed)) return Number(trimmed);
  return /^(?:default|)$/i.test(trimmed) ? DEFAULT_KEEP_ALIVE : trimmed;
}

function positive(value: unknown): number | undefined {
  const count = typeof value === "string" && /^\s*\d+\s*$/.test(value) ? Number(value) : value;
  return typeof count === "number" && Number.isInteger(count) && count > 0 ? count : undefined;
}

function encodeMessage(message: Message, history: readonly Message[], warnings: string[]): JsonObject {
  switch (message.role) {
    case "user":
      return { role: "user", content: message.content, ...encodeImages(message.attachments, warnings) };
    case "assistant":
      return {
        role: "assistant",
        content: message.text ?? "",
        ...(message.toolCalls.length === 0
          ? {}
          : {
              tool_calls: message.toolCalls.map((call) => ({
                function: { name: call.name, arguments: isJsonObject(call.input) ? call.input : {} },
              })),
            }),
      };
    case "tool": {
      const name = message.toolName ?? toolNameOf(message.toolCallId, history);
      return {
        role: "tool",
        content: message.content,
        ...(name === undefined ? {} : { tool_name: name }),
        ...encodeImages(message.attachments, warnings),
      };
    }
  }
}

function encodeImages(
  attachments: Extract<Message, { role: "user" }>["attachments"],
  warnings: string[],
): { images?: string[] } {
  const images: string[] = [];
  for (const attachment of attachments ?? []) {
    if (attachment.kind === "image" && attachment.base64 !== undefined) images.push(attachment.base64);
    else warnings.push(`An attachment (${attachment.kind}) was left out: Ollama takes images as base64 only`);
  }
  return images.length === 0 ? {} : { images };
}

/** The prompt as Qwen's template writes it. */
function renderChatMl(input: ModelInput): string {
  const turn = (role: string, content: string): string => `<|im_start|>${role}\n${content}\n<|im_end|>\n`;
  let prompt = input.system ? turn("system", input.system) : "";
  for (const message of input.messages) {
    switch (message.role) {
      case "user":
        prompt += turn("user", message.content);
        break;
      case "assistant":
        prompt += turn("assistant", renderAssistant(message));
        break;
      // The template has no place for results of native tools here: they are shown to the model as what they say.
      case "tool":
        prompt += turn("user", `[tool result: ${message.toolName ?? message.toolCallId}]\n${message.content}`);
        break;
    }
  }
  return `${prompt}<|im_start|>assistant\n${input.prefill ?? ""}`;
}

function renderAssistant(message: Extract<Message, { role: "assistant" }>): string {
  if (message.toolCalls.length === 0) return message.text ?? "";
  const calls = JSON.stringify(message.toolCalls.map(({ id, name, input }) => ({ id, name, arguments: input })));
  return `${message.text ? `${message.text}\n\n` : ""}[assistant tool calls]\n${calls}`;
}
