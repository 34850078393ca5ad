/** Our request as an Anthropic Messages request. */

import { isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import { atLeast, claudeVersion } from "../catalog/model-version.ts";
import type { Attachment, Message, ModelInput, ToolChoice, ToolMessage, ToolSpec } from "../spec/model.ts";
import { unmarkedToken } from "./opaque-token.ts";
import { formerTools, isBlank, OPENING, plainId, plainName } from "./sendable.ts";
import type { EncodeContext, EncodedRequest } from "./wire-format.ts";

const DEFAULT_MAX_TOKENS = 8192;
const DEFAULT_THINKING_TOKENS = 10_000;
const MIN_THINKING_TOKENS = 1024;
const EFFORT_TOKENS = { low: 4_000, medium: 10_000, high: 24_000 } as const;

/** The tool through which structured output is asked for; the decoder turns its input back into text. */
export const JSON_TOOL = "json_response";

export function encodeAnthropic(input: ModelInput, context: EncodeContext): EncodedRequest {
  const warnings: string[] = [];
  const version = claudeVersion(input.model);
  const maxTokens = input.maxTokens ?? DEFAULT_MAX_TOKENS;
  const tools = encodeAnthropicTools(input);
  const choice = encodeToolChoice(input, tools.length > 0);
  const messages = encodeMessages(input.messages);

  if (input.prefill) {
    if (atLeast(version, [4, 6])) {
      warnings.push(`prefill was left out: ${input.model} refuses a request that ends with an assistant message`);
    } else {
      messages.push({ role: "assistant", content: input.prefill.trimEnd() });
    }
  }

  const body: { [key: string]: Json } = { model: input.model, messages, max_tokens: maxTokens };
  if (input.cache) body["cache_control"] = { type: "ephemeral" };
  if (input.system) body["system"] = input.system;

  const format = input.output ?? { kind: "text" };
  const forcesTool = format.kind !== "text" || choice?.["type"] === "any" || choice?.["type"] === "tool";
  const thinking = encodeThinking(input, context, maxTokens, forcesTool, warnings);
  if (thinking) body["thinking"] = thinking;

  const sampling = input.sampling ?? {};
  const wanted = { temperature: sampling.temperature, top_p: sampling.topP, top_k: sampling.topK };
  if (Object.values(wanted).some((value) => value !== undefined)) {
    if (atLeast(version, [4, 7])) {
      warnings.push(`temperature, top_p and top_k were left out: ${input.model} refuses them`);
    } else if (thinking && thinking["type"] !== "disabled") {
      warnings.push("temperature, top_p and top_k were left out: they cannot be combined with thinking");
    } else {
      for (const [name, value] of Object.entries(wanted)) if (value !== undefined) body[name] = value;
    }
  }
  if (sampling.stop?.length) body["stop_sequences"] = [...sampling.stop];

  if (format.kind === "text") {
    const former = tools.length > 0 ? [] : formerTools(input.messages).map(encodeTool);
    if (tools.length > 0) body["tools"] = tools;
    if (choice) body["tool_choice"] = choice;
    if (former.length > 0) Object.assign(body, { tools: former, tool_choice: { type: "none" } });
  } else {
    const schema: JsonObject =
      format.kind === "json-schema" ? format.schema : { type: "object", additionalProperties: true };
    body["tools"] = [
      ...tools,
      { name: JSON_TOOL, description: "The answer, as JSON that fits the schema.", input_schema: schema },
    ];
    body["tool_choice"] = { type: "tool", name: JSON_TOOL };
  }
  if (input.stream !== false) body["stream"] = true;
  Object.assign(body, input.providerOptions?.[input.provider]);

  const betas = [...new Set([...context.capabilities.anthropicBetaFeatures, ...(input.betaFeatures ?? [])])];
  return { body, warnings, ...(betas.length > 0 ? { headers: { "anthropic-beta": betas.join(",") } } : {}) };
}

function encodeThinking(
  input: ModelInput,
  context: EncodeContext,
  maxTokens: number,
  forcesTool: boolean,
  warnings: string[],
): JsonObject | undefined {
  const thinking = input.thinking ?? { mode: "disabled" };
  if (thinking.mode === "disabled") return undefined;
  if (forcesTool) {
    warnings.push("thinking was left out: it cannot be combined with a forced tool, which structured output needs");
    return undefined;
  }
  // Newer models decide themselves how long to think, and refuse a budget.
  const adaptiveOnly = atLeast(claudeVersion(input.model), [4, 7]);
  if (thinking.mode === "adaptive" || adaptiveOnly || context.capabilities.thinkingModes.includes("adaptive")) {
    if (thinking.mode === "enabled" && thinking.budgetTokens !== undefined) {
      warnings.push(`the thinking budget was left out: ${input.model} thinks adaptively`);
    }
    return { type: "adaptive" };
  }
  let budget =
    thinking.mode === "effort" ? EFFORT_TOKENS[thinking.level] : (thinking.budgetTokens ?? DEFAULT_THINKING_TOKENS);
  if (budget >= maxTokens) {
    budget = maxTokens - 1;
    if (budget < MIN_THINKING_TOKENS) {
      warnings.push(
        `thinking was left out: it needs at least ${MIN_THINKING_TOKENS} tokens below max_tokens ${maxTokens}`,
      );
      return undefined;
    }
    warnings.push(`the thinking budget was lowered to ${budget}, below max_tokens ${maxTokens}`);
  }
  return { type: "enabled", budget_tokens: Math.max(budget, MIN_THINKING_TOKENS) };
}

function encodeToolChoice(input: ModelInput, hasTools: boolean): JsonObject | undefined {
  const serial: JsonObject = input.parallelToolCalls === false ? { disable_parallel_tool_use: true } : {};
  if (!hasTools) return undefined;
  const choice: ToolChoice | undefined = input.toolChoice ?? (input.parallelToolCalls === false ? "auto" : undefined);
  switch (choice) {
    case undefined:
      return undefined;
    case "auto":
      return { type: "auto", ...serial };
    case "required":
      return { type: "any", ...serial };
    case "none":
      return { type: "none" };
  }
  return { type: "tool", name: choice.tool, ...serial };
}

/** Tools in the provider's words. Deferred ones go along only when the provider itself searches them. */
export function encodeAnthropicTools(input: Pick<ModelInput, "tools" | "toolSearch">): JsonObject[] {
  const search = input.toolSearch;
  const tools = (input.tools ?? []).filter((tool) => search || !tool.deferred).map((tool) => encodeTool(tool));
  if (!search || tools.length === 0) return tools;
  const name = `tool_search_tool_${search.variant}`;
  return [{ type: `${name}_20251119`, name }, ...tools];
}

function encodeTool(tool: ToolSpec): JsonObject {
  return {
    name: tool.name,
    description: tool.description,
    input_schema: tool.inputSchema,
    ...(tool.deferred ? { defer_loading: true } : {}),
  };
}

/** Roles must alternate: tool results and what the user says right after them are one turn. */
function encodeMessages(messages: readonly Message[]): JsonObject[] {
  const turns: { role: "user" | "assistant"; content: Json[] }[] = [];
  const add = (role: "user" | "assistant", blocks: readonly Json[]): void => {
    if (blocks.length === 0) return;
    const last = turns.at(-1);
    if (last?.role === role) last.content.push(...blocks);
    else turns.push({ role, content: [...blocks] });
  };
  for (const message of messages) {
    switch (message.role) {
      case "user":
        add("user", [...(message.attachments ?? []).map(encodeAttachment), ...textBlock(message.content)]);
        break;
      case "assistant":
        add("assistant", [
          ...(message.thinking ?? []).flatMap((part): Json[] => {
            const redacted = unmarkedToken(part.redacted);
            if (redacted !== undefined) return [{ type: "redacted_thinking", data: redacted }];
            const signature = unmarkedToken(part.signature);
            return signature === undefined ? [] : [{ type: "thinking", thinking: part.text, signature }];
          }),
          ...textBlock(message.text ?? ""),
          ...message.toolCalls.map((call) => ({
            type: "tool_use",
            id: plainId(call.id),
            name: plainName(call.name, 128),
            input: isJsonObject(call.input) ? call.input : { input: call.input },
          })),
        ]);
        break;
      case "tool":
        add("user", [encodeToolResult(message)]);
        break;
    }
  }
  if (turns[0]?.role === "assistant") turns.unshift({ role: "user", content: textBlock(OPENING) });
  return turns.map(({ role, content }) => ({ role, content: onlyText(content) ?? content }));
}

function textBlock(text: string): Json[] {
  return isBlank(text) ? [] : [{ type: "text", text }];
}

function onlyText(content: readonly Json[]): string | undefined {
  const block = content.length === 1 ? content[0] : undefined;
  return isJsonObject(block) && block["type"] === "text" ? (block["text"] as string) : undefined;
}

function encodeToolResult(message: ToolMessage): JsonObject {
  const attachments = (message.attachments ?? []).map(encodeAttachment);
  return {
    type: "tool_result",
    tool_use_id: plainId(message.toolCallId),
    content: attachments.length === 0 ? message.content : [...textBlock(message.content), ...attachments],
    ...(message.isError ? { is_error: true } : {}),
  };
}

function encodeAttachment(attachment: Attachment): JsonObject {
  const source: JsonObject =
    attachment.url === undefined
      ? { type: "base64", media_type: attachment.mediaType, data: attachment.base64 ?? "" }
      : { type: "url", url: attachment.url };
  return { type: attachment.kind === "image" ? "image" : "document", source };
}
