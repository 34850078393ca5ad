/** An answer of a model, written down in the words of each provider. */

import type { ApiStyle } from "../../src/llm/providers/wire-format.ts";
import { bedrockMessage, joinBytes } from "../support/aws-event-stream.ts";

export interface ServedCall {
  readonly id: string;
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
}

export interface ServedAnswer {
  readonly text?: string;
  readonly thinking?: string;
  readonly toolCalls?: readonly ServedCall[];
  readonly inputTokens?: number;
  readonly cachedTokens?: number;
  readonly outputTokens?: number;
}

export interface Rendered {
  readonly contentType: string;
  readonly body: string | Uint8Array;
}

type Message = readonly [event: string | undefined, data: unknown];

/** The format a request path belongs to. */
export function styleOfPath(path: string): ApiStyle {
  if (path.includes("/messages")) return "anthropic";
  if (path.includes("/responses")) return "openai-responses";
  if (path.includes("/api/")) return "ollama";
  if (path.includes("enerateContent")) return "gemini";
  if (path.includes("/converse")) return "bedrock";
  return "openai-chat";
}

export function renderAnswer(style: ApiStyle, answer: ServedAnswer, streams: boolean): Rendered {
  if (!streams) return { contentType: "application/json", body: JSON.stringify(WHOLE[style](answer)) };
  return { contentType: STREAM_TYPES[style], body: joinBytes(renderMessages(style, answer)) };
}

/** The content type of a stream, by format. */
export const STREAM_TYPES: Readonly<Record<ApiStyle, string>> = {
  anthropic: "text/event-stream; charset=utf-8",
  "openai-chat": "text/event-stream; charset=utf-8",
  "openai-responses": "text/event-stream; charset=utf-8",
  gemini: "text/event-stream; charset=utf-8",
  ollama: "application/x-ndjson",
  bedrock: "application/vnd.amazon.eventstream",
};

/** The messages of a stream, each framed as the format frames them. */
export function renderMessages(style: ApiStyle, answer: ServedAnswer): Uint8Array[] {
  const messages: Message[] =
    style === "ollama" ? ollamaStream(answer).map((line) => [undefined, line]) : STREAMS[style](answer);
  return messages.map((message) => renderMessage(style, message));
}

export function renderMessage(style: ApiStyle, [event, data]: Message): Uint8Array {
  if (style === "bedrock") return bedrockMessage(event ?? "", data);
  const text = typeof data === "string" ? data : JSON.stringify(data);
  const framed =
    style === "ollama" ? `${text}\n` : `${event === undefined ? "" : `event: ${event}\n`}data: ${text}\n\n`;
  return new Uint8Array(Buffer.from(framed));
}

/** Two halves, so that every answer has several deltas. */
function halves(text: string | undefined): string[] {
  const points = Array.from(text ?? "");
  const middle = Math.ceil(points.length / 2);
  return [points.slice(0, middle).join(""), points.slice(middle).join("")].filter((half) => half !== "");
}

function tokens(answer: ServedAnswer): { input: number; cached: number; output: number } {
  return { input: answer.inputTokens ?? 10, cached: answer.cachedTokens ?? 0, output: answer.outputTokens ?? 5 };
}

const WHOLE: Readonly<Record<ApiStyle, (answer: ServedAnswer) => unknown>> = {
  anthropic: (answer) => ({
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "claude-served",
    content: [
      ...(answer.thinking ? [{ type: "thinking", thinking: answer.thinking, signature: "c2ln" }] : []),
      ...(answer.text ? [{ type: "text", text: answer.text }] : []),
      ...(answer.toolCalls ?? []).map((call) => ({ type: "tool_use", ...call })),
    ],
    stop_reason: answer.toolCalls?.length ? "tool_use" : "end_turn",
    usage: anthropicUsage(answer),
  }),
  "openai-chat": (answer) => ({
    id: "chatcmpl-1",
    model: "gpt-served",
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: answer.text ?? null,
          ...(answer.thinking ? { reasoning_content: answer.thinking } : {}),
          ...(answer.toolCalls?.length ? { tool_calls: answer.toolCalls.map(chatCall) } : {}),
        },
        finish_reason: answer.toolCalls?.length ? "tool_calls" : "stop",
      },
    ],
    usage: chatUsage(answer),
  }),
  "openai-responses": (answer) => ({
    id: "resp_1",
    model: "gpt-served",
    status: "completed",
    output: responseItems(answer),
    usage: responsesUsage(answer),
  }),
  ollama: (answer) => ({
    model: "served",
    message: ollamaMessage(answer),
    done: true,
    done_reason: "stop",
    prompt_eval_count: tokens(answer).input,
    eval_count: tokens(answer).output,
  }),
  gemini: (answer) => geminiPiece(geminiParts(answer), answer),
  bedrock: (answer) => ({
    output: {
      message: {
        role: "assistant",
        content: [
          ...(answer.thinking
            ? [{ reasoningContent: { reasoningText: { text: answer.thinking, signature: "c2ln" } } }]
            : []),
          ...(answer.text ? [{ text: answer.text }] : []),
          ...(answer.toolCalls ?? []).map((call) => ({
            toolUse: { toolUseId: call.id, name: call.name, input: call.input },
          })),
        ],
      },
    },
    stopReason: answer.toolCalls?.length ? "tool_use" : "end_turn",
    usage: bedrockUsage(answer),
  }),
};

