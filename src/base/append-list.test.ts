import { describe, expect, it } from "vitest";
import { AppendList } from "./append-list.ts";

describe("a list that only grows", () => {
  it("gives what it was given", () => {
    const list = AppendList.of([1, 2]);
    list.push(3);
    expect(list.length).toBe(3);
    expect(list.items()).toEqual([1, 2, 3]);
    expect(list.slice(1, 2)).toEqual([2]);
    expect(list.slice(2)).toEqual([3]);
    expect([list.at(0), list.at(2), list.at(3)]).toEqual([1, 3, undefined]);
  });

  it("reads what is elsewhere when somebody looks at it, once", () => {
    let reads = 0;
    const list = new AppendList<string>({
      length: 2,
      read() {
        reads += 1;
        return ["a", "b"];
      },
    });
    list.push("c");
    list.push("d");
    expect([list.length, list.at(2), list.slice(3), list.slice(2, 3)]).toEqual([4, "c", ["d"], ["c"]]);
    expect(list.slice(0, 0)).toEqual([]);
    expect(reads).toBe(0);
    expect(list.at(1)).toBe("b");
    expect(list.slice(1, 3)).toEqual(["b", "c"]);
    expect(list.items()).toEqual(["a", "b", "c", "d"]);
    expect([list.length, reads]).toEqual([4, 1]);
  });
});
