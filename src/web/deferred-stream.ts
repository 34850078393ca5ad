/** A stream that is made when it is first pulled. */
export function deferredStream<Item>(make: () => Promise<AsyncIterable<Item>>): AsyncIterable<Item> {
  return {
    [Symbol.asyncIterator](): AsyncIterator<Item> {
      let opening: Promise<AsyncIterator<Item>> | undefined;
      let opened: AsyncIterator<Item> | undefined;
      let isReturned = false;
      const openFirst = async (): Promise<IteratorResult<Item>> => {
        opening ??= make().then((items) => items[Symbol.asyncIterator]());
        opened = await opening;
        return opened.next();
      };
      return {
        next() {
          if (isReturned) return Promise.resolve({ done: true, value: undefined });
          // The first item is in no hurry; those that follow come by the thousand.
          return opened === undefined ? openFirst() : opened.next();
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
