/** A stream that is made when it is first pulled. */
export function deferredStream<Item>(make: () => Promise<AsyncIterable<Item>>): AsyncIterable<Item> {
  return {
    [Symbol.asyncIterator](): AsyncIterator<Item> {
      let opening: Promise<AsyncIterator<Item>> | undefined;
      let isReturned = false;
      return {
        async next() {
          if (isReturned) return { done: true, value: undefined };
          opening ??= make().then((items) => items[Symbol.asyncIterator]());
          return (await opening).next();
        },
        async return() {
          isReturned = true;
          await (await opening)?.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}
