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

/** Bytes in, framed messages out. */
export interface FrameDecoder {
  /** Calls the handler for every message these bytes complete. */
  push(bytes: Uint8Array): void;
  /** The end of the bytes: hands out what is left. */
  flush(): void;
}

export function createEventStreamDecoder(onEvent: OnEvent): FrameDecoder {
  const text = new TextDecoder();
  const parser = createParser({ onEvent: (message) => onEvent(message.event ?? "", message.data) });
  return {
    push: (bytes) => parser.feed(text.decode(bytes, { stream: true })),
    flush: () => parser.feed(`${text.decode()}\n\n`),
  };
}

/** One JSON value per line; blank lines are skipped, and so is a `data:` in front, which some proxies add. */
export function createJsonLinesDecoder(onEvent: OnEvent): FrameDecoder {
  const decoder = new TextDecoder();
  /** Pieces of a line whose end has not come: a line costs its own length, however small the chunks. */
  let pieces: string[] = [];

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
        onLine(line);
      }
    }
    if (start < text.length) pieces.push(text.slice(start));
  };

  return {
    push: (bytes) => split(decoder.decode(bytes, { stream: true })),
    flush: () => split(`${decoder.decode()}\n`),
  };
}
