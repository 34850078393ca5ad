/** Our request as a chat completions request, for OpenAI and everybody who speaks like it. */

import type { Json, JsonObject } from "../../base/index.ts";
import type {
  AssistantMessage,
  Attachment,
  Message,
  ModelInput,
  ThinkingConfig,
  ToolMessage,
  ToolSpec,
  UserMessage,
} from "../spec/model.ts";
import { type ChatQuirks, chatQuirks } from "./chat-quirks.ts";
import { unmarkToken } from "./opaque-token.ts";
import { plainName } from "./sendable.ts";
import type { EncodeContext, EncodedRequest } from "./wire-format.ts";

export function encodeOpenAiChat(input: ModelInput, context: EncodeContext): EncodedRequest {
  const quirks = chatQuirks(input.provider);
  if (input.completion) return encodeCompletion(input, input.completion, quirks);
  const { capabilities } = context;
  const warnings: string[] = [];
  const body: { [key: string]: Json } = {
    ...(quirks.modelInUrl ? {} : { model: input.model }),
    messages: encodeMessages(input, quirks, capabilities.preserveThinking),
  };
  if (input.maxTokens !== undefined) {
    body[capabilities.requiresCompletionTokens ? "max_completion_tokens" : "max_tokens"] = input.maxTokens;
  }
  encodeSampling(input, quirks, body, warnings);
  encodeReasoning(input.thinking ?? { mode: "disabled" }, quirks, context, body, warnings);
  encodeOutput(input, body);

  const tools = encodeOpenAiTools(input);
  if (tools.length > 0) {
    body["tools"] = tools;
    if (input.toolChoice !== undefined) body["tool_choice"] = encodeOpenAiToolChoice(input.toolChoice);
    if (input.parallelToolCalls !== undefined) body["parallel_tool_calls"] = input.parallelToolCalls;
  }
  if (capabilities.honorsChatTemplateKwargs) {
    const enabled = input.thinking !== undefined && input.thinking.mode !== "disabled";
    // Always told: some templates think unless they are told not to.
    body["chat_template_kwargs"] = {
      enable_thinking: enabled,
      ...(input.prefill ? { add_generation_prompt: false, continue_final_message: true } : {}),
      ...(capabilities.preserveThinking ? { preserve_thinking: true } : {}),
    };
    if (quirks.enableThinkingField) body["enable_thinking"] = enabled;
  }
  if (quirks.promptCacheKey && input.cache && input.sessionId) body["prompt_cache_key"] = input.sessionId;
  if (input.stream !== false) {
    body["stream"] = true;
    if (quirks.asksForUsage) body["stream_options"] = { include_usage: true };
  }
  Object.assign(body, input.providerOptions?.[input.provider]);
  return { body, warnings };
}

/** COMPL-04: the older endpoint, which continues a text. */
function encodeCompletion(
  input: ModelInput,
  { prefix, suffix }: NonNullable<ModelInput["completion"]>,
  quirks: ChatQuirks,
): EncodedRequest {
  const warnings: string[] = [];
  const body: { [key: string]: Json } = { model: input.model, prompt: prefix };
  if (suffix) body["suffix"] = suffix;
  if (input.maxTokens !== undefined) body["max_tokens"] = input.maxTokens;
  encodeSampling(input, quirks, body, warnings);
  if (body["logprobs"] !== undefined) {
    // A number here: how many of the likeliest tokens are told.
    body["logprobs"] = input.sampling?.topLogprobs ?? 1;
    delete body["top_logprobs"];
  }
  if (input.stream !== false) {
    body["stream"] = true;
    if (quirks.asksForUsage) body["stream_options"] = { include_usage: true };
  }
  Object.assign(body, input.providerOptions?.[input.provider]);
  return { body, warnings };
}

function encodeSampling(
  input: ModelInput,
  quirks: ChatQuirks,
  body: { [key: string]: Json },
  warnings: string[],
): void {
  const sampling = input.sampling ?? {};
  const fields: Readonly<Record<string, Json | undefined>> = {
    temperature: sampling.temperature,
    top_p: sampling.topP,
    top_k: quirks.topK ? sampling.topK : undefined,
    frequency_penalty: sampling.frequencyPenalty,
    presence_penalty: sampling.presencePenalty,
    seed: sampling.seed,
    stop: sampling.stop?.length ? [...sampling.stop] : undefined,
    logprobs: sampling.logprobs || undefined,
    top_logprobs: sampling.logprobs ? sampling.topLogprobs : undefined,
  };
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) body[name] = value;
  if (sampling.topK !== undefined && !quirks.topK) {
    warnings.push(`top_k was left out: ${input.provider} does not know it`);
  }
}

function encodeReasoning(
  thinking: ThinkingConfig,
  quirks: ChatQuirks,
  context: EncodeContext,
  body: { [key: string]: Json },
  warnings: string[],
): void {
  if (quirks.reasoning === "openrouter") {
    switch (thinking.mode) {
      case "disabled":
        return;
      case "effort":
        body["reasoning"] = { effort: thinking.level };
        return;
      case "adaptive":
        body["reasoning"] = { enabled: true };
        return;
      case "enabled":
        body["reasoning"] =
          thinking.budgetTokens === undefined ? { enabled: true } : { max_tokens: thinking.budgetTokens };
        return;
    }
  }
  if (thinking.mode === "disabled" || context.capabilities.honorsChatTemplateKwargs) return;
  if (!context.capabilities.reasoningEffort) return;
  if (thinking.mode === "effort") body["reasoning_effort"] = thinking.level;
  else warnings.push(`thinking mode ${thinking.mode} was left out: this model only takes an effort`);
}

