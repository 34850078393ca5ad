/** Our request as a Gemini generateContent request; Vertex takes the same. */

import { isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import type { Attachment, Message, ModelInput, ThinkingConfig } from "../spec/model.ts";
import { toolNameOf } from "./call-ids.ts";
import { unmarkToken } from "./opaque-token.ts";
import { OPENING } from "./sendable.ts";
import type { EncodedRequest } from "./wire-format.ts";

const EFFORT_TOKENS = { low: 1_024, medium: 8_192, high: 24_576 } as const;

export function encodeGemini(input: ModelInput): EncodedRequest {
  const warnings: string[] = [];
  const body: { [key: string]: Json } = { contents: encodeContents(input) };
  if (input.system) body["systemInstruction"] = { parts: [{ text: input.system }] };
  const generation = encodeGeneration(input);
  if (Object.keys(generation).length > 0) body["generationConfig"] = generation;

  const tools = (input.tools ?? []).filter((tool) => !tool.deferred);
  if (tools.length > 0) {
    body["tools"] = [
      {
        functionDeclarations: tools.map((tool) => ({
          name: tool.name,
          description: tool.description,
          parametersJsonSchema: tool.inputSchema,
        })),
      },
    ];
    const config = encodeToolConfig(input.toolChoice);
    if (config) body["toolConfig"] = { functionCallingConfig: config };
    if (input.parallelToolCalls === false) {
      warnings.push("parallel_tool_calls was left out: Gemini cannot be kept from calling several tools");
    }
  }
  Object.assign(body, input.providerOptions?.[input.provider]);
  return { body, warnings };
}

function encodeGeneration(input: ModelInput): JsonObject {
  const sampling = input.sampling ?? {};
  const format = input.output ?? { kind: "text" };
  const fields: Readonly<Record<string, Json | undefined>> = {
    maxOutputTokens: input.maxTokens,
    temperature: sampling.temperature,
    topP: sampling.topP,
    topK: sampling.topK,
    seed: sampling.seed,
    frequencyPenalty: sampling.frequencyPenalty,
    presencePenalty: sampling.presencePenalty,
    stopSequences: sampling.stop?.length ? [...sampling.stop] : undefined,
    responseLogprobs: sampling.logprobs || undefined,
    logprobs: sampling.logprobs ? sampling.topLogprobs : undefined,
    responseMimeType: format.kind === "text" ? undefined : "application/json",
    responseJsonSchema: format.kind === "json-schema" ? format.schema : undefined,
    thinkingConfig: encodeThinking(input.thinking ?? { mode: "disabled" }),
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function encodeThinking(thinking: ThinkingConfig): JsonObject | undefined {
  switch (thinking.mode) {
    // Some models cannot be told not to think; the default is theirs.
    case "disabled":
      return undefined;
    case "enabled":
      return { includeThoughts: true, thinkingBudget: thinking.budgetTokens ?? -1 };
    case "adaptive":
      return { includeThoughts: true, thinkingBudget: -1 };
    case "effort":
      return { includeThoughts: true, thinkingBudget: EFFORT_TOKENS[thinking.level] };
  }
}

function encodeToolConfig(choice: ModelInput["toolChoice"]): JsonObject | undefined {
  switch (choice) {
    case undefined:
      return undefined;
    case "auto":
      return { mode: "AUTO" };
    case "required":
      return { mode: "ANY" };
    case "none":
      return { mode: "NONE" };
  }
  return { mode: "ANY", allowedFunctionNames: [choice.tool] };
}

/** Roles must alternate: results of tools and what the user says after them are one turn. */
function encodeContents(input: ModelInput): JsonObject[] {
  const contents: { role: "user" | "model"; parts: Json[] }[] = [];
  const add = (role: "user" | "model", parts: readonly Json[]): void => {
    if (parts.length === 0) return;
    const last = contents.at(-1);
    if (last?.role === role) last.parts.push(...parts);
    else contents.push({ role, parts: [...parts] });
  };
  for (const message of input.messages)
    add(message.role === "assistant" ? "model" : "user", encodeParts(message, input));
  if (input.prefill) add("model", [{ text: input.prefill }]);
  if (contents[0]?.role === "model") contents.unshift({ role: "user", parts: [{ text: OPENING }] });
  return contents;
}

function encodeParts(message: Message, input: ModelInput): Json[] {
  switch (message.role) {
    case "user":
      return [
        ...(message.content === "" ? [] : [{ text: message.content }]),
        ...(message.attachments ?? []).map(encodeAttachment),
      ];
    case "assistant": {
      const signature = message.thinking?.map((part) => unmarkToken("gemini", part.signature)).find(Boolean);
      return [
        ...(message.text ? [{ text: message.text, ...(signature ? { thoughtSignature: signature } : {}) }] : []),
        ...message.toolCalls.map((call) => {
          const own = unmarkToken("gemini", call.signature);
          return {
            functionCall: {
              name: geminiName(call.name),
              args: isJsonObject(call.input) ? call.input : { input: call.input },
            },
            ...(own === undefined ? {} : { thoughtSignature: own }),
          };
        }),
      ];
    }
    case "tool":
      return [
        {
          functionResponse: {
            name: geminiName(message.toolName ?? toolNameOf(message.toolCallId, input.messages) ?? message.toolCallId),
            response: message.isError ? { error: message.content } : { output: message.content },
          },
        },
        ...(message.attachments ?? []).map(encodeAttachment),
      ];
  }
}

/** Dots and colons may be in a name, but it begins with a letter or `_`. */
function geminiName(name: string): string {
  const plain = name.replace(/[^a-zA-Z0-9_.:-]/g, "_").slice(0, 63);
  return /^[a-zA-Z_]/.test(plain) ? plain : `_${plain}`;
}

function encodeAttachment(attachment: Attachment): JsonObject {
  return attachment.url === undefined
    ? { inlineData: { mimeType: attachment.mediaType, data: attachment.base64 ?? "" } }
    : { fileData: { mimeType: attachment.mediaType, fileUri: attachment.url } };
}
