import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createListLines, createListSum } from "./list-lines.ts";

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
    const lines = createListLines<Item, string>();
    const list = items(1, 4);
    const line = lines.take(list);
    line.items.push(...list);
    line.notes.push("a", "b", "c");
    lines.keep(line);
    expect(lines.take(list).notes).toEqual(["a", "b", "c"]);
    expect(lines.take(list).notes).toEqual([]);
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