function encodeOutput(input: ModelInput, body: { [key: string]: Json }): void {
  const format = input.output ?? { kind: "text" };
  switch (format.kind) {
    case "text":
      return;
    case "json":
      body["response_format"] = { type: "json_object" };
      return;
    case "json-schema":
      body["response_format"] = {
        type: "json_schema",
        json_schema: { name: format.name ?? "response", schema: format.schema, strict: format.strict },
      };
  }
}

/** Tools in the provider's words. Deferred ones go along only when the provider itself searches them. */
export function encodeOpenAiTools(input: Pick<ModelInput, "tools" | "toolSearch">): JsonObject[] {
  const tools = (input.tools ?? [])
    .filter((tool) => input.toolSearch || !tool.deferred)
    .map(
      (tool: ToolSpec): JsonObject => ({
        type: "function",
        function: { name: tool.name, description: tool.description, parameters: tool.inputSchema },
        ...(tool.deferred ? { defer_loading: true } : {}),
        ...(tool.namespace === undefined ? {} : { namespace: tool.namespace }),
      }),
    );
  if (!input.toolSearch || tools.length === 0) return tools;
  return [{ type: "tool_search", mode: "hosted", ...namespacesOf(input.tools ?? []) }, ...tools];
}

/** The groups that a provider's tool search knows of; nothing when there are none. */
export function namespacesOf(tools: readonly ToolSpec[]): JsonObject {
  const namespaces = [...new Set(tools.flatMap((tool) => tool.namespace ?? []))].sort();
  return namespaces.length === 0 ? {} : { namespaces };
}

export function encodeOpenAiToolChoice(choice: NonNullable<ModelInput["toolChoice"]>): Json {
  return typeof choice === "string" ? choice : { type: "function", function: { name: choice.tool } };
}

function encodeMessages(input: ModelInput, quirks: ChatQuirks, preserveThinking: boolean): JsonObject[] {
  const messages: JsonObject[] = [];
  if (input.system) messages.push({ role: "system", content: input.system });
  /** Pictures that tools returned: they can only be shown by the user, after all results. */
  let shown: JsonObject[] = [];
  const show = (): void => {
    if (shown.length > 0) messages.push({ role: "user", content: shown });
    shown = [];
  };
  for (const message of input.messages) {
    if (message.role !== "tool") show();
    messages.push(encodeMessage(message, quirks, preserveThinking));
    if (message.role === "tool" && message.attachments?.length) {
      shown.push(
        { type: "text", text: `Attachments of the tool result ${message.toolCallId}:` },
        ...message.attachments.map(encodeAttachment),
      );
    }
  }
  show();
  if (input.prefill) messages.push({ role: "assistant", content: input.prefill });
  return messages;
}

function encodeMessage(message: Message, quirks: ChatQuirks, preserveThinking: boolean): JsonObject {
  switch (message.role) {
    case "user":
      return { role: "user", content: encodeUserContent(message) };
    case "assistant":
      return encodeAssistant(message, quirks, preserveThinking);
    case "tool":
      return encodeToolResult(message);
  }
}

function encodeToolResult(message: ToolMessage): JsonObject {
  return { role: "tool", tool_call_id: message.toolCallId, content: message.content };
}

function encodeUserContent(message: UserMessage): Json {
  if (!message.attachments?.length) return message.content;
  return [
    ...(message.content === "" ? [] : [{ type: "text", text: message.content }]),
    ...message.attachments.map(encodeAttachment),
  ];
}

function encodeAssistant(message: AssistantMessage, quirks: ChatQuirks, preserveThinking: boolean): JsonObject {
  return {
    role: "assistant",
    content: message.text ?? "",
    ...(message.toolCalls.length === 0
      ? {}
      : {
          tool_calls: message.toolCalls.map((call) => ({
            id: call.id,
            type: "function",
            function: { name: plainName(call.name), arguments: JSON.stringify(call.input) },
          })),
        }),
    ...encodeThinkingEcho(message, quirks, preserveThinking),
  };
}

function encodeThinkingEcho(message: AssistantMessage, quirks: ChatQuirks, preserveThinking: boolean): JsonObject {
  const parts = message.thinking ?? [];
  if (parts.length === 0) return {};
  if (quirks.reasoningEcho === "reasoning_details") {
    const details = parts.flatMap((part): Json[] => {
      const redacted = unmarkToken("openrouter", part.redacted);
      if (redacted !== undefined) return [{ type: "reasoning.encrypted", data: redacted }];
      const signature = unmarkToken("openrouter", part.signature);
      return signature === undefined ? [] : [{ type: "reasoning.text", text: part.text, signature }];
    });
    return details.length === 0 ? {} : { reasoning_details: details };
  }
  if (quirks.reasoningEcho === "none" && !preserveThinking) return {};
  const text = parts.map((part) => part.text).join("");
  return text === "" ? {} : { reasoning_content: text };
}

function encodeAttachment(attachment: Attachment): JsonObject {
  const url = attachment.url ?? `data:${attachment.mediaType};base64,${attachment.base64 ?? ""}`;
  switch (attachment.kind) {
    case "image":
      return { type: "image_url", image_url: { url, ...(attachment.detail ? { detail: attachment.detail } : {}) } };
    case "audio":
      return {
        type: "input_audio",
        input_audio: { data: attachment.base64 ?? "", format: attachment.mediaType.split("/")[1] ?? "wav" },
      };
    case "pdf":
      return { type: "file", file: { filename: "document.pdf", file_data: url } };
  }
}
