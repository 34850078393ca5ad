/** The latest requests of a run, by their entries, in the order in which they were made: recorded, or matched. */

const REMEMBERED = 256;

export interface RequestLog {
  /** How many have been made. */
  readonly count: number;
  /** Those after the first `count`; undefined when that is too long ago. */
  since(count: number): readonly number[] | undefined;
}

export interface OpenRequestLog extends RequestLog {
  readonly note: (seq: number) => void;
}

export function createRequestLog(): OpenRequestLog {
  const latest: number[] = [];
  let count = 0;
  return {
    get count() {
      return count;
    },
    note(seq) {
      latest[count % REMEMBERED] = seq;
      count += 1;
    },
    since(from) {
      if (count - from > REMEMBERED) return undefined;
      return Array.from({ length: count - from }, (_, at) => latest[(from + at) % REMEMBERED]!);
    },
  };
}
