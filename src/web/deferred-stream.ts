/** A stream that is made when it is first pulled. Who leaves before it is made has nothing started. */
export function deferredStream<Item>(make: () => Promise<AsyncIterable<Item>>): AsyncIterable<Item> {
  return {
    [Symbol.asyncIterator](): AsyncIterator<Item> {
      let opening: Promise<AsyncIterator<Item>> | undefined;
      let opened: AsyncIterator<Item> | undefined;
      let isReturned = false;
      const openFirst = async (): Promise<IteratorResult<Item>> => {
        opening ??= make().then((items) => items[Symbol.asyncIterator]());
        const items = await opening.catch((error: unknown) => {
          // Who has left does not hear how it ended.
          if (!isReturned) throw error;
        });
        if (items === undefined) return { done: true, value: undefined };
        if (isReturned) {
          await items.return?.();
          return { done: true, value: undefined };
        }
        opened = items;
        return items.next();
      };
      return {
        next() {
          if (isReturned) return Promise.resolve({ done: true, value: undefined });
          // The first item is in no hurry; those that follow come by the thousand.
          return opened === undefined ? openFirst() : opened.next();
        },
        async return() {
          isReturned = true;
          await opened?.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}
