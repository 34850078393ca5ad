import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTextDigest } from "./sha256.ts";
import { createValueDecoder, createValueEncoder, type Scrubber } from "./value-codec.ts";

const plain: Scrubber = { version: 0, text: (text) => text, bytes: (bytes) => bytes };

function makeCodec() {
  const blobs = new Map<string, string>();
  const encoder = createValueEncoder(
    { has: (digest) => blobs.has(digest), put: (digest, body) => void blobs.set(digest, body) },
    createTextDigest(),
  );
  const decode = createValueDecoder((digest) => blobs.get(digest));
  return {
    blobs,
    encode: (value: unknown, scrubber = plain) => encoder.encode(value, scrubber),
    decode: (text: string) => decode(JSON.parse(text)),
  };
}

const key = fc.oneof(fc.string(), fc.constantFrom("$ref", "$list", "$$bytes", "$", "__proto__", "prev", "items"));
const anyValue = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string({ minLength: 250, maxLength: 600 }),
      fc.double(),
      fc.boolean(),
      fc.constantFrom(null, undefined, -0, Number.NaN, Number.POSITIVE_INFINITY),
      fc.bigInt(),
      fc.uint8Array({ maxLength: 400 }),
    ),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.array(fc.dictionary(key, tie("value"), { noNullPrototype: true, maxKeys: 4 }), { maxLength: 4 }),
    fc.dictionary(key, tie("value"), { noNullPrototype: true, maxKeys: 4 }),
  ),
})).value;

/** A field that is undefined and an absent one are the same to a reader. */
function withoutUndefinedFields(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefinedFields);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, field]) =>
      field === undefined ? [] : [[name, withoutUndefinedFields(field)]],
    ),
  );
}

