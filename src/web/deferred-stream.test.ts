import { expect, it } from "vitest";
import { deferredStream } from "./deferred-stream.ts";

const over = { done: true, value: undefined };

/** Items that tell when they are pulled and when they are left. */
function items(told: string[]): AsyncIterable<number> {
  return {
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        told.push("pulled");
        return { done: false, value: 1 };
      },
      return: async () => {
        told.push("left");
        return { done: true, value: undefined };
      },
    }),
  };
}

it("is made once, when it is first pulled", async () => {
  const told: string[] = [];
  const stream = deferredStream(async () => {
    told.push("made");
    return items(told);
  })[Symbol.asyncIterator]();
  expect(told).toEqual([]);
  expect(await stream.next()).toEqual({ done: false, value: 1 });
  await stream.next();
  expect(await stream.return?.()).toEqual(over);
  expect(await stream.next()).toEqual(over);
  expect(told).toEqual(["made", "pulled", "pulled", "left"]);
});

it("who leaves while it is made is let go at once, and it is not begun", async () => {
  const told: string[] = [];
  let make = (): void => {};
  const made = new Promise<AsyncIterable<number>>((resolve) => {
    make = () => resolve(items(told));
  });
  const stream = deferredStream(() => made)[Symbol.asyncIterator]();
  const waiting = stream.next();
  expect(await stream.return?.()).toEqual(over);
  make();
  expect(await waiting).toEqual(over);
  expect(told).toEqual(["left"]);
});

it("what cannot be made fails where it is pulled, and can be left", async () => {
  const stream = deferredStream<number>(() => Promise.reject(new Error("offline")))[Symbol.asyncIterator]();
  await expect(stream.next()).rejects.toThrow("offline");
  expect(await stream.return?.()).toEqual(over);
});

it("who has left does not hear that it could not be made", async () => {
  let fail = (): void => {};
  const made = new Promise<AsyncIterable<number>>((_, reject) => {
    fail = () => reject(new Error("offline"));
  });
  const stream = deferredStream(() => made)[Symbol.asyncIterator]();
  const waiting = stream.next();
  await stream.return?.();
  fail();
  expect(await waiting).toEqual(over);
});
