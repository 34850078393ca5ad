/** Writes messages of Amazon's binary event streams, with the platform's own checksums. */

import { crc32 } from "node:zlib";
import { EXCEPTION } from "../../src/llm/wire/aws-event-stream.ts";

/** A header: text, or raw bytes of a value with the type in front. */
type HeaderValue = string | Uint8Array;

export function awsMessage(headers: Readonly<Record<string, HeaderValue>>, payload: string | Uint8Array): Uint8Array {
  const parts: Buffer[] = [];
  for (const [name, value] of Object.entries(headers)) {
    const size = Buffer.alloc(2);
    size.writeUInt16BE(typeof value === "string" ? Buffer.byteLength(value) : 0);
    parts.push(Buffer.from([Buffer.byteLength(name)]), Buffer.from(name));
    parts.push(...(typeof value === "string" ? [Buffer.from([7]), size, Buffer.from(value)] : [Buffer.from(value)]));
  }
  const head = Buffer.concat(parts);
  const body = Buffer.from(payload);
  const message = Buffer.alloc(12 + head.length + body.length + 4);
  message.writeUInt32BE(message.length, 0);
  message.writeUInt32BE(head.length, 4);
  message.writeUInt32BE(crc32(message.subarray(0, 8)), 8);
  head.copy(message, 12);
  body.copy(message, 12 + head.length);
  message.writeUInt32BE(crc32(message.subarray(0, message.length - 4)), message.length - 4);
  return new Uint8Array(message);
}

/** An event of a model's answer as Bedrock frames it; a name with the mark of an exception becomes one. */
export function bedrockMessage(event: string, data: unknown): Uint8Array {
  const isException = event.startsWith(EXCEPTION);
  return awsMessage(
    {
      ...(isException ? { ":exception-type": event.slice(EXCEPTION.length) } : { ":event-type": event }),
      ":content-type": "application/json",
      ":message-type": isException ? "exception" : "event",
    },
    JSON.stringify(data),
  );
}

export function joinBytes(pieces: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(pieces));
}