describe("stored values", () => {
  it("come back as they were, in the same key order", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const codec = makeCodec();
        const back = codec.decode(codec.encode(value));
        expect(back).toStrictEqual(withoutUndefinedFields(value));
        expect(Object.keys(back ?? {})).toEqual(Object.keys((withoutUndefinedFields(value) as object) ?? {}));
      }),
    );
  });

  it("have a text that depends on the value alone", () => {
    fc.assert(
      fc.property(anyValue, anyValue, (value, other) => {
        const busy = makeCodec();
        busy.encode(other);
        busy.encode([value, other]);
        expect(busy.encode(structuredClone(value))).toBe(makeCodec().encode(value));
      }),
    );
  });

  it("are stored once when they are large and come again", () => {
    const codec = makeCodec();
    const prompt = "You are careful. ".repeat(100);
    codec.encode({ system: prompt });
    const sizeBefore = codec.blobs.size;
    const again = codec.encode({ system: prompt, more: 1 });
    expect(codec.blobs.size).toBe(sizeBefore);
    expect(again.length).toBeLessThan(100);
  });

  it("share the prefix of a growing list, however it is cut into nodes", () => {
    const message = (index: number) => ({ role: "user", content: `message ${100 + index} `.repeat(20) });
    const whole = Array.from({ length: 50 }, (_, index) => message(index));
    const growing = makeCodec();
    let last = "";
    const added: number[] = [];
    for (let length = 2; length <= 50; length += 2) {
      const before = [...growing.blobs.values()].reduce((sum, body) => sum + body.length, 0);
      last = growing.encode({ messages: whole.slice(0, length) });
      added.push([...growing.blobs.values()].reduce((sum, body) => sum + body.length, 0) - before);
    }
    // Short lists stand inline; from the fourth on each turn adds two messages and one node of the same size.
    expect(new Set(added.slice(3)).size).toBe(1);
    expect(makeCodec().encode({ messages: whole })).toBe(last);
    expect(growing.decode(last)).toEqual({ messages: whole });
  });

  it("do not grow with a list of which only the end changes", () => {
    const codec = makeCodec();
    const head = Array.from({ length: 100 }, (_, index) => ({ role: "user", content: `${index}`.repeat(30) }));
    codec.encode(head);
    const before = codec.blobs.size;
    const text = codec.encode([...head, { role: "user", content: "new" }]);
    const texts = [...codec.blobs.values()].slice(before);
    expect(texts).toHaveLength(1);
    expect(texts[0]!.length).toBeLessThan(200);
    expect(codec.decode(text)).toHaveLength(101);
  });

  it("cost what is new in a conversation: strings, digests and stored text of a turn do not grow with it (issue 7)", () => {
    const work = { texts: 0, digests: 0, asked: 0, putChars: 0 };
    const digestOf = createTextDigest();
    const known = new Set<string>();
    const encoder = createValueEncoder(
      {
        has(digest) {
          work.asked++;
          return known.has(digest);
        },
        put(digest, body) {
          known.add(digest);
          work.putChars += body.length;
        },
      },
      (text) => {
        work.digests++;
        return digestOf(text);
      },
    );
    const counting: Scrubber = {
      ...plain,
      text(text) {
        work.texts++;
        return text;
      },
    };
    const number = (turn: number) => String(turn).padStart(6, "0");
    const messages: unknown[] = [{ role: "user", content: "Look around" }];
    const turn = (at: number) => {
      const call = { id: `c${number(at)}`, name: "look", input: { what: number(at) } };
      messages.push({ role: "assistant", toolCalls: [call, { ...call, id: `d${number(at)}` }] });
      messages.push({ role: "tool", toolCallId: call.id, content: `What there is to say of ${number(at)}` });
      Object.assign(work, { texts: 0, digests: 0, asked: 0, putChars: 0 });
      // As requests are made: a new array each time, and something at its end that is gone in the next.
      const reminder = { role: "user", content: `Turn ${number(at)}` };
      encoder.encode({ model: "m", messages: [...messages, reminder] }, counting);
      return { ...work };
    };
    let at = 0;
    while (at < 20) turn(at++);
    const early = turn(at++);
    while (at < 3000) turn(at++);
    expect(turn(at)).toEqual(early);
    expect(early.digests).toBeLessThan(10);
    // The new messages twice, once behind the reminder, and two nodes.
    expect(early.putChars).toBeLessThan(700);
  });

  it("have the text that they would have alone, whatever lists the encoder has followed before", () => {
    const pool = Array.from({ length: 8 }, (_, at) => ({ at, text: `${at}`.repeat(20 * at) }));
    const list = fc.array(fc.nat({ max: 7 }), { minLength: 2, maxLength: 40 });
    fc.assert(
      fc.property(fc.array(fc.tuple(list, fc.boolean()), { maxLength: 12 }), (lists) => {
        const followed = makeCodec();
        for (const [ids, isCopied] of lists) {
          const value = { messages: ids.map((id) => (isCopied ? { ...pool[id]! } : pool[id]!)) };
          const text = followed.encode(value);
          expect(text).toBe(makeCodec().encode(value));
          expect(followed.decode(text)).toEqual(value);
        }
      }),
    );
  });

  it("are complete, and nothing is stored for those that were only compared, in whatever order", () => {
    const pool = Array.from({ length: 8 }, (_, at) => ({
      at,
      text: `${at}`.repeat(40 * at),
      parts: Array.from({ length: at }, (_part, part) => ({ part, text: `${at}`.repeat(100) })),
    }));
    const step = fc.record({
      ids: fc.array(fc.nat({ max: 7 }), { minLength: 1, maxLength: 20 }),
      how: fc.constantFrom("stored", "compared", "refused", "anew"),
      isCopied: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        let blobs = new Map<string, string>();
        const encoder = createValueEncoder(
          { has: (digest) => blobs.has(digest), put: (digest, body) => void blobs.set(digest, body) },
          createTextDigest(),
        );
        for (const { ids, how, isCopied } of steps) {
          const messages = ids.map((id) => (isCopied ? structuredClone(pool[id]!) : pool[id]!));
          const value = { messages, last: messages.at(-1) };
          const before = blobs.size;
          if (how === "compared") {
            expect(encoder.textOf(value, plain)).toBe(makeCodec().encode(value));
            expect(blobs.size).toBe(before);
          } else if (how === "refused") {
            expect(() => encoder.encode({ ...value, what: () => 1 }, plain)).toThrow("found a function");
          } else {
            if (how === "anew") {
              blobs = new Map();
              encoder.forget();
            }
            const text = encoder.encode(value, plain);
            expect(createValueDecoder((digest) => blobs.get(digest))(JSON.parse(text))).toEqual(value);
          }
        }
      }),
    );
  });

  it("are told apart when a list shares its past with another (two agents with the same beginning)", () => {
    const codec = makeCodec();
    const past = Array.from({ length: 30 }, (_, at) => ({ role: "user", content: `What is number ${at}?` }));
    const sides = ["north", "south", "east", "west", "up", "down"].map((side) => ({ side, messages: [...past] }));
    for (let turn = 0; turn < 20; turn++) {
      for (const { side, messages } of sides) {
        messages.push({ role: "assistant", content: `${side} ${turn}` });
        expect(codec.decode(codec.encode(messages))).toEqual(messages);
        expect(codec.encode(messages)).toBe(makeCodec().encode(messages));
      }
    }
  });

  it("of a list with a stranger in it are not written twice at every level", () => {
    let digests = 0;
    const digestOf = createTextDigest();
    const encoder = createValueEncoder({ has: () => true, put: () => {} }, (text) => {
      digests++;
      return digestOf(text);
    });
    let value: unknown = { text: "x".repeat(300) };
    for (let level = 0; level < 40; level++) value = { list: [{ value }, level] };
    encoder.encode(value, plain);
    expect(digests).toBeLessThan(100);
  });

  it("are written again after a secret became known", () => {
    const codec = makeCodec();
    const messages = [{ content: "my password" }, { content: "x".repeat(400) }];
    const before = codec.encode(messages);
    const scrubber: Scrubber = { ...plain, version: 1, text: (text) => text.replaceAll("my password", "***") };
    const after = codec.encode(messages, scrubber);
    expect(after).not.toBe(before);
    expect(codec.decode(after)).toEqual([{ content: "***" }, { content: "x".repeat(400) }]);
  });

  const cyclic: Record<string, unknown> = {};
  cyclic.self = cyclic;
  it.each([
    ["a function", { run: () => 1 }, "Expected plain data in an effect, found a function"],
    ["a symbol", [Symbol("x")], "Expected plain data in an effect, found a symbol"],
    ["a date", { at: new Date(0) }, "Expected plain data in an effect, found an instance of a class"],
    ["a cycle", cyclic, "Expected at most 1000 levels of nesting in an effect"],
  ])("refuse %s", (_name, value, message) => {
    expect(() => makeCodec().encode(value)).toThrow(message);
  });

  it("may be nested deeply", () => {
    let value: unknown = 1;
    for (let i = 0; i < 900; i++) value = [value];
    const codec = makeCodec();
    expect(codec.decode(codec.encode(value))).toEqual(value);
  });

  it.each([
    ["a missing blob", '{"$ref":"gone"}', "Expected blob `gone`, found none"],
    ["a missing list node", '{"$list":"gone"}', "Expected blob `gone`, found none"],
    ["an unknown mark", '{"$later":1}', "Expected a known mark in a stored value, found `$later`"],
  ])("report %s", (_name, text, message) => {
    expect(() => makeCodec().decode(text)).toThrow(message);
  });

  it("report a blob that is damaged", () => {
    const codec = makeCodec();
    const text = codec.encode("x".repeat(500));
    const digest = [...codec.blobs.keys()][0]!;
    codec.blobs.set(digest, '"xxx');
    expect(() => codec.decode(text)).toThrow(`Expected JSON in blob \`${digest}\``);
    codec.blobs.set("list", "5");
    expect(() => codec.decode('{"$list":"list"}')).toThrow("Expected a list node in blob `list`");
  });
});
