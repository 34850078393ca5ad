/**
 * Runs an async source in the background, at most `capacity` items ahead of its reader, and hands the items on in order.
 * A slow reader holds the source back; a reader that goes away stops it.
 */

/** @param onEnd runs once, when the source has ended or the reader has gone */
export function produceAhead<T>(
  source: AsyncIterable<T>,
  capacity: number,
  onEnd: () => void,
): AsyncIterableIterator<T> {
  const items: T[] = [];
  const readers: ((result: IteratorResult<T>) => void)[] = [];
  let failure: { readonly error: unknown } | undefined;
  let ended = false;
  let stopped = false;
  let wakeProducer: (() => void) | undefined;
  const failedReaders: ((error: unknown) => void)[] = [];

  const end = (): void => {
    if (ended) return;
    ended = true;
    onEnd();
    for (const reader of readers.splice(0)) reader({ done: true, value: undefined });
    failedReaders.length = 0;
  };

  const deliver = (item: T): void => {
    failedReaders.shift();
    const reader = readers.shift();
    if (reader === undefined) items.push(item);
    else reader({ done: false, value: item });
  };

  const produce = async (): Promise<void> => {
    try {
      for await (const item of source) {
        if (stopped) break;
        deliver(item);
        while (items.length >= capacity && !stopped) {
          await new Promise<void>((resolve) => {
            wakeProducer = resolve;
          });
        }
      }
    } catch (error) {
      failure = { error };
      const reject = failedReaders.shift();
      if (reject !== undefined) {
        readers.shift();
        failure = undefined;
        reject(error);
      }
    } finally {
      end();
    }
  };
  void produce();

  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next() {
      const item = items.shift();
      if (item !== undefined) {
        wakeProducer?.();
        wakeProducer = undefined;
        return Promise.resolve({ done: false, value: item });
      }
      if (failure !== undefined) {
        const { error } = failure;
        failure = undefined;
        return Promise.reject(error);
      }
      if (ended) return Promise.resolve({ done: true, value: undefined });
      return new Promise((resolve, reject) => {
        readers.push(resolve);
        failedReaders.push(reject);
      });
    },
    return() {
      stopped = true;
      items.length = 0;
      wakeProducer?.();
      wakeProducer = undefined;
      end();
      return Promise.resolve({ done: true, value: undefined });
    },
  };
}
