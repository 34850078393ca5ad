/**
 * The parts of an answer of the common provider interface as chunks.
 *
 *     stream-start? response-metadata? part* finish
 *     part := text-start text-delta* text-end | reasoning-start reasoning-delta* reasoning-end
 *           | tool-input-start tool-input-delta* tool-input-end tool-call | tool-call | source | file | raw | error
 *
 * Two habits of its providers are not trusted. A stream that was cut ends with a `finish` that names no reason of the
 * provider: that is a truncated answer. And a failure is a part like any other, after which more may come: here it ends
 * the answer. What a provider runs by itself is kept as warnings, since nobody else may run it.
 */

import { HostError, type Json, type JsonObject, table } from "../../base/index.ts";
import {
  httpFailure,
  malformedFailure,
  type PartialAnswer,
  streamFailure,
  transportFailure,
  truncatedFailure,
} from "../errors/model-failures.ts";
import {
  type AnswerState,
  countOf,
  createAnswerState,
  listOf,
  mergeUsage,
  objectOf,
  partialOf,
  pushDone,
  pushKept,
  pushText,
  pushThinking,
  pushUnknown,
  stringOf,
  truncated,
} from "../providers/answer-state.ts";
import { markToken } from "../providers/opaque-token.ts";
import type { ModelChunk, ModelInput, Usage } from "../spec/model.ts";

export interface PartDecoder {
  readonly partial: PartialAnswer;
  /** Nothing more will come. */
  readonly isFinished: boolean;
  /** One part of a stream. Throws a `ModelError` for a part that tells a failure. */
  part(part: unknown, out: ModelChunk[]): void;
  /** A whole answer (`doGenerate`). */
  whole(answer: unknown, out: ModelChunk[]): void;
  /** The stream has ended: throws `truncated` unless it had said so. */
  end(): void;
}

const STOP_REASONS: Readonly<Record<string, string>> = table({
  stop: "end_turn",
  length: "max_tokens",
  "tool-calls": "tool_use",
  "content-filter": "content_filter",
});

