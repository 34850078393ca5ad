import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEventStreamDecoder, createJsonLinesDecoder, type FrameDecoder, type OnEvent } from "./event-stream.ts";

type Factory = (onEvent: OnEvent) => FrameDecoder;

function decode(factory: Factory, pieces: readonly Uint8Array[]): [string, string][] {
  const events: [string, string][] = [];
  const decoder = factory((event, data) => events.push([event, data]));
  for (const piece of pieces) decoder.push(piece);
  decoder.flush();
  return events;
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Cuts bytes at the given places. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const sorted = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...sorted].map((start, at) => bytes.subarray(start, sorted[at] ?? bytes.length));
}

describe("event streams", () => {
  it.each<[string, string, [string, string][]]>([
    ["an event with a name", "event: ping\ndata: {}\n\n", [["ping", "{}"]]],
    [
      "one without",
      "data: a\n\ndata: b\n\n",
      [
        ["", "a"],
        ["", "b"],
      ],
    ],
    ["carriage returns with line feeds", "event: x\r\ndata: a\r\n\r\n", [["x", "a"]]],
    [
      "carriage returns alone",
      "event: x\rdata: a\r\rdata: b\r\r",
      [
        ["x", "a"],
        ["", "b"],
      ],
    ],
    ["several data lines", "data: a\ndata: b\n\n", [["", "a\nb"]]],
    ["comments", ": keep-alive\n\n:\ndata: a\n: in between\n\n", [["", "a"]]],
    [
      "no space after the colon, two spaces after it",
      "data:a\n\ndata:  b\n\n",
      [
        ["", "a"],
        ["", " b"],
      ],
    ],
    ["a byte order mark", "\uFEFFdata: a\n\n", [["", "a"]]],
    ["fields nobody needs", "id: 7\nretry: 10\nodd: 1\ndata: a\n\n", [["", "a"]]],
    [
      "a last event without its empty line",
      "data: a\n\ndata: [DONE]",
      [
        ["", "a"],
        ["", "[DONE]"],
      ],
    ],
    [
      "half an event",
      'data: a\n\ndata: {"b',
      [
        ["", "a"],
        ["", '{"b'],
      ],
    ],
    ["an event without data", "event: lonely\n\ndata: a\n\n", [["", "a"]]],
    ["nothing", "", []],
  ])("decodes %s", (_, text, expected) => {
    expect(decode(createEventStreamDecoder, [utf8(text)])).toEqual(expected);
  });

  it("decodes the same whatever the chunk borders, down to single bytes", () => {
    const text = "\uFEFFevent: é\r\ndata: häppi 😀\r\n\r\n: ☃\n\ndata: zwei\ndata: drei\n\nevent: e\rdata: €\r\r";
    const whole = decode(createEventStreamDecoder, [utf8(text)]);
    expect(whole).toHaveLength(3);
    expect(decode(createEventStreamDecoder, cut(utf8(text), [...utf8(text).keys()]))).toEqual(whole);
    fc.assert(
      fc.property(fc.array(fc.nat()), (places) => {
        expect(decode(createEventStreamDecoder, cut(utf8(text), places))).toEqual(whole);
      }),
    );
  });

  it("puts a replacement character where bytes are broken", () => {
    const bytes = [...utf8("data: a"), 0xff, ...utf8("b\n\n")];
    expect(decode(createEventStreamDecoder, [new Uint8Array(bytes)])).toEqual([["", "a\uFFFDb"]]);
  });

  it("takes a huge event in small pieces without losing time", () => {
    const bytes = utf8(`data: ${"x".repeat(4_000_000)}\n\n`);
    const places = Array.from({ length: 60_000 }, (_, at) => at * 64);
    const started = performance.now();
    expect(decode(createEventStreamDecoder, cut(bytes, places))[0]?.[1]).toHaveLength(4_000_000);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe("JSON lines", () => {
  it.each<[string, string, string[]]>([
    ["lines", '{"a":1}\n{"b":2}\n', ['{"a":1}', '{"b":2}']],
    ["a last line without end", '{"a":1}\n{"b":2}', ['{"a":1}', '{"b":2}']],
    ["blank lines and carriage returns", '\r\n{"a":1}\r\n\n\n', ['{"a":1}']],
    ["a prefix of proxies", 'data: {"a":1}\n\ndata: [DONE]\n', ['{"a":1}', "[DONE]"]],
    ["a byte order mark", '\uFEFF{"a":1}\n', ['{"a":1}']],
    ["nothing", "\n", []],
  ])("decodes %s", (_, text, expected) => {
    expect(decode(createJsonLinesDecoder, [utf8(text)]).map(([, data]) => data)).toEqual(expected);
  });

  it("decodes the same whatever the chunk borders", () => {
    const bytes = utf8('{"ä":"😀"}\r\n\n{"b":"€"}\n{"c":1}');
    const whole = decode(createJsonLinesDecoder, [bytes]);
    expect(whole).toHaveLength(3);
    fc.assert(
      fc.property(fc.array(fc.nat()), (places) => {
        expect(decode(createJsonLinesDecoder, cut(bytes, places))).toEqual(whole);
      }),
    );
  });
});
