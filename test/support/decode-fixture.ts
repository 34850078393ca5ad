/** Plays a recorded answer through the real frame and answer decoders, cut into any pieces. */

import { readFileSync } from "node:fs";
import { lookupCapabilities } from "../../src/llm/catalog/capabilities.ts";
import type { ApiStyle, Framing } from "../../src/llm/providers/wire-format.ts";
import { WIRE_FORMATS } from "../../src/llm/providers/wire-formats.ts";
import type { ModelChunk, ModelInput } from "../../src/llm/spec/model.ts";
import { ModelError } from "../../src/llm/spec/model-error.ts";
import { createAwsEventStreamDecoder } from "../../src/llm/wire/aws-event-stream.ts";
import {
  createEventStreamDecoder,
  createJsonLinesDecoder,
  type FrameDecoder,
  type OnEvent,
} from "../../src/llm/wire/event-stream.ts";
import { bedrockMessage, joinBytes } from "./aws-event-stream.ts";

interface FixtureLine {
  readonly event?: string;
  readonly data?: unknown;
  readonly raw?: string;
}

const FOLDER = new URL("../../src/llm/providers/__fixtures__/", import.meta.url);

/** The bytes of `<name>.chunks.jsonl` as the provider would send them. */
export function fixtureBytes(name: string, style: ApiStyle): Uint8Array {
  const lines = readFileSync(new URL(`${name}.chunks.jsonl`, FOLDER), "utf8")
    .trimEnd()
    .split("\n");
  const { framing } = WIRE_FORMATS[style];
  if (framing === "aws-event-stream") {
    return joinBytes(
      lines.map((line) => {
        const { event, data } = JSON.parse(line) as FixtureLine;
        return bedrockMessage(event ?? "", data);
      }),
    );
  }
  const isLines = framing === "json-lines";
  const text = lines
    .map((line) => {
      const { event, data, raw } = JSON.parse(line) as FixtureLine;
      if (raw !== undefined) return raw;
      if (isLines) return `${JSON.stringify(data)}\n`;
      return `${event === undefined ? "" : `event: ${event}\n`}data: ${JSON.stringify(data)}\n\n`;
    })
    .join("");
  return new TextEncoder().encode(text);
}

const FRAMES: Readonly<Record<Framing, (onEvent: OnEvent) => FrameDecoder>> = {
  "event-stream": (onEvent) => createEventStreamDecoder(onEvent),
  "json-lines": (onEvent) => createJsonLinesDecoder(onEvent),
  "aws-event-stream": createAwsEventStreamDecoder,
};

export interface Decoded {
  readonly chunks: readonly ModelChunk[];
  readonly error?: ModelError;
}

/** Decodes an answer that comes in these pieces, as the HTTP client does. */
export function decodePieces(style: ApiStyle, input: ModelInput, pieces: Iterable<Uint8Array>): Decoded {
  const format = WIRE_FORMATS[style];
  const context = { capabilities: lookupCapabilities(input.provider, input.model), env: () => undefined };
  const decoder = format.decoder(input, context);
  const chunks: ModelChunk[] = [];
  let failure: unknown;
  const onEvent = (name: string, data: string): void => {
    if (failure !== undefined || decoder.status === "finished") return;
    try {
      decoder.event(name, data, chunks);
    } catch (error) {
      failure = error;
    }
  };
  const frames = FRAMES[format.framing](onEvent);
  try {
    for (const piece of pieces) {
      frames.push(piece);
      if (failure !== undefined) throw failure;
    }
    frames.flush();
    if (failure !== undefined && !(failure instanceof ModelError && failure.reason === "malformed")) throw failure;
    decoder.end(chunks);
    return { chunks };
  } catch (error) {
    if (error instanceof ModelError) return { chunks, error };
    throw error;
  }
}

/** Cuts bytes at the given places, whatever they are. */
export function cutBytes(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const sorted = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...sorted].map((start, at) => bytes.subarray(start, sorted[at] ?? bytes.length));
}
