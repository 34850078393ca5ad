/** Our request as a Bedrock Converse request, which all model families of Bedrock take. */

import { isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import type { Attachment, Message, ModelInput } from "../spec/model.ts";
import { unmarkedToken } from "./opaque-token.ts";
import { formerTools, isBlank, OPENING, plainId, plainName } from "./sendable.ts";
import type { EncodedRequest } from "./wire-format.ts";

const MAX_ID_LENGTH = 64;

export function encodeBedrock(input: ModelInput): EncodedRequest {
  const warnings: string[] = [];
  const sampling = input.sampling ?? {};
  const body: { [key: string]: Json } = { messages: encodeMessages(input, warnings) };
  if (input.system)
    body["system"] = [{ text: input.system }, ...(input.cache ? [{ cachePoint: { type: "default" } }] : [])];
  const inference = Object.fromEntries(
    Object.entries({
      maxTokens: input.maxTokens,
      temperature: sampling.temperature,
      topP: sampling.topP,
      stopSequences: sampling.stop?.length ? [...sampling.stop] : undefined,
    }).filter(([, value]) => value !== undefined),
  ) as JsonObject;
  if (Object.keys(inference).length > 0) body["inferenceConfig"] = inference;
  if (sampling.topK !== undefined) body["additionalModelRequestFields"] = { top_k: sampling.topK };

  const offered = input.toolChoice === "none" ? [] : (input.tools ?? []).filter((tool) => !tool.deferred);
  const tools = offered.length > 0 ? offered : formerTools(input.messages);
  if (tools.length > 0) {
    body["toolConfig"] = {
      tools: tools.map((tool) => ({
        toolSpec: { name: tool.name, description: tool.description, inputSchema: { json: tool.inputSchema } },
      })),
      ...(offered.length > 0 ? encodeToolChoice(input.toolChoice) : {}),
    };
  }
  if (input.output !== undefined && input.output.kind !== "text") {
    warnings.push("output_format was left out: Bedrock Converse cannot enforce a schema");
  }
  Object.assign(body, input.providerOptions?.[input.provider]);
  return { body, warnings };
}

function encodeToolChoice(choice: ModelInput["toolChoice"]): JsonObject {
  switch (choice) {
    case undefined:
    case "none":
      return {};
    case "auto":
      return { toolChoice: { auto: {} } };
    case "required":
      return { toolChoice: { any: {} } };
  }
  return { toolChoice: { tool: { name: choice.tool } } };
}

function encodeMessages(input: ModelInput, warnings: string[]): JsonObject[] {
  const turns: { role: "user" | "assistant"; content: Json[] }[] = [];
  const add = (role: "user" | "assistant", blocks: readonly Json[]): void => {
    if (blocks.length === 0) return;
    const last = turns.at(-1);
    if (last?.role === role) last.content.push(...blocks);
    else turns.push({ role, content: [...blocks] });
  };
  for (const message of input.messages) {
    add(message.role === "assistant" ? "assistant" : "user", encodeBlocks(message, warnings));
  }
  if (input.prefill) add("assistant", [{ text: input.prefill.trimEnd() }]);
  if (turns[0]?.role === "assistant") turns.unshift({ role: "user", content: [{ text: OPENING }] });
  return turns;
}

function encodeBlocks(message: Message, warnings: string[]): Json[] {
  const text = (content: string | undefined): Json[] => (isBlank(content) ? [] : [{ text: content as string }]);
  const attachments = (list: readonly Attachment[] | undefined): Json[] =>
    (list ?? []).flatMap((attachment) => encodeAttachment(attachment, warnings));
  switch (message.role) {
    case "user":
      return [...text(message.content), ...attachments(message.attachments)];
    case "assistant":
      return [
        ...(message.thinking ?? []).flatMap((part): Json[] => {
          const redacted = unmarkedToken(part.redacted);
          if (redacted !== undefined) return [{ reasoningContent: { redactedContent: redacted } }];
          const signature = unmarkedToken(part.signature);
          return signature === undefined
            ? []
            : [{ reasoningContent: { reasoningText: { text: part.text, signature } } }];
        }),
        ...text(message.text),
        ...message.toolCalls.map((call) => ({
          toolUse: {
            toolUseId: plainId(call.id, MAX_ID_LENGTH),
            name: plainName(call.name),
            input: isJsonObject(call.input) ? call.input : { input: call.input },
          },
        })),
      ];
    case "tool":
      return [
        {
          toolResult: {
            toolUseId: plainId(message.toolCallId, MAX_ID_LENGTH),
            content: [...text(message.content), ...attachments(message.attachments)],
            status: message.isError ? "error" : "success",
          },
        },
      ];
  }
}

function encodeAttachment(attachment: Attachment, warnings: string[]): Json[] {
  if (attachment.base64 === undefined || attachment.kind === "audio") {
    warnings.push(`An attachment (${attachment.kind}) was left out: Bedrock takes images and documents as base64 only`);
    return [];
  }
  const source = { bytes: attachment.base64 };
  return attachment.kind === "image"
    ? [{ image: { format: attachment.mediaType.split("/")[1] ?? "png", source } }]
    : [{ document: { format: "pdf", name: "document", source } }];
}
