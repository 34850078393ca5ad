import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AppendList, type Json } from "../../base/index.ts";
import { createCompactor, type JsonCompactor, type PartStore } from "./compact-json.ts";

const stored = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json;

interface CountingStore extends PartStore {
  readonly texts: Map<number, string>;
  written: number;
}

function countingStore(texts: ReadonlyMap<number, string> = new Map()): CountingStore {
  const store: CountingStore = {
    texts: new Map(texts),
    written: 0,
    put(text) {
      store.texts.set(store.written, text);
      return store.written++;
    },
    get(part) {
      const text = store.texts.get(part);
      if (text === undefined) throw new Error(`no part ${part}`);
      return text;
    },
    later(part) {
      const text = store.get(part);
      return () => text;
    },
    has: (part) => store.texts.has(part),
  };
  return store;
}

/** Another process that has read what a compactor wrote. */
function reader({ shapes }: JsonCompactor, store?: PartStore): JsonCompactor {
  const next = createCompactor(() => true, store);
  next.load(stored(shapes) as string[][]);
  return next;
}

describe("JSON whose names are written once", () => {
  it("comes back as it was, whatever it is", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), (values) => {
        const compactor = createCompactor(() => true);
        for (const value of values as Json[]) {
          const form = compactor.compact(value);
          expect(reader(compactor).expand(stored(form))).toEqual(stored(value));
        }
      }),
    );
  });

  it("says a name once, and writes nothing twice that a list held before", () => {
    let seen = 0;
    const compactor = createCompactor(() => {
      seen += 1;
      return true;
    });
    const items = [
      { role: "user", content: "a" },
      { role: "user", content: "b" },
    ];
    expect(compactor.compact(items)).toEqual([-1, [0, "user", "a"], [0, "user", "b"]]);
    expect(compactor.shapes).toEqual([["role", "content"]]);
    const before = seen;
    items.push({ role: "user", content: "c" });
    expect(compactor.compact(items)).toEqual([-1, [0, "user", "a"], [0, "user", "b"], [0, "user", "c"]]);
    expect(seen - before).toBe(2);
  });

  it("finds what must not be written in texts and names, each time", () => {
    const compactor = createCompactor((text) => !text.includes("secret"));
    const item = { deep: [{ text: "a secret" }] };
    expect(compactor.compact([item])).toBeUndefined();
    expect(compactor.compact([item])).toBeUndefined();
    expect(compactor.compact({ "secret name": 1 })).toBeUndefined();
    expect(compactor.compact([{ text: "nothing" }])).toBeDefined();
    expect(JSON.stringify(compactor.shapes)).not.toContain("secret");
  });

  it.each([[[5, 1]], [[0, 1, 2]], [["x"]], [[-1, [7]]], [[-2, [0]]], [[-3, 1, "x"]]])(
    "refuses what it has not written: %j",
    (form) => {
      const compactor = createCompactor(() => true);
      compactor.load([["one"]]);
      expect(compactor.expand(form as Json)).toBeUndefined();
    },
  );
});

const LONG = 1000;
const message = (n: number): Json => ({ role: "user", content: `message ${n}`, parts: [{ n }] });
const messages = (count: number): Json[] => Array.from({ length: count }, (_, n) => message(n));

