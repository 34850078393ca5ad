/** Our request as an OpenAI Responses request. Nothing is stored on their side; reasoning comes back encrypted. */

import type { Json, JsonObject } from "../../base/index.ts";
import type { Attachment, Message, ModelInput } from "../spec/model.ts";
import { unmarkToken } from "./opaque-token.ts";
import { namespacesOf } from "./openai-chat-encode.ts";
import { plainName } from "./sendable.ts";
import type { EncodeContext, EncodedRequest } from "./wire-format.ts";

export function encodeOpenAiResponses(input: ModelInput, context: EncodeContext): EncodedRequest {
  const warnings: string[] = [];
  const sampling = input.sampling ?? {};
  const include: string[] = [];
  const body: { [key: string]: Json } = {
    model: input.model,
    input: encodeItems(input),
    store: false,
  };
  if (input.system) body["instructions"] = input.system;
  if (input.maxTokens !== undefined) body["max_output_tokens"] = input.maxTokens;
  if (sampling.temperature !== undefined) body["temperature"] = sampling.temperature;
  if (sampling.topP !== undefined) body["top_p"] = sampling.topP;
  if (sampling.logprobs) {
    include.push("message.output_text.logprobs");
    body["top_logprobs"] = sampling.topLogprobs ?? 0;
  }
  for (const [name, value] of Object.entries({
    top_k: sampling.topK,
    seed: sampling.seed,
    frequency_penalty: sampling.frequencyPenalty,
    presence_penalty: sampling.presencePenalty,
    stop: sampling.stop?.length ? sampling.stop : undefined,
    prefill: input.prefill,
  })) {
    if (value !== undefined) warnings.push(`${name} was left out: the Responses API does not know it`);
  }

  const thinking = input.thinking ?? { mode: "disabled" };
  if (context.capabilities.reasoningEffort) {
    include.push("reasoning.encrypted_content");
    if (thinking.mode === "effort") body["reasoning"] = { effort: thinking.level, summary: "auto" };
    else if (thinking.mode !== "disabled") body["reasoning"] = { summary: "auto" };
  }
  if (include.length > 0) body["include"] = include;

  const format = input.output ?? { kind: "text" };
  if (format.kind === "json") body["text"] = { format: { type: "json_object" } };
  if (format.kind === "json-schema") {
    const { schema, strict, name = "response" } = format;
    body["text"] = { format: { type: "json_schema", name, schema, strict } };
  }

  const tools = encodeTools(input);
  if (tools.length > 0) {
    body["tools"] = tools;
    const choice = input.toolChoice;
    if (choice !== undefined) {
      body["tool_choice"] = typeof choice === "string" ? choice : { type: "function", name: choice.tool };
    }
    if (input.parallelToolCalls !== undefined) body["parallel_tool_calls"] = input.parallelToolCalls;
  }
  if (input.cache && input.sessionId) body["prompt_cache_key"] = input.sessionId;
  if (input.stream !== false) body["stream"] = true;
  Object.assign(body, input.providerOptions?.[input.provider]);
  return { body, warnings };
}

function encodeTools(input: ModelInput): JsonObject[] {
  const tools = (input.tools ?? [])
    .filter((tool) => input.toolSearch || !tool.deferred)
    .map(
      (tool): JsonObject => ({
        type: "function",
        name: tool.name,
        description: tool.description,
        parameters: tool.inputSchema,
        strict: false,
        ...(tool.deferred ? { defer_loading: true } : {}),
        ...(tool.namespace === undefined ? {} : { namespace: tool.namespace }),
      }),
    );
  if (!input.toolSearch || tools.length === 0) return tools;
  return [{ type: "tool_search", ...namespacesOf(input.tools ?? []) }, ...tools];
}

function encodeItems(input: ModelInput): JsonObject[] {
  return input.messages.flatMap((message) => encodeMessage(message));
}

function encodeMessage(message: Message): JsonObject[] {
  switch (message.role) {
    case "user":
      return [
        {
          role: "user",
          content: [
            ...(message.content === "" ? [] : [{ type: "input_text", text: message.content }]),
            ...(message.attachments ?? []).map(encodeAttachment),
          ],
        },
      ];
    case "assistant":
      return [
        ...(message.thinking ?? []).flatMap((part): JsonObject[] => {
          const encrypted = unmarkToken("openai", part.redacted);
          if (encrypted === undefined) return [];
          const id = unmarkToken("openai", part.signature);
          return [
            {
              type: "reasoning",
              ...(id === undefined ? {} : { id }),
              summary: part.text === "" ? [] : [{ type: "summary_text", text: part.text }],
              encrypted_content: encrypted,
            },
          ];
        }),
        ...(message.text ? [{ role: "assistant", content: [{ type: "output_text", text: message.text }] }] : []),
        ...message.toolCalls.map((call) => ({
          type: "function_call",
          call_id: shortId(call.id),
          name: plainName(call.name),
          arguments: JSON.stringify(call.input),
        })),
      ];
    case "tool":
      return [
        {
          type: "function_call_output",
          call_id: shortId(message.toolCallId),
          output: message.attachments?.length
            ? [{ type: "input_text", text: message.content }, ...message.attachments.map(encodeAttachment)]
            : message.content,
        },
      ];
  }
}

/** Longer ids, of other providers, are refused. */
function shortId(id: string): string {
  return id.length > 64 ? id.slice(-64) : id;
}

function encodeAttachment(attachment: Attachment): JsonObject {
  const url = attachment.url ?? `data:${attachment.mediaType};base64,${attachment.base64 ?? ""}`;
  switch (attachment.kind) {
    case "image":
      return { type: "input_image", image_url: url, ...(attachment.detail ? { detail: attachment.detail } : {}) };
    case "pdf":
      return attachment.url === undefined
        ? { type: "input_file", filename: "document.pdf", file_data: url }
        : { type: "input_file", file_url: url };
    case "audio":
      return {
        type: "input_audio",
        input_audio: { data: attachment.base64 ?? "", format: attachment.mediaType.split("/")[1] ?? "wav" },
      };
  }
}
