import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { copyOf, createListLines, createListSum, growingList, withTail } from "./list-lines.ts";

interface Item {
  readonly id: number;
}

const items = (from: number, to: number): Item[] => Array.from({ length: to - from }, (_, at) => ({ id: from + at }));

/** A sum, and which elements it looked at since it was last asked. */
function countingSum() {
  let looked: number[] = [];
  const sum = createListSum<Item>(({ id }) => {
    looked.push(id);
    return id;
  });
  return {
    sum,
    looked() {
      const was = looked;
      looked = [];
      return was;
    },
  };
}

describe("lists that grow are looked at where they are new", () => {
  test("of a list that grows by one, one element is looked at each time, however long it is", () => {
    const { sum, looked } = countingSum();
    const all = items(1, 3001);
    let expected = 0;
    for (let length = 1; length <= all.length; length++) {
      expected += length;
      expect(sum(all.slice(0, length))).toBe(expected);
      expect(looked()).toEqual([length]);
    }
  });

  test("the same array may be handed in again after it has grown, or after an element was replaced", () => {
    const { sum, looked } = countingSum();
    const list = items(1, 6);
    expect(sum(list)).toBe(15);
    list.push({ id: 6 });
    expect(sum(list)).toBe(21);
    list[1] = { id: 100 };
    expect(sum(list)).toBe(119);
    expect(looked()).toEqual([1, 2, 3, 4, 5, 6, 100, 3, 4, 5, 6]);
  });

  test("what stands at the end for one request only is dropped again, and nothing before it is looked at twice", () => {
    const { sum, looked } = countingSum();
    const all = items(1, 101);
    for (let length = 10; length <= 100; length += 10) {
      sum([...all.slice(0, length), { id: 1000 + length }]);
      expect(looked()).toHaveLength(11);
    }
  });

  test("lists with a common past that take turns are each followed, up to four of them", () => {
    const past = items(1, 51);
    const branches = [1, 2, 3, 4].map((branch) => ({ list: [...past, ...items(branch * 100, branch * 100 + 20)] }));
    const { sum, looked } = countingSum();
    for (const { list } of branches) sum(list);
    looked();
    for (let round = 0; round < 5; round++) {
      for (const { list } of branches) {
        list.push({ id: 5 });
        sum(list);
        expect(looked()).toEqual([5]);
      }
    }
  });

  test("an empty list has nothing in common with any", () => {
    const { sum } = countingSum();
    expect(sum([])).toBe(0);
    expect(createListLines<Item, number>().take([])).toEqual({ items: [], notes: [] });
  });

  test("a line that is out is nobody else's, and one that is not kept is forgotten", () => {
    for (const list of [items(1, 4), growingList(items(1, 4)), copyOf(growingList(items(1, 4)))]) {
      const lines = createListLines<Item, string>();
      const line = lines.take(list);
      line.notes.push("a", "b", "c");
      lines.keep(list, line);
      expect(lines.take(list).notes).toEqual(["a", "b", "c"]);
      expect(lines.take(list).notes).toEqual([]);
    }
  });

  test("whatever lists come in whatever order, each sum is that of its list", () => {
    const pool = items(0, 6);
    const list = fc.array(fc.nat({ max: 5 }), { maxLength: 30 });
    fc.assert(
      fc.property(fc.array(list, { maxLength: 20 }), (lists) => {
        const sum = createListSum<Item>(({ id }) => id + 1);
        for (const ids of lists) {
          expect(sum(ids.map((id) => pool[id]!))).toBe(ids.reduce((total, id) => total + id + 1, 0));
        }
      }),
    );
  });
});

