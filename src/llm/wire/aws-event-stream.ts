/**
 * Amazon's binary event streams, big-endian throughout:
 *
 *     message := total-length:u32 headers-length:u32 prelude-crc:u32 header* payload message-crc:u32
 *     header  := name-length:u8 name type:u8 value
 *
 * The prelude's checksum covers the two lengths, the message's covers everything before it. Three headers matter here:
 * `:message-type` (`event`, `exception` or `error`), and by it `:event-type`, `:exception-type`, or `:error-code` with
 * `:error-message`. Everything that is no event is handed out under a name that starts with {@link EXCEPTION}.
 */

import { crc32 } from "../../base/index.ts";
import { type FrameDecoder, FrameError, type OnEvent } from "./event-stream.ts";

/** In front of the name of an exception. */
export const EXCEPTION = "exception:";

const PRELUDE_BYTES = 12;
const SMALLEST_MESSAGE = PRELUDE_BYTES + 4;
/** Amazon's own limit. */
const LARGEST_MESSAGE = 24 * 1024 * 1024;

/** `push` throws a {@link FrameError} for bytes that are no such stream; half a message at the end is not reported. */
export function createAwsEventStreamDecoder(onEvent: OnEvent): FrameDecoder {
  /** Bytes of the message that is not complete, `held` of them in all. */
  let pieces: Uint8Array[] = [];
  let held = 0;
  /** Bytes without which nothing can be done: those of a prelude, then those of the message. */
  let needed = PRELUDE_BYTES;

  return {
    push(bytes) {
      pieces.push(bytes);
      held += bytes.length;
      if (held < needed) return;
      const all = pieces.length === 1 ? bytes : joined(pieces, held);
      let start = 0;
      needed = PRELUDE_BYTES;
      while (all.length - start >= PRELUDE_BYTES) {
        const length = readPrelude(all.subarray(start, start + PRELUDE_BYTES));
        if (all.length - start < length) {
          needed = length;
          break;
        }
        readMessage(all.subarray(start, start + length), onEvent);
        start += length;
      }
      const rest = all.subarray(start);
      pieces = rest.length === 0 ? [] : [rest];
      held = rest.length;
    },
    flush() {},
  };
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** @returns the length of the message, in bytes */
function readPrelude(prelude: Uint8Array): number {
  const view = viewOf(prelude);
  if (view.getUint32(8) !== crc32(prelude.subarray(0, 8))) {
    throw new FrameError("The checksum of a message's start is wrong");
  }
  const length = view.getUint32(0);
  if (length < SMALLEST_MESSAGE || length > LARGEST_MESSAGE || view.getUint32(4) > length - SMALLEST_MESSAGE) {
    throw new FrameError(`A message claims a length of ${length} bytes, ${view.getUint32(4)} of them headers`);
  }
  return length;
}

function readMessage(message: Uint8Array, onEvent: OnEvent): void {
  const view = viewOf(message);
  const end = message.length - 4;
  if (view.getUint32(end) !== crc32(message.subarray(0, end))) {
    throw new FrameError("The checksum of a message is wrong");
  }
  const headersEnd = PRELUDE_BYTES + view.getUint32(4);
  const headers = readHeaders(message.subarray(PRELUDE_BYTES, headersEnd));
  const payload = text.decode(message.subarray(headersEnd, end));
  switch (headers[":message-type"]) {
    case "exception":
      onEvent(EXCEPTION + (headers[":exception-type"] ?? "unknown"), payload);
      return;
    case "error":
      onEvent(
        EXCEPTION + (headers[":error-code"] ?? "unknown"),
        JSON.stringify({ message: headers[":error-message"] ?? payload }),
      );
      return;
    default:
      onEvent(headers[":event-type"] ?? "", payload);
  }
}

const text = new TextDecoder();

/** Bytes of the values of a fixed size, by type; 6 and 7 (bytes and text) tell their length. */
const FIXED_SIZES: Readonly<Record<number, number>> = { 0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16 };
const BYTES_TYPE = 6;
const TEXT_TYPE = 7;

/** Only those that are text: no other is looked at. */
function readHeaders(bytes: Uint8Array): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  const view = viewOf(bytes);
  let at = 0;
  /** Steps over so many bytes; returns where they begin. */
  const take = (count: number): number => {
    const start = at;
    at += count;
    if (at > bytes.length) throw new FrameError("The headers of a message are cut");
    return start;
  };
  while (at < bytes.length) {
    const nameLength = bytes[take(1)]!;
    const nameAt = take(nameLength);
    const name = text.decode(bytes.subarray(nameAt, nameAt + nameLength));
    const type = bytes[take(1)]!;
    if (type !== TEXT_TYPE && type !== BYTES_TYPE) {
      const size = FIXED_SIZES[type];
      if (size === undefined) throw new FrameError(`The header \`${name}\` of a message has the unknown type ${type}`);
      take(size);
      continue;
    }
    const length = view.getUint16(take(2));
    const valueAt = take(length);
    if (type === TEXT_TYPE) headers[name] = text.decode(bytes.subarray(valueAt, valueAt + length));
  }
  return headers;
}