/** @param nowMs wall clock, for dates in `retry-after` */
export function createPartDecoder(input: ModelInput, nowMs: () => number): PartDecoder {
  const state = createAnswerState(input);
  /** Calls that have begun: whether deltas were sent, and under which id. */
  const calls = new Map<string, { readonly id: string; hasDeltas: boolean; isJson: boolean }>();
  /** Calls that the provider runs; their deltas are not ours. */
  const foreign = new Set<string>();
  let started = false;

  const begin = (fields: JsonObject, out: ModelChunk[]): void => {
    if (started) return;
    started = true;
    const responseId = stringOf(fields["id"]);
    const model = stringOf(fields["modelId"]);
    if (responseId) state.messageId = responseId;
    out.push({ type: "response-start", ...(model ? { model } : {}), ...(responseId ? { responseId } : {}) });
  };

  const startCall = (key: string, name: string, isJson: boolean, out: ModelChunk[]) => {
    const open = { id: key || state.nextCallId(), hasDeltas: false, isJson };
    calls.set(key, open);
    state.calls++;
    out.push({ type: "tool-call-start", id: open.id, name });
    return open;
  };

  const endCall = (part: JsonObject, out: ModelChunk[]): void => {
    const key = stringOf(part["toolCallId"]) ?? "";
    const open = calls.get(key) ?? startCall(key, stringOf(part["toolName"]) ?? "", true, out);
    calls.delete(key);
    const text = part["input"];
    const whole = typeof text === "string" ? parsed(text) : text;
    // Arguments that are no JSON stay the text they are; whoever folds the answer tells the model.
    if (whole === undefined && !(open.hasDeltas && open.isJson) && typeof text === "string" && text !== "") {
      out.push({ type: "tool-call-delta", id: open.id, delta: text });
    }
    const signature = metadataToken(part["providerMetadata"]);
    out.push({
      type: "tool-call-end",
      id: open.id,
      ...(whole === undefined ? {} : { input: whole }),
      ...(signature === undefined ? {} : { signature }),
    });
  };

  const finish = (reason: unknown, usage: unknown, out: ModelChunk[]): void => {
    const fields = objectOf(reason);
    const unified = stringOf(reason) ?? stringOf(fields?.["unified"]) ?? "unknown";
    const raw = stringOf(fields?.["raw"]);
    const told = readUsage(objectOf(usage) ?? {});
    if (told) mergeUsage(state, told, told.inputTokens !== undefined && told.outputTokens !== undefined);
    if (unified === "error") {
      const words = `the model ended with an error${raw === undefined ? "" : ` (${raw})`}`;
      throw streamFailure(state.call, { words, raw: JSON.stringify(plain(reason)) }, partialOf(state));
    }
    if (unified === "interrupted" || (raw === undefined && (unified === "other" || unified === "unknown"))) {
      throw truncated(state, "a reason to stop");
    }
    for (const open of calls.values()) out.push({ type: "tool-call-end", id: open.id });
    calls.clear();
    const stopReason = raw === "stop_sequence" ? raw : (STOP_REASONS[unified] ?? raw ?? unified);
    pushDone(state, out, { stopReason, rawStopReason: raw ?? unified });
  };

  const read = (part: JsonObject, out: ModelChunk[]): void => {
    const type = stringOf(part["type"]);
    switch (type) {
      case "text-delta":
        begin({}, out);
        pushText(state, stringOf(part["delta"]) ?? "", out);
        return;
      case "reasoning-start":
      case "reasoning-delta":
      case "reasoning-end": {
        begin({}, out);
        const id = `${state.messageId}:${stringOf(part["id"]) ?? "0"}`;
        pushThinking(state, stringOf(part["delta"]) ?? "", out, { id });
        const signature = metadataToken(part["providerMetadata"]);
        if (signature) out.push({ type: "thinking-delta", thinkingId: id, delta: "", signature });
        return;
      }
      case "tool-input-start": {
        begin({}, out);
        const key = stringOf(part["id"]) ?? "";
        if (part["providerExecuted"] === true) foreign.add(key);
        else startCall(key, stringOf(part["toolName"]) ?? "", part["inputEncoding"] !== "text", out);
        return;
      }
      case "tool-input-delta": {
        const key = stringOf(part["id"]) ?? "";
        const open = calls.get(key);
        const delta = stringOf(part["delta"]) ?? "";
        if (!open) {
          if (!foreign.has(key)) pushUnknown(state, "delta of a tool call that has not begun", plain(part), out);
          return;
        }
        // Deltas in another encoding are no arguments yet: the call brings those.
        if (delta === "" || !open.isJson) return;
        open.hasDeltas = true;
        out.push({ type: "tool-call-delta", id: open.id, delta });
        return;
      }
      case "tool-call":
        begin({}, out);
        if (part["providerExecuted"] === true) keep("A tool call of the provider's own", part, out);
        else endCall(part, out);
        return;
      case "stream-start":
        for (const warning of listOf(part["warnings"]))
          out.push({ type: "warning", message: warningText(warning), raw: plain(warning) });
        return;
      case "response-metadata":
        begin(part, out);
        return;
      case "finish":
        finish(part["finishReason"], part["usage"], out);
        return;
      case "error":
        throw partFailure(state, part["error"], nowMs(), true);
      case "text-start":
      case "text-end":
        for (const citation of listOf(part["citations"])) keep("A citation", citation, out);
        return;
      case "tool-input-end":
      case "raw":
      case "ping":
        return;
      case "source":
      case "file":
      case "reasoning-file":
      case "custom":
      case "tool-result":
      case "tool-approval-request":
        keep(`A part \`${type}\``, part, out);
        return;
      default:
        pushUnknown(state, `part \`${String(type)}\``, plain(part), out);
    }
  };

  const keep = (what: string, raw: unknown, out: ModelChunk[]): void => {
    begin({}, out);
    pushKept(state, `${what} was kept`, plain(raw), out);
  };

  return {
    get partial() {
      return partialOf(state);
    },
    get isFinished() {
      return state.status === "finished";
    },
    part(part, out) {
      if (state.status === "finished") return;
      const fields = objectOf(part);
      if (fields) read(fields, out);
      else pushUnknown(state, "part that is no object", plain(part), out);
    },
    whole(answer, out) {
      const fields = objectOf(answer) ?? {};
      read({ type: "stream-start", warnings: fields["warnings"] ?? [] }, out);
      begin(objectOf(fields["response"]) ?? {}, out);
      for (const [at, content] of listOf(fields["content"]).entries()) {
        const part = objectOf(content) ?? {};
        if (part["type"] === "text") {
          pushText(state, stringOf(part["text"]) ?? "", out);
          read({ ...part, type: "text-end" }, out);
        } else if (part["type"] === "reasoning") {
          read({ ...part, type: "reasoning-delta", id: String(at), delta: part["text"] ?? "" }, out);
        } else {
          read(part, out);
        }
      }
      finish(fields["finishReason"], fields["usage"], out);
    },
    end() {
      if (state.status !== "finished") throw truncated(state, "`finish`");
    },
  };
}

/**
 * What a model threw, or put into a part. Errors of the interface bring status, headers and body of the provider's
 * answer; all else is known by its words.
 * @param isAnswering the stream had begun: a connection that breaks then has cut it
 */
