import { describe, expect, it } from "vitest";
import { type HeapUse, outOfMemory } from "./memory-watch.ts";

const MB = 2 ** 20;

/** A heap of 1000 MB that is `before` full, and `after` once its garbage is gone. */
function heapOf(before: number, after: number) {
  let collections = 0;
  const read = (): HeapUse => ({ used: (collections > 0 ? after : before) * MB, limit: 1000 * MB });
  return { read, collect: () => void collections++, collections: () => collections };
}

describe("a program that takes all memory", () => {
  it("is told how much it holds, how much there is, and a way out", () => {
    expect(outOfMemory(heapOf(900, 820))).toMatchObject({
      code: "run.memory",
      message: "The program holds 820 MB of memory, and there are 1000 MB in all",
      data: { hint: "keep less at a time, or give it more with NODE_OPTIONS=--max-old-space-size=<MB>" },
    });
  });

  it("may hold much of it, and garbage is not held", () => {
    const roomy = heapOf(840, 840);
    expect(outOfMemory(roomy)).toBeUndefined();
    expect(roomy.collections()).toBe(0);
    const dirty = heapOf(990, 500);
    expect(outOfMemory(dirty)).toBeUndefined();
    expect(dirty.collections()).toBe(1);
  });

  it("the heap of this process is not full, and can be collected", () => {
    expect(outOfMemory()).toBeUndefined();
  });
});