describe("long lists and texts, of which only what is new is written", () => {
  it("come back as they were, also in another process", () => {
    const part = fc.oneof(
      fc.array(fc.record({ n: fc.nat() }), { minLength: 60, maxLength: 200 }),
      fc.array(fc.oneof(fc.string(), fc.nat(), fc.constant(null)), { minLength: 60, maxLength: 200 }),
      fc.string({ minLength: 15_000, maxLength: 40_000 }),
      fc.jsonValue({ maxDepth: 2 }),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 4 }), fc.boolean(), (values, nested) => {
        const value = stored(nested ? { deep: { list: values[0] ?? null, rest: values } } : (values[0] ?? null));
        const store = countingStore();
        const compactor = createCompactor(() => true, store);
        compactor.begin();
        const form = compactor.compact(value);
        expect(reader(compactor, countingStore(store.texts)).expand(stored(form))).toEqual(value);
      }),
      { numRuns: 60 },
    );
  });

  it("write a list again only from where it has grown, and name all that they consist of", () => {
    const store = countingStore();
    const compactor = createCompactor(() => true, store);
    const list = messages(LONG);
    const names = Array.from({ length: LONG }, (_, n) => `call_${n}`);
    let form: Json | undefined;
    const take = (value: Json): number => {
      const before = store.written;
      compactor.begin();
      form = compactor.compact(value);
      return store.written - before;
    };
    const first = take({ list, names });
    expect(first).toBeGreaterThan(50);
    expect(take({ list: [...list], names: [...names] })).toBe(0);
    expect(compactor.parts.size).toBe(first);
    expect(take({ list: [...list, message(LONG)], names: [...names, "more"] })).toBeLessThanOrEqual(2);
    expect(JSON.stringify(form).length).toBeLessThan(10_000);
    // A list that began otherwise has nothing in common with it.
    expect(take({ list: messages(LONG), names })).toBeGreaterThan(20);
    expect(compactor.parts.size).toBeLessThanOrEqual(first + 1);
  });

  it("look at every item once, however often they are written", () => {
    let looked = 0;
    const compactor = createCompactor(() => {
      looked += 1;
      return true;
    }, countingStore());
    const list = messages(LONG);
    for (let n = 0; n < 100; n++) {
      compactor.begin();
      compactor.compact({ list: [...list] });
      list.push(message(LONG + n));
    }
    // Two texts in each, and the names of three shapes.
    expect(looked).toBeLessThan(2 * (LONG + 100) + 10);
  });

  it("are not written again by who has read them", () => {
    const store = countingStore();
    const compactor = createCompactor(() => true, store);
    const value = {
      list: messages(LONG),
      names: Array.from({ length: LONG }, (_, n) => `call_${n}`),
      text: "ab ".repeat(9000),
    };
    compactor.begin();
    const form = compactor.compact(value);
    const next = countingStore(store.texts);
    next.written = store.written;
    const later = reader(compactor, next);
    const read = later.expand(stored(form)) as typeof value;
    later.begin();
    later.compact({ ...read, list: [...read.list, message(LONG)] });
    expect(next.written - store.written).toBeLessThanOrEqual(1);
    expect(later.parts.size).toBeGreaterThanOrEqual(compactor.parts.size);
  });

  it("write again what is no longer kept", () => {
    const store = countingStore();
    const compactor = createCompactor(() => true, store);
    const value = { list: messages(LONG), names: Array.from({ length: LONG }, (_, n) => `call_${n}`) };
    compactor.begin();
    compactor.compact(value);
    const kept = new Map(store.texts);
    store.texts.clear();
    compactor.begin();
    const form = compactor.compact(value);
    expect(store.texts.size).toBe(kept.size);
    expect(reader(compactor, store).expand(stored(form))).toEqual(value);
  });

  it("have no parts in items, which are remembered without being looked at", () => {
    const store = countingStore();
    const compactor = createCompactor(() => true, store);
    const list = [{ content: "long ".repeat(9000) }, { content: messages(LONG) }] as Json[];
    for (let n = 0; n < 2; n++) {
      compactor.begin();
      const form = stored(compactor.compact({ list }));
      expect(reader(compactor, store).expand(form)).toEqual({ list });
    }
    expect(store.written).toBe(0);
  });

  it("keep nothing in which something must not be written", () => {
    const store = countingStore();
    const compactor = createCompactor((text) => !text.includes("secret"), store);
    const list = [...messages(40), { content: "a secret" }, ...messages(LONG)];
    const names = Array.from({ length: LONG }, (_, n) => (n === 50 ? "a secret" : `call_${n}`));
    for (const value of [{ list }, { names }, { text: `${"a".repeat(20_000)} secret` }] as Json[]) {
      for (let n = 0; n < 2; n++) {
        compactor.begin();
        expect(compactor.compact(value)).toBeUndefined();
      }
    }
    expect([...store.texts.values()].join("")).not.toContain("secret");
  });

  it("are read when somebody looks, where they only grow, and go on from what is unread", () => {
    const store = countingStore();
    let reads = 0;
    const get = (part: number): string => {
      reads += 1;
      return store.get(part);
    };
    const counting = { put: store.put, has: store.has, get, later: (part: number) => () => get(part) };
    const compactor = createCompactor(() => true, counting);
    const list = AppendList.of(messages(LONG));
    compactor.begin();
    compactor.compact({ list } as unknown as Json);
    list.push(message(LONG));
    compactor.begin();
    const form = stored(compactor.compact({ list } as unknown as Json));
    const first = store.written;

    const next = reader(compactor, counting);
    const { list: read } = next.expand(form) as unknown as { list: AppendList<Json> };
    for (let n = 1; n <= 100; n++) {
      read.push(message(LONG + n));
      next.begin();
      next.compact({ list: read } as unknown as Json);
    }
    expect([read.length, reads]).toEqual([LONG + 101, 0]);
    expect(store.written - first).toBeLessThanOrEqual(4);
    expect(next.parts.size).toBe(store.written);
    expect(read.items()).toEqual(messages(LONG + 101));
    expect(reads).toBe(first);
  });

  it("stay what they are after something was too deep to be written", () => {
    const store = countingStore();
    const compactor = createCompactor(() => true, store);
    let deep: Json = 1;
    for (let at = 0; at < 100_000; at++) deep = [deep];
    compactor.begin();
    expect(() => compactor.compact([deep])).toThrow("more than 1000 levels of nesting");
    compactor.begin();
    compactor.compact(Array.from({ length: 100 }, (_, at) => ({ at })));
    expect(compactor.parts.size).toBe(3);
  });

  it("are not written again when there is more that must not be, but looked at: a secret in them is found", () => {
    const store = countingStore();
    const compactor = createCompactor(() => true, store);
    const value = {
      list: messages(LONG),
      names: Array.from({ length: LONG }, (_, n) => `call_${n}`),
      text: "ab ".repeat(9000),
      read: AppendList.of(messages(LONG)),
      unread: AppendList.of(messages(LONG)),
    } as unknown as Json;
    compactor.begin();
    const form = compactor.compact(value);

    for (const [secret, isHeld] of [
      ["nowhere", false],
      ["message 31", true],
      ["call_900", true],
      ["ab ab", true],
    ] as const) {
      let looked = 0;
      let known = "";
      const next = countingStore(store.texts);
      next.written = store.written;
      const later = createCompactor((text) => {
        looked += 1;
        return known === "" || !text.includes(known);
      }, next);
      later.load(stored(compactor.shapes) as string[][]);
      const again = later.expand(stored(form)) as Record<string, Json>;
      (again["read"] as unknown as AppendList<Json>).items();
      known = secret;
      expect(later.recheck()).toBe(true);
      for (let snapshot = 0; snapshot < 3; snapshot++) {
        later.begin();
        looked = 0;
        const written = later.compact(again as Json);
        expect(written === undefined, secret).toBe(isHeld);
        expect(next.written).toBe(store.written);
        if (isHeld) continue;
        expect(later.parts).toEqual(compactor.parts);
        // Each item once, whether somebody has looked at it or not; of texts and short items the ends.
        if (snapshot > 0) expect(looked).toBeLessThan(LONG + 200);
      }
    }
  });

  it("need another compactor when a name in them must not be written", () => {
    let known = "";
    const compactor = createCompactor((text) => known === "" || text !== known, countingStore());
    compactor.begin();
    compactor.compact([{ sesame: 1 }]);
    known = "open";
    expect(compactor.recheck()).toBe(true);
    known = "sesame";
    expect(compactor.recheck()).toBe(false);
  });

  it("are too deep together where each is made of one that was not", () => {
    const compactor = createCompactor(() => true, countingStore());
    let item: Json = { at: 0 };
    const nest = (): Json | undefined => {
      item = { child: [item], other: [{ flat: true }] };
      compactor.begin();
      return compactor.compact([item]);
    };
    // Each adds an object and a list to the list around it and the object in it.
    for (let at = 1; 2 + 2 * at <= 1000; at++) {
      expect(nest()).toBeDefined();
    }
    expect(nest).toThrow("more than 1000 levels of nesting");
  });

  it.each([0, 10, 100])("that only grow are one list again where they were one (of %i items)", (count) => {
    const store = countingStore();
    const compactor = createCompactor(() => true, store);
    const list = AppendList.of(Array.from({ length: count }, (_, at) => ({ at })));
    const other = AppendList.of([{ at: -1 }]);
    for (let snapshot = 0; snapshot < 2; snapshot++) {
      compactor.begin();
      const forms = [compactor.compact({ first: list, other } as unknown as Json), compactor.compact(list)].map(stored);
      const next = reader(compactor, store);
      const held = next.expand(forms[0]!) as unknown as { first: AppendList<unknown>; other: AppendList<unknown> };
      const again = next.expand(forms[1]!) as AppendList<unknown>;
      expect(again).toBe(held.first);
      expect(held.other).not.toBe(held.first);
      again.push({ at: count });
      expect(held.first.items()).toEqual(Array.from({ length: count + 1 }, (_, at) => ({ at })));
    }
  });
});