export function partFailure(
  state: Pick<AnswerState, "call" | "text" | "usage">,
  error: unknown,
  nowMs: number,
  isAnswering: boolean,
): Error {
  const fields = objectOf(error);
  const partial: PartialAnswer = {
    ...(state.text === "" ? {} : { text: state.text }),
    ...(state.usage === undefined ? {} : { usage: state.usage }),
  };
  const status = countOf(fields?.["statusCode"]);
  const words = stringOf(error) ?? stringOf(fields?.["message"]) ?? JSON.stringify(plain(error)) ?? String(error);
  const body = stringOf(fields?.["responseBody"]);
  if (status !== undefined && status >= 300) {
    const headers = (objectOf(fields?.["responseHeaders"]) ?? {}) as Readonly<Record<string, string>>;
    return httpFailure(state.call, { status, headers, body: body || words, nowMs });
  }
  const hasAnswered = isAnswering || status !== undefined;
  if (isBrokenConnection(error)) {
    return hasAnswered
      ? truncatedFailure(state.call, "`finish`", partial, error)
      : transportFailure(
          state.call,
          new HostError("connection_reset", "model.stream", words, { cause: error }),
          partial,
        );
  }
  if (/stream ended (?:without|before)/i.test(words)) return truncatedFailure(state.call, "`finish`", partial, error);
  const name = stringOf(fields?.["name"]) ?? "";
  if (status !== undefined || /JSONParse|TypeValidation|InvalidResponseData|InvalidStreamPart/.test(name)) {
    const told = body ?? fields?.["text"] ?? fields?.["value"] ?? fields?.["data"];
    const raw = stringOf(told) ?? (told === undefined ? words : (JSON.stringify(plain(told)) ?? words));
    return malformedFailure(state.call, raw, partial, error);
  }
  return streamFailure(state.call, { words, raw: body || rawOf(error, words) }, partial);
}

/** As the platforms' transports tell it: by a code, the error's own or its cause's, or by a phrase. */
function isBrokenConnection(error: unknown): boolean {
  for (let at = objectOf(error), depth = 0; at && depth < 4; at = objectOf(at["cause"]), depth++) {
    if (/^(?:ECONN|UND_ERR_|EPIPE|ENOTFOUND|EAI_|EHOSTUNREACH|ENETUNREACH)/.test(stringOf(at["code"]) ?? ""))
      return true;
    if (/^(?:terminated|fetch failed|socket hang up|network error)$/i.test(stringOf(at["message"]) ?? "")) return true;
  }
  return false;
}

function rawOf(error: unknown, words: string): string {
  if (error instanceof Error || typeof error === "string") return words;
  return JSON.stringify(plain(error)) ?? words;
}

function metadataToken(metadata: unknown): string | undefined {
  const fields = objectOf(metadata);
  return fields && Object.keys(fields).length > 0 ? markToken("ai-sdk", JSON.stringify(plain(fields))) : undefined;
}

function parsed(text: string): Json | undefined {
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** `V2` tells totals by name; later versions tell totals and shares. Input tokens include cached ones in all of them. */
function readUsage(usage: JsonObject): Partial<Usage> | undefined {
  const input = objectOf(usage["inputTokens"]);
  const output = objectOf(usage["outputTokens"]);
  const told = {
    inputTokens: countOf(input?.["total"] ?? usage["inputTokens"]),
    outputTokens: countOf(output?.["total"] ?? usage["outputTokens"]),
    cacheReadTokens: countOf(input?.["cacheRead"] ?? usage["cachedInputTokens"]),
    cacheWriteTokens: countOf(input?.["cacheWrite"]),
    reasoningTokens: countOf(output?.["reasoning"] ?? usage["reasoningTokens"]),
  };
  const known = Object.entries(told).filter(([, count]) => count !== undefined);
  return known.length === 0 ? undefined : (Object.fromEntries(known) as Partial<Usage>);
}

function warningText(warning: Json): string {
  const fields = objectOf(warning);
  const what = stringOf(fields?.["feature"]) ?? stringOf(fields?.["setting"]) ?? objectOf(fields?.["tool"])?.["name"];
  const why = stringOf(fields?.["message"]) ?? stringOf(fields?.["details"]);
  return [`${stringOf(fields?.["type"]) ?? "warning"}${what === undefined ? "" : ` ${String(what)}`}`, why]
    .filter((piece) => piece !== undefined)
    .join(": ");
}

/** JSON of a value that may hold bytes, dates and what else JSON has no word for. */
function plain(value: unknown): Json {
  const text = JSON.stringify(value, (_key, field: unknown) => {
    if (field instanceof Uint8Array) return `${field.length} bytes`;
    return typeof field === "bigint" ? String(field) : field;
  });
  return text === undefined ? null : (JSON.parse(text) as Json);
}
