import { crc32 as platformCrc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { awsMessage, joinBytes } from "../../../test/support/aws-event-stream.ts";
import { createAwsEventStreamDecoder } from "./aws-event-stream.ts";
import { FrameError } from "./event-stream.ts";

const EVENT = { ":message-type": "event", ":event-type": "contentBlockDelta" };

function decode(pieces: readonly Uint8Array[]): [string, string][] {
  const events: [string, string][] = [];
  const decoder = createAwsEventStreamDecoder((name, data) => events.push([name, data]));
  for (const piece of pieces) decoder.push(piece);
  decoder.flush();
  return events;
}

describe("binary event streams", () => {
  it("hands out events, exceptions and errors by name", () => {
    const stream = [
      awsMessage(EVENT, '{"a":"ä"}'),
      awsMessage({ ":message-type": "exception", ":exception-type": "throttlingException" }, '{"message":"slow"}'),
      awsMessage({ ":message-type": "error", ":error-code": "Internal", ":error-message": "it broke" }, ""),
    ];
    expect(decode([joinBytes(stream)])).toEqual([
      ["contentBlockDelta", '{"a":"ä"}'],
      ["exception:throttlingException", '{"message":"slow"}'],
      ["exception:Internal", '{"message":"it broke"}'],
    ]);
  });

  it("steps over headers of every type", () => {
    const sizes = { 0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16 };
    const others = Object.entries(sizes).map(([type, size]): [string, Uint8Array] => [
      `h${type}`,
      Uint8Array.from([Number(type), ...new Array<number>(size).fill(7)]),
    ]);
    const bytes: [string, Uint8Array] = ["blob", Uint8Array.from([6, 0, 3, 1, 2, 3])];
    const message = awsMessage({ ...Object.fromEntries([...others, bytes]), ...EVENT }, "x");
    expect(decode([message])).toEqual([["contentBlockDelta", "x"]]);
  });

  it("does not care where the pieces are cut", () => {
    const payloads = ["", "a", "東京 😀", "x".repeat(5000)];
    const bytes = joinBytes(payloads.map((payload) => awsMessage(EVENT, payload)));
    const expected = payloads.map((payload) => ["contentBlockDelta", payload]);
    expect(decode([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(expected);
    fc.assert(
      fc.property(fc.array(fc.nat({ max: bytes.length }), { maxLength: 20 }), (places) => {
        const sorted = [0, ...places, bytes.length].sort((a, b) => a - b);
        const pieces = sorted.slice(1).map((end, at) => bytes.subarray(sorted[at], end));
        expect(decode(pieces)).toEqual(expected);
      }),
    );
  });

  it("a message that is cut is not handed out", () => {
    const whole = awsMessage(EVENT, "first");
    const bytes = joinBytes([whole, awsMessage(EVENT, "second")]);
    for (let length = whole.length; length < bytes.length; length++) {
      expect(decode([bytes.subarray(0, length)])).toEqual([["contentBlockDelta", "first"]]);
    }
  });

  it("any changed byte is an error, not another event", () => {
    const bytes = awsMessage(EVENT, '{"delta":{"text":"hello"}}');
    for (let at = 0; at < bytes.length; at++) {
      const changed = Uint8Array.from(bytes);
      changed[at] = changed[at]! ^ 0x10;
      expect(() => decode([changed])).toThrow(FrameError);
    }
  });

  it.each<[string, Uint8Array, RegExp]>([
    ["text instead of a stream", new TextEncoder().encode("upstream connect error"), /checksum of a message's start/],
    ["a length beyond the limit", prelude(64 * 1024 * 1024, 0), /claims a length of 67108864 bytes/],
    ["a length below the smallest", prelude(15, 0), /claims a length of 15 bytes/],
    ["headers longer than the message", prelude(100, 99), /99 of them headers/],
    ["headers that are cut", awsMessage({ cut: Uint8Array.from([6, 0, 9, 1]) }, ""), /headers of a message are cut/],
    ["a header of an unknown type", awsMessage({ odd: Uint8Array.of(10) }, ""), /unknown type 10/],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => decode([bytes])).toThrow(message);
  });
});

function prelude(length: number, headersLength: number): Uint8Array {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32BE(length, 0);
  bytes.writeUInt32BE(headersLength, 4);
  bytes.writeUInt32BE(platformCrc32(bytes.subarray(0, 8)), 8);
  return new Uint8Array(bytes);
}
