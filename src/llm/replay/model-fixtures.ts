/**
 * Recorded answers of models, one file per request (REPLAY-01 … REPLAY-04). The name of the file is a hash of what was
 * asked; the request itself lies beside the answer, so a request that finds no file can be told where it left the
 * recorded path. Replaying never calls a provider.
 */

import { type Host, isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import { cancelledFailure, requestFailure } from "../errors/model-failures.ts";
import type { ModelChunk, ModelClient, ModelInput } from "../spec/model.ts";
import type { ModelError } from "../spec/model-error.ts";
import type { ModelResult } from "../spec/model-result.ts";
import { keepAnswer } from "../stream/keep-answer.ts";
import { createPump } from "../wire/pump.ts";
import { sha256Hex } from "../wire/sha256.ts";
import { canonicalJson } from "./canonical-json.ts";
import { type Difference, describeDifference, firstDifference } from "./json-difference.ts";

export type ReplayMode = "off" | "record" | "replay";

export interface ModelFixtures {
  readonly mode: ReplayMode;
  /** Mode and folder of the files; both together, as neither means anything alone. */
  setReplayMode(mode: ReplayMode, folder: string): void;
  /** The client with recording or replaying around it, by the mode at the time of the call. */
  wrap(client: ModelClient): ModelClient;
}

/** How many recorded requests are looked at to explain a miss. */
const MOST_COMPARED = 500;

export function createModelFixtures(host: Pick<Host, "perform">): ModelFixtures {
  let mode: ReplayMode = "off";
  let folder = "";
  return {
    get mode() {
      return mode;
    },
    setReplayMode(nextMode, nextFolder) {
      mode = nextMode;
      folder = nextFolder;
    },
    wrap: (client) => ({
      provider: client.provider,
      stream(input, signal) {
        switch (mode) {
          case "off":
            return client.stream(input, signal);
          case "record":
            return keepAnswer(client.stream(input, signal), input, (answer) => write(host, folder, input, answer));
          case "replay":
            return createPump<ModelChunk>({
              signal,
              cancelled: (reason) => cancelledFailure(identity(input), reason),
              open() {
                let answered = false;
                return {
                  async pull(out) {
                    if (answered) return false;
                    answered = true;
                    out.push(...(await replayed(host, folder, input)));
                    return true;
                  },
                  close() {},
                };
              },
            });
        }
      },
    }),
  };
}

/** REPLAY-03: 16 hex digits over model, messages and system prompt (whether there is one counts too). */
export function fixtureHash(input: Pick<ModelInput, "model" | "messages" | "system">): string {
  return sha256Hex(canonicalJson([input.model, input.messages, input.system ?? null])).slice(0, 16);
}

/** A recording that cannot be written is no reason to lose the answer. */
async function write(
  host: Pick<Host, "perform">,
  folder: string,
  input: ModelInput,
  result: ModelResult,
): Promise<void> {
  if (folder === "") return;
  const data = `${JSON.stringify(encodeFixture(input, result), undefined, 2)}\n`;
  try {
    await host.perform("fs.mkdir", { path: folder });
    await host.perform("fs.write", { path: `${folder}/${fixtureHash(input)}.json`, data });
  } catch {
    // Ignored, as promised.
  }
}

/** REPLAY-04: the stored answer, the text in one piece. */
async function replayed(host: Pick<Host, "perform">, folder: string, input: ModelInput): Promise<ModelChunk[]> {
  const fixture = await read(host, `${folder}/${fixtureHash(input)}.json`);
  if (folder === "" || !fixture) throw await miss(host, folder, input);
  return decodeFixture(fixture);
}

async function read(host: Pick<Host, "perform">, path: string): Promise<JsonObject | undefined> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(await host.perform("fs.read", { path })));
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

async function miss(host: Pick<Host, "perform">, folder: string, input: ModelInput): Promise<ModelError> {
  const difference = await closestDifference(host, folder, input);
  const drift = difference
    ? `\nThe closest fixture is ${difference.file}, which differs at ${describeDifference(difference.at)}`
    : "";
  return requestFailure(
    identity(input),
    `No fixture found for LLM call (hash: ${fixtureHash(input)}). Run with --record first.${drift}`,
    { category: "generic", reason: "unknown" },
  );
}

/** The recorded request that shares the longest beginning with this one, and where they part. */
async function closestDifference(
  host: Pick<Host, "perform">,
  folder: string,
  input: ModelInput,
): Promise<{ readonly file: string; readonly at: Difference } | undefined> {
  let files: readonly string[];
  try {
    files = await host.perform("fs.list", { path: folder });
  } catch {
    return undefined;
  }
  let best: { readonly file: string; readonly at: Difference; readonly shared: number } | undefined;
  for (const file of files.filter((name) => name.endsWith(".json")).slice(0, MOST_COMPARED)) {
    const request = (await read(host, `${folder}/${file}`))?.["request"];
    if (!isJsonObject(request)) continue;
    const at = firstDifference(request, requestOf(input));
    if (!at) continue;
    const shared = sharedMessages(request["messages"], input);
    if (!best || shared > best.shared) best = { file, at, shared };
  }
  return best;
}