const STREAMS: Readonly<Record<Exclude<ApiStyle, "ollama">, (answer: ServedAnswer) => Message[]>> = {
  anthropic: anthropicStream,
  "openai-chat": chatStream,
  "openai-responses": responsesStream,
  gemini: geminiStream,
  bedrock: bedrockStream,
};

function anthropicUsage(answer: ServedAnswer): object {
  const { input, cached, output } = tokens(answer);
  return { input_tokens: input - cached, cache_read_input_tokens: cached, output_tokens: output };
}

function anthropicStream(answer: ServedAnswer): Message[] {
  const out: Message[] = [];
  const say = (type: string, fields: object): void => {
    out.push([type, { type, ...fields }]);
  };
  let index = 0;
  const block = (start: object, deltas: readonly object[]): void => {
    say("content_block_start", { index, content_block: start });
    for (const delta of deltas) say("content_block_delta", { index, delta });
    say("content_block_stop", { index });
    index++;
  };
  const start = { id: "msg_1", type: "message", role: "assistant", model: "claude-served", content: [] };
  say("message_start", { message: { ...start, usage: { ...anthropicUsage(answer), output_tokens: 1 } } });
  say("ping", {});
  if (answer.thinking) {
    block({ type: "thinking", thinking: "" }, [
      ...halves(answer.thinking).map((thinking) => ({ type: "thinking_delta", thinking })),
      { type: "signature_delta", signature: "c2ln" },
    ]);
  }
  if (answer.text) {
    block(
      { type: "text", text: "" },
      halves(answer.text).map((text) => ({ type: "text_delta", text })),
    );
  }
  for (const { id, name, input } of answer.toolCalls ?? []) {
    block(
      { type: "tool_use", id, name, input: {} },
      halves(JSON.stringify(input)).map((partial_json) => ({ type: "input_json_delta", partial_json })),
    );
  }
  say("message_delta", {
    delta: { stop_reason: answer.toolCalls?.length ? "tool_use" : "end_turn" },
    usage: { output_tokens: tokens(answer).output },
  });
  say("message_stop", {});
  return out;
}

function chatUsage(answer: ServedAnswer): object {
  const { input, cached, output } = tokens(answer);
  return { prompt_tokens: input, completion_tokens: output, prompt_tokens_details: { cached_tokens: cached } };
}

function chatCall(call: ServedCall): object {
  return { id: call.id, type: "function", function: { name: call.name, arguments: JSON.stringify(call.input) } };
}

function chatStream(answer: ServedAnswer): Message[] {
  const out: Message[] = [];
  const base = { id: "chatcmpl-1", object: "chat.completion.chunk", model: "gpt-served" };
  const say = (delta: object, finish: string | null = null): void => {
    out.push([undefined, { ...base, choices: [{ index: 0, delta, finish_reason: finish }] }]);
  };
  say({ role: "assistant", content: "" });
  for (const reasoning_content of halves(answer.thinking)) say({ reasoning_content });
  for (const content of halves(answer.text)) say({ content });
  for (const [index, call] of (answer.toolCalls ?? []).entries()) {
    say({ tool_calls: [{ index, id: call.id, type: "function", function: { name: call.name, arguments: "" } }] });
    for (const piece of halves(JSON.stringify(call.input))) {
      say({ tool_calls: [{ index, function: { arguments: piece } }] });
    }
  }
  say({}, answer.toolCalls?.length ? "tool_calls" : "stop");
  out.push([undefined, { ...base, choices: [], usage: chatUsage(answer) }], [undefined, "[DONE]"]);
  return out;
}

function responsesUsage(answer: ServedAnswer): object {
  const { input, cached, output } = tokens(answer);
  return { input_tokens: input, input_tokens_details: { cached_tokens: cached }, output_tokens: output };
}

function responseItems(answer: ServedAnswer): object[] {
  return [
    ...(answer.thinking
      ? [{ type: "reasoning", id: "rs_1", summary: [{ type: "summary_text", text: answer.thinking }] }]
      : []),
    ...(answer.text
      ? [{ type: "message", id: "m_1", role: "assistant", content: [{ type: "output_text", text: answer.text }] }]
      : []),
    ...(answer.toolCalls ?? []).map((call, at) => ({
      type: "function_call",
      id: `fc_${at}`,
      call_id: call.id,
      name: call.name,
      arguments: JSON.stringify(call.input),
    })),
  ];
}