describe("copies of a list that say where they come from", () => {
  /** Reading an element of it counts. */
  function watched(list: readonly Item[]): { readonly list: readonly Item[]; read(): number } {
    let count = 0;
    const proxy = new Proxy(list, {
      get(target, key) {
        if (typeof key === "string" && /^[0-9]+$/.test(key)) count++;
        return Reflect.get(target, key) as unknown;
      },
    });
    return { list: proxy, read: () => count };
  }

  test("are not even compared: of a conversation of thousands only the new elements are read", () => {
    const { sum } = countingSum();
    const list = growingList<Item>([]);
    let expected = 0;
    for (let turn = 1; turn <= 3000; turn++) {
      list.push({ id: turn });
      expected += turn;
      const copy = watched(withTail(list, [{ id: 1 }]));
      expect(sum(copy.list)).toBe(expected + 1);
      expect(copy.read()).toBe(2);
      // The list itself is one of its copies.
      expect(sum(list)).toBe(expected);
    }
  });

  test("stay as they were, and look like any other list", () => {
    const list = growingList(items(1, 4));
    const copy = copyOf(list);
    list.push({ id: 4 });
    expect(copy).toEqual(items(1, 4));
    expect(Object.keys(copy)).toEqual(["0", "1", "2"]);
    expect(JSON.stringify(copy)).toBe(JSON.stringify(items(1, 4)));
    expect(structuredClone(copy)).toEqual(items(1, 4));
    expect(withTail(items(1, 3), items(3, 4))).toEqual(items(1, 4));
  });

  test("of another list have nothing in common, though they begin alike", () => {
    const { sum, looked } = countingSum();
    const list = items(1, 4);
    sum(copyOf(growingList(list)));
    looked();
    sum(copyOf(growingList(list)));
    expect(looked()).toEqual([1, 2, 3]);
  });

  test("that are older than one that came before are told by what they are", () => {
    const { sum } = countingSum();
    const list = growingList(items(1, 6));
    const early = copyOf(list);
    list.push({ id: 6 });
    expect(sum(copyOf(list))).toBe(21);
    expect(sum(early)).toBe(15);
    expect(sum(copyOf(list))).toBe(21);
  });

  const changes: readonly [name: string, change: (list: Item[]) => unknown, sum: number][] = [
    ["replaced", (list) => list.splice(1, 1, { id: 50 }), 63],
    ["assigned", (list) => (list[0] = { id: 50 }), 64],
    ["shortened, and grown", (list) => list.splice(4, 1, { id: 50 }, { id: 51 }), 111],
    ["turned round and shortened", (list) => list.reverse().pop(), 14],
    ["shortened by length", (list) => (list.length = 2), 3],
  ];
  test.each(changes)("cannot be %s behind the back of notes; a copy of a copy can", (_, change, expected) => {
    const { sum } = countingSum();
    const copy = copyOf(growingList(items(1, 6)));
    for (const list of [copy, withTail(copy, []), copyOf(items(1, 6))]) {
      expect(sum(list)).toBe(15);
      expect(() => change(list as Item[])).toThrow(TypeError);
      expect(sum(list)).toBe(15);
      const own = list.slice();
      change(own);
      expect(sum(own)).toBe(expected);
      expect(sum(list)).toBe(15);
    }
  });

  test("give the same sums as lists that say nothing, in whatever order they come", () => {
    const step = fc.record({
      grow: fc.nat({ max: 3 }),
      tail: fc.nat({ max: 2 }),
      renew: fc.boolean(),
      back: fc.nat({ max: 5 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const sum = createListSum<Item>(({ id }) => id);
        let list = growingList<Item>([]);
        const copies: (readonly Item[])[] = [];
        for (const { grow, tail, renew, back } of steps) {
          if (renew) list = growingList(list.slice(1));
          list.push(...items(list.length, list.length + grow));
          copies.push(withTail(list, items(100, 100 + tail)));
          for (const copy of [copies.at(-1)!, copies.at(-1 - back) ?? [], list]) {
            expect(sum(copy)).toBe(copy.reduce((total, { id }) => total + id, 0));
          }
        }
      }),
    );
  });
});
