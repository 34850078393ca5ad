/** Our request as a call of the common provider interface. */

import type { JsonObject } from "../../base/index.ts";
import { toolNameOf } from "../providers/call-ids.ts";
import { unmarkToken } from "../providers/opaque-token.ts";
import type { Attachment, Message, ModelInput } from "../spec/model.ts";
import type {
  InterfaceVersion,
  LanguageModelCall,
  LanguageModelMessage,
  LanguageModelPart,
  ProviderMetadata,
} from "./language-model.ts";

export interface EncodedCall {
  readonly call: LanguageModelCall;
  /** What of the request was left out, and why. */
  readonly warnings: readonly string[];
}

export function encodeCall(input: ModelInput, version: InterfaceVersion): EncodedCall {
  const warnings: string[] = [];
  const leaveOut = (what: string, why: string): void => {
    warnings.push(`${what} was left out: ${why}`);
  };
  const sampling = input.sampling ?? {};
  const tools = (input.tools ?? []).filter((tool) => !tool.deferred);
  if (sampling.logprobs) leaveOut("logprobs", PASS_OPTIONS);
  if (input.cache) leaveOut("cache", PASS_OPTIONS);
  if (input.betaFeatures?.length) leaveOut("betaFeatures", PASS_OPTIONS);
  if (input.parallelToolCalls !== undefined) leaveOut("parallelToolCalls", PASS_OPTIONS);
  if (input.toolSearch) leaveOut("toolSearch", "the common interface has no search for tools");
  const call: LanguageModelCall = {
    prompt: encodePrompt(input, version),
    ...(input.maxTokens === undefined ? {} : { maxOutputTokens: input.maxTokens }),
    ...(sampling.temperature === undefined ? {} : { temperature: sampling.temperature }),
    ...(sampling.topP === undefined ? {} : { topP: sampling.topP }),
    ...(sampling.topK === undefined ? {} : { topK: sampling.topK }),
    ...(sampling.frequencyPenalty === undefined ? {} : { frequencyPenalty: sampling.frequencyPenalty }),
    ...(sampling.presencePenalty === undefined ? {} : { presencePenalty: sampling.presencePenalty }),
    ...(sampling.seed === undefined ? {} : { seed: sampling.seed }),
    ...(sampling.stop?.length ? { stopSequences: [...sampling.stop] } : {}),
    ...encodeOutput(input.output),
    ...(tools.length === 0
      ? {}
      : {
          tools: tools.map(({ name, description, inputSchema }) => ({
            type: "function" as const,
            name,
            description,
            inputSchema,
          })),
          ...encodeToolChoice(input.toolChoice),
        }),
    ...encodeThinking(input.thinking, version, leaveOut),
    ...(input.providerOptions === undefined ? {} : { providerOptions: input.providerOptions }),
    // Their raw events are bytes that are no content: a watcher can tell a slow provider from a dead one.
    includeRawChunks: true,
  };
  return { call, warnings };
}

const PASS_OPTIONS = "the common interface has no word for it; use providerOptions";

function encodeOutput(output: ModelInput["output"]): Pick<LanguageModelCall, "responseFormat"> {
  switch (output?.kind) {
    case undefined:
    case "text":
      return {};
    case "json":
      return { responseFormat: { type: "json" } };
    case "json-schema":
      return {
        responseFormat: {
          type: "json",
          schema: output.schema,
          ...(output.name === undefined ? {} : { name: output.name }),
        },
      };
  }
}

function encodeToolChoice(choice: ModelInput["toolChoice"]): Pick<LanguageModelCall, "toolChoice"> {
  if (choice === undefined) return {};
  if (typeof choice === "object") return { toolChoice: { type: "tool", toolName: choice.tool } };
  return { toolChoice: { type: choice } };
}

function encodeThinking(
  thinking: ModelInput["thinking"],
  version: InterfaceVersion,
  leaveOut: (what: string, why: string) => void,
): Pick<LanguageModelCall, "reasoning"> {
  if (thinking === undefined || thinking.mode === "adaptive") return {};
  if (version !== "v4") {
    if (thinking.mode !== "disabled") leaveOut("thinking", PASS_OPTIONS);
    return {};
  }
  switch (thinking.mode) {
    case "disabled":
      return { reasoning: "none" };
    case "effort":
      return { reasoning: thinking.level };
    case "enabled":
      if (thinking.budgetTokens !== undefined) leaveOut("thinking.budgetTokens", PASS_OPTIONS);
      return { reasoning: "medium" };
  }
}

function encodePrompt(input: ModelInput, version: InterfaceVersion): LanguageModelMessage[] {
  const prompt: LanguageModelMessage[] = input.system ? [{ role: "system", content: input.system }] : [];
  for (const message of input.messages) {
    const content = encodeMessage(message, input.messages, version);
    const last = prompt.at(-1);
    if (content.length === 0) continue;
    // Results of calls that were made together belong into one message.
    if (last?.role === "tool" && message.role === "tool") {
      prompt[prompt.length - 1] = { role: "tool", content: [...last.content, ...content] };
    } else {
      prompt.push({ role: message.role, content });
    }
    // A result is text here; what was attached to it follows as the user's.
    if (message.role === "tool" && message.attachments?.length) {
      prompt.push({ role: "user", content: message.attachments.map((file) => encodeFile(file, version)) });
    }
  }
  if (input.prefill) prompt.push({ role: "assistant", content: [{ type: "text", text: input.prefill }] });
  return prompt;
}

function encodeMessage(
  message: Message,
  history: readonly Message[],
  version: InterfaceVersion,
): readonly LanguageModelPart[] {
  const text = (content: string | undefined): LanguageModelPart[] => (content ? [{ type: "text", text: content }] : []);
  switch (message.role) {
    case "user":
      return [
        ...text(message.content),
        ...(message.attachments ?? []).map((attachment) => encodeFile(attachment, version)),
      ];
    case "assistant":
      return [
        ...(message.thinking ?? []).flatMap((part): LanguageModelPart[] => {
          const providerOptions = readMetadata(part.signature);
          return providerOptions === undefined ? [] : [{ type: "reasoning", text: part.text, providerOptions }];
        }),
        ...text(message.text),
        ...message.toolCalls.map((call): LanguageModelPart => {
          const providerOptions = readMetadata(call.signature);
          return {
            type: "tool-call",
            toolCallId: call.id,
            toolName: call.name,
            input: call.input,
            ...(providerOptions === undefined ? {} : { providerOptions }),
          };
        }),
      ];
    case "tool":
      return [
        {
          type: "tool-result",
          toolCallId: message.toolCallId,
          toolName: message.toolName ?? toolNameOf(message.toolCallId, history) ?? "",
          output: { type: message.isError ? "error-text" : "text", value: message.content },
        },
      ];
  }
}

function encodeFile(attachment: Attachment, version: InterfaceVersion): LanguageModelPart {
  const { mediaType, base64 = "", url } = attachment;
  if (version === "v4") {
    const data =
      url === undefined ? { type: "data" as const, data: base64 } : { type: "url" as const, url: new URL(url) };
    return { type: "file", mediaType, data };
  }
  return { type: "file", mediaType, data: url === undefined ? base64 : new URL(url) };
}

/** What a model said about a part of its answer, as it is kept in a history (see `opaque-token.ts`). */
function readMetadata(token: string | undefined): ProviderMetadata | undefined {
  const json = unmarkToken("ai-sdk", token);
  return json === undefined ? undefined : (JSON.parse(json) as JsonObject);
}