function responsesStream(answer: ServedAnswer): Message[] {
  const out: Message[] = [];
  const say = (type: string, fields: object): void => {
    out.push([type, { type, ...fields }]);
  };
  const response = { id: "resp_1", model: "gpt-served", status: "in_progress" };
  say("response.created", { response });
  for (const [output_index, item] of responseItems(answer).entries()) {
    const { type, id } = item as { type: string; id: string };
    const bare = type === "function_call" ? { ...item, arguments: "" } : item;
    say("response.output_item.added", { output_index, item: bare });
    if (type === "message") {
      for (const delta of halves(answer.text)) say("response.output_text.delta", { item_id: id, output_index, delta });
    } else if (type === "reasoning") {
      for (const delta of halves(answer.thinking)) {
        say("response.reasoning_summary_text.delta", { item_id: id, output_index, summary_index: 0, delta });
      }
    } else {
      for (const delta of halves((item as { arguments: string }).arguments)) {
        say("response.function_call_arguments.delta", { item_id: id, output_index, delta });
      }
    }
    say("response.output_item.done", { output_index, item });
  }
  say("response.completed", { response: { ...response, status: "completed", usage: responsesUsage(answer) } });
  return out;
}

function ollamaMessage(answer: ServedAnswer): object {
  return {
    role: "assistant",
    content: answer.text ?? "",
    ...(answer.thinking ? { thinking: answer.thinking } : {}),
    ...(answer.toolCalls?.length
      ? { tool_calls: answer.toolCalls.map(({ name, input }) => ({ function: { name, arguments: input } })) }
      : {}),
  };
}

function ollamaStream(answer: ServedAnswer): object[] {
  const line = (message: object): object => ({
    model: "served",
    message: { role: "assistant", content: "", ...message },
    done: false,
  });
  return [
    ...halves(answer.thinking).map((thinking) => line({ thinking })),
    ...halves(answer.text).map((content) => line({ content })),
    ...(answer.toolCalls?.length ? [line(ollamaMessage({ toolCalls: answer.toolCalls }))] : []),
    {
      ...line({}),
      done: true,
      done_reason: "stop",
      prompt_eval_count: tokens(answer).input,
      eval_count: tokens(answer).output,
    },
  ];
}

function geminiParts(answer: ServedAnswer): object[] {
  return [
    ...(answer.thinking ? [{ text: answer.thinking, thought: true }] : []),
    ...(answer.text ? [{ text: answer.text }] : []),
    ...(answer.toolCalls ?? []).map(({ id, name, input }) => ({ functionCall: { id, name, args: input } })),
  ];
}

function geminiPiece(parts: readonly object[], answer?: ServedAnswer): object {
  const base = { modelVersion: "gemini-served", responseId: "g_1" };
  if (!answer) return { ...base, candidates: [{ content: { role: "model", parts }, index: 0 }] };
  const { input, cached, output } = tokens(answer);
  return {
    ...base,
    candidates: [{ content: { role: "model", parts }, finishReason: "STOP", index: 0 }],
    usageMetadata: { promptTokenCount: input, candidatesTokenCount: output, cachedContentTokenCount: cached },
  };
}

function geminiStream(answer: ServedAnswer): Message[] {
  return [
    ...halves(answer.thinking).map((text): Message => [undefined, geminiPiece([{ text, thought: true }])]),
    ...halves(answer.text).map((text): Message => [undefined, geminiPiece([{ text }])]),
    [undefined, geminiPiece(geminiParts({ ...(answer.toolCalls ? { toolCalls: answer.toolCalls } : {}) }), answer)],
  ];
}

function bedrockUsage(answer: ServedAnswer): object {
  const { input, cached, output } = tokens(answer);
  return { inputTokens: input - cached, cacheReadInputTokens: cached, outputTokens: output };
}

function bedrockStream(answer: ServedAnswer): Message[] {
  const out: Message[] = [["messageStart", { role: "assistant" }]];
  let contentBlockIndex = 0;
  const block = (start: object | undefined, deltas: readonly object[]): void => {
    if (start) out.push(["contentBlockStart", { contentBlockIndex, start }]);
    for (const delta of deltas) out.push(["contentBlockDelta", { contentBlockIndex, delta }]);
    out.push(["contentBlockStop", { contentBlockIndex }]);
    contentBlockIndex++;
  };
  if (answer.thinking) {
    block(undefined, [
      ...halves(answer.thinking).map((text) => ({ reasoningContent: { text } })),
      { reasoningContent: { signature: "c2ln" } },
    ]);
  }
  if (answer.text) {
    block(
      undefined,
      halves(answer.text).map((text) => ({ text })),
    );
  }
  for (const { id, name, input } of answer.toolCalls ?? []) {
    block(
      { toolUse: { toolUseId: id, name } },
      halves(JSON.stringify(input)).map((piece) => ({ toolUse: { input: piece } })),
    );
  }
  out.push(["messageStop", { stopReason: answer.toolCalls?.length ? "tool_use" : "end_turn" }]);
  out.push(["metadata", { usage: bedrockUsage(answer) }]);
  return out;
}
