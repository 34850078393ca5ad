/** A bounded queue between the turn that produces events and the consumer that iterates them (LOOP-29, LOOP-30). */

import { CancelToken } from "../../base/index.ts";

export interface Channel<T> {
  /** True at once while there is room, else a promise; false when the consumer has gone. */
  send(item: T): boolean | Promise<boolean>;
  /** Ends the iteration once everything sent has been read. */
  close(): void;
  /** Fires when the consumer stops iterating before the end. */
  readonly abandoned: CancelToken;
  /** One pass; not restartable. */
  readonly items: AsyncIterableIterator<T>;
}

export function createChannel<T>(capacity: number): Channel<T> {
  const abandoned = new CancelToken();
  const buffer: T[] = [];
  const writers: { item: T; resolve: (delivered: boolean) => void }[] = [];
  const readers: ((result: IteratorResult<T>) => void)[] = [];
  let closed = false;

  const items: AsyncIterableIterator<T> = {
    [Symbol.asyncIterator]() {
      return items;
    },
    next() {
      if (buffer.length > 0) {
        const value = buffer.shift()!;
        const writer = writers.shift();
        if (writer !== undefined) {
          buffer.push(writer.item);
          writer.resolve(true);
        }
        return Promise.resolve({ done: false, value });
      }
      if (closed || abandoned.aborted) return Promise.resolve({ done: true, value: undefined });
      return new Promise((resolve) => readers.push(resolve));
    },
    return() {
      if (!closed) abandoned.cancel("consumer stopped iterating");
      buffer.length = 0;
      for (const writer of writers.splice(0)) writer.resolve(false);
      for (const reader of readers.splice(0)) reader({ done: true, value: undefined });
      return Promise.resolve({ done: true, value: undefined });
    },
  };

  return {
    send(item) {
      if (abandoned.aborted) return false;
      const reader = readers.shift();
      if (reader !== undefined) {
        reader({ done: false, value: item });
        return true;
      }
      if (buffer.length < capacity) {
        buffer.push(item);
        return true;
      }
      return new Promise((resolve) => writers.push({ item, resolve }));
    },
    close() {
      closed = true;
      for (const reader of readers.splice(0)) reader({ done: true, value: undefined });
    },
    abandoned,
    items,
  };
}
