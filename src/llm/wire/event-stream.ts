/**
 * From bytes to framed messages: server-sent events for most providers, JSON lines for Ollama. Both decode UTF-8 across
 * chunk borders and drop a byte order mark; broken bytes become U+FFFD.
 *
 * One deviation from the event stream standard: an event whose final empty line the server never sent is handed out at
 * the end of the bytes. Whether that was the last event or half of one, the decoder behind knows.
 */

import { createParser } from "eventsource-parser";

/** @param event the event's name, empty when it has none */
export type OnEvent = (event: string, data: string) => void;

/** Bytes that cannot be what the framing says they are; the message says what is wrong with them. */
export class FrameError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "FrameError";
  }
}

/** Characters that one message may have. More is no answer of a model, and must not fill the memory. */
export const LARGEST_EVENT: number = 64 * 1024 * 1024;

/** Bytes in, framed messages out. */
export interface FrameDecoder {
  /** Calls the handler for every message these bytes complete. Throws a {@link FrameError} for what cannot be one. */
  push(bytes: Uint8Array): void;
  /** The end of the bytes: hands out what is left. */
  flush(): void;
}

/** @param largestEvent characters that one event may have */
export function createEventStreamDecoder(onEvent: OnEvent, largestEvent: number = LARGEST_EVENT): FrameDecoder {
  const text = new TextDecoder();
  const parser = createParser({
    maxBufferSize: largestEvent,
    onEvent: (message) => onEvent(message.event ?? "", message.data),
    onError(error) {
      if (error.type === "max-buffer-size-exceeded") throw tooLarge("An event", largestEvent);
    },
  });
  return {
    push: (bytes) => parser.feed(text.decode(bytes, { stream: true })),
    flush: () => parser.feed(`${text.decode()}\n\n`),
  };
}

/** One JSON value per line; blank lines are skipped, and so is a `data:` in front, which some proxies add. */
export function createJsonLinesDecoder(onEvent: OnEvent, largestLine: number = LARGEST_EVENT): FrameDecoder {
  const decoder = new TextDecoder();
  /** Pieces of a line whose end has not come: a line costs its own length, however small the chunks. */
  let pieces: string[] = [];
  let held = 0;

  const onLine = (line: string): void => {
    const message = line.trim();
    if (message === "") return;
    onEvent("", message.startsWith("data:") ? message.slice(5).trimStart() : message);
  };
  const split = (text: string): void => {
    let start = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
      const piece = text.slice(start, end);
      start = end + 1;
      if (pieces.length === 0) {
        onLine(piece);
      } else {
        pieces.push(piece);
        const line = pieces.join("");
        pieces = [];
        held = 0;
        onLine(line);
      }
    }
    if (start === text.length) return;
    pieces.push(text.slice(start));
    held += text.length - start;
    if (held > largestLine) throw tooLarge("A line", largestLine);
  };

  return {
    push: (bytes) => split(decoder.decode(bytes, { stream: true })),
    flush: () => split(`${decoder.decode()}\n`),
  };
}

function tooLarge(what: string, largest: number): FrameError {
  return new FrameError(`${what} of the answer is longer than ${largest} characters`);
}