function sharedMessages(recordedMessages: Json | undefined, input: ModelInput): number {
  const list = Array.isArray(recordedMessages) ? recordedMessages : [];
  let count = 0;
  while (count < list.length && count < input.messages.length) {
    if (firstDifference(list[count], input.messages[count])) break;
    count++;
  }
  return count;
}

/** What the hash is made of, as it is stored. */
function requestOf(input: ModelInput): JsonObject {
  return JSON.parse(
    JSON.stringify({ model: input.model, system: input.system ?? null, messages: input.messages }),
  ) as JsonObject;
}

function encodeFixture(input: ModelInput, result: ModelResult): JsonObject {
  const { usage } = result;
  return {
    text: result.text,
    tool_calls: result.toolCalls.map((call) => ({
      id: call.id,
      type: "tool_call",
      name: call.name,
      arguments: call.input,
      ...(call.signature === undefined ? {} : { signature: call.signature }),
    })),
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    cache_read_tokens: usage.cacheReadTokens,
    cache_write_tokens: usage.cacheWriteTokens,
    cache_creation_input_tokens: usage.cacheWriteTokens,
    model: result.model,
    provider: result.provider,
    thinking: result.thinking ?? null,
    thinking_summary: result.thinkingSummary ?? null,
    thinking_parts: result.thinkingParts.map((part) => ({ ...part })),
    stop_reason: result.stopReason,
    raw_stop_reason: result.rawStopReason ?? null,
    blocks: result.blocks,
    logprobs: result.logprobs,
    request: requestOf(input),
  };
}

function decodeFixture(fixture: JsonObject): ModelChunk[] {
  const text = (field: string): string | undefined => {
    const value = fixture[field];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const count = (field: string): number => (typeof fixture[field] === "number" ? fixture[field] : 0);
  const list = (field: string): readonly JsonObject[] =>
    Array.isArray(fixture[field]) ? (fixture[field] as readonly Json[]).filter(isJsonObject) : [];

  const model = text("model");
  const provider = text("provider");
  const summary = text("thinking_summary");
  const chunks: ModelChunk[] = [
    { type: "response-start", ...(model ? { model } : {}), ...(provider ? { provider } : {}) },
  ];
  const parts = list("thinking_parts");
  const thinking = text("thinking");
  if (parts.length === 0 && thinking) chunks.push({ type: "thinking-delta", thinkingId: "replayed", delta: thinking });
  for (const [at, part] of parts.entries()) {
    const delta = typeof part["text"] === "string" ? part["text"] : "";
    chunks.push({
      type: "thinking-delta",
      thinkingId: `replayed_${at}`,
      delta,
      ...(typeof part["signature"] === "string" ? { signature: part["signature"] } : {}),
      ...(typeof part["redacted"] === "string" ? { redacted: part["redacted"] } : {}),
      // Pieces of which no reasoning is known were a summary.
      ...(thinking === undefined ? { summary: true } : {}),
    });
  }
  if (summary && (parts.length === 0 || thinking !== undefined)) {
    chunks.push({ type: "thinking-delta", thinkingId: "replayed_summary", delta: summary, summary: true });
  }
  const answer = text("text");
  if (answer) chunks.push({ type: "text-delta", messageId: "replayed", delta: answer });
  for (const call of list("tool_calls")) {
    const id = typeof call["id"] === "string" ? call["id"] : "";
    chunks.push(
      { type: "tool-call-start", id, name: typeof call["name"] === "string" ? call["name"] : "" },
      {
        type: "tool-call-end",
        id,
        input: call["arguments"] ?? {},
        ...(typeof call["signature"] === "string" ? { signature: call["signature"] } : {}),
      },
    );
  }
  const rawStopReason = text("raw_stop_reason");
  chunks.push({
    type: "done",
    stopReason: text("stop_reason") ?? "end_turn",
    ...(rawStopReason ? { rawStopReason } : {}),
    usage: {
      inputTokens: count("input_tokens"),
      outputTokens: count("output_tokens"),
      cacheReadTokens: count("cache_read_tokens"),
      cacheWriteTokens: count("cache_write_tokens") || count("cache_creation_input_tokens"),
      exact: true,
    },
    ...(fixture["logprobs"] === undefined ? {} : { logprobs: fixture["logprobs"] }),
  });
  return chunks;
}

function identity(input: ModelInput): { provider: string; model: string } {
  return { provider: input.provider, model: input.model };
}
