/**
 * A model of the common provider interface over `fetch`, with the habits of the real ones: a failed request is an error
 * with status, headers and body; an event that cannot be read is a part that says so; and a stream that was cut ends with
 * a `finish` that names no reason.
 */

import type { LanguageModel } from "../../src/llm/language-model/language-model.ts";
import { createEventStreamDecoder } from "../../src/llm/wire/event-stream.ts";

interface Delta {
  readonly choices?: readonly {
    readonly delta?: {
      readonly content?: string;
      readonly tool_calls?: readonly {
        readonly index: number;
        readonly id?: string;
        readonly function?: { readonly name?: string; readonly arguments?: string };
      }[];
    };
    readonly finish_reason?: string | null;
  }[];
  readonly error?: unknown;
}

export function fetchModel(url: string, key: string): LanguageModel {
  return {
    specificationVersion: "v3",
    provider: "fetch.chat",
    modelId: "m",
    doGenerate: () => Promise.reject(new Error("This model only streams")),
    async doStream(options) {
      const { abortSignal, prompt } = options as { readonly abortSignal: AbortSignal; readonly prompt: unknown };
      const response = await fetch(`${url}/v1/chat/completions`, {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        body: JSON.stringify({ prompt }),
        signal: abortSignal,
      });
      if (!response.ok || !response.body) {
        throw Object.assign(new Error(response.statusText), {
          name: "AI_APICallError",
          statusCode: response.status,
          responseHeaders: Object.fromEntries(response.headers),
          responseBody: await response.text(),
        });
      }
      return { stream: response.body.pipeThrough(partsOf()) };
    },
  };
}

function partsOf(): TransformStream<Uint8Array, unknown> {
  let frames: ReturnType<typeof createEventStreamDecoder>;
  let raw: string | undefined;
  const ids: string[] = [];
  return new TransformStream<Uint8Array, unknown>({
    start(controller) {
      const push = (part: object): void => controller.enqueue(part);
      frames = createEventStreamDecoder((_event, data) => {
        if (data === "[DONE]") return;
        let event: Delta;
        try {
          event = JSON.parse(data) as Delta;
        } catch (error) {
          push({ type: "error", error: Object.assign(error as Error, { name: "AI_JSONParseError", text: data }) });
          return;
        }
        if (event.error !== undefined) push({ type: "error", error: event.error });
        const [choice] = event.choices ?? [];
        if (choice?.delta?.content) push({ type: "text-delta", id: "0", delta: choice.delta.content });
        for (const call of choice?.delta?.tool_calls ?? []) {
          if (call.id !== undefined) {
            ids[call.index] = call.id;
            push({ type: "tool-input-start", id: call.id, toolName: call.function?.name });
          }
          push({ type: "tool-input-delta", id: ids[call.index], delta: call.function?.arguments ?? "" });
        }
        raw = choice?.finish_reason ?? raw;
      });
    },
    transform: (bytes) => frames.push(bytes),
    flush(controller) {
      frames.flush();
      const unified = raw === "tool_calls" ? "tool-calls" : (raw ?? "other");
      controller.enqueue({ type: "finish", finishReason: { unified, raw }, usage: {} });
    },
  });
}
