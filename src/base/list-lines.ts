/**
 * Lists that grow: a conversation is sent whole with each request, a message or two longer than before. Whoever works
 * something out for each element of such a list keeps it in a *line*, and next time only looks at what is new; the rest
 * costs a comparison of two pointers an element.
 *
 *     const line = lines.take(list);                        // cut back to what it has in common with the list
 *     for (let at = line.items.length; at < list.length; at++) {
 *       line.notes.push(noteOf(list[at]));                  // the rest is new
 *       line.items.push(list[at]);
 *     }
 *     lines.keep(line);
 *
 * Elements are told apart by identity, so they must not change once they are in a list; the list itself may. A line
 * lives no longer than the first element of its list.
 */

/** As many notes as elements; a note may be about its element or about all up to it. */
export interface ListLine<Item, Note> {
  readonly items: Item[];
  readonly notes: Note[];
}

export interface ListLines<Item extends object, Note> {
  /**
   * The line that has most in common with the list, without what follows. Nobody else gets it until it is kept; one that
   * is not kept, because something was thrown, is forgotten.
   */
  take(list: readonly Item[]): ListLine<Item, Note>;
  keep(line: ListLine<Item, Note>): void;
}

/** Lists that begin with the same element and then part, such as those of agents with a common past. */
const LINES_PER_HEAD = 4;
/** What comes after the conversation for one request only (a reminder) is cut off; a longer rest belongs to another list. */
const CUT_OFF_AT_MOST = 8;

export function createListLines<Item extends object, Note>(): ListLines<Item, Note> {
  /** By first element, the one used last at the end. */
  const linesOf = new WeakMap<Item, ListLine<Item, Note>[]>();
  return {
    take(list) {
      const known = list[0] === undefined ? undefined : linesOf.get(list[0]);
      let best: ListLine<Item, Note> | undefined;
      let shared = 0;
      for (const line of known ?? []) {
        const common = commonLength(line.items, list);
        if (common <= shared) continue;
        best = line;
        shared = common;
      }
      if (known === undefined || best === undefined) return { items: [], notes: [] };
      if (best.items.length - shared > CUT_OFF_AT_MOST && known.length < LINES_PER_HEAD)
        return { items: best.items.slice(0, shared), notes: best.notes.slice(0, shared) };
      known.splice(known.indexOf(best), 1);
      best.items.length = shared;
      best.notes.length = shared;
      return best;
    },
    keep(line) {
      const head = line.items[0];
      if (head === undefined) return;
      const known = linesOf.get(head);
      if (known === undefined) linesOf.set(head, [line]);
      else if (known.push(line) > LINES_PER_HEAD) known.shift();
    },
  };
}

/** The sum of a measure over a list, for lists that grow. `measure` is of the element alone. */
export function createListSum<Item extends object>(measure: (item: Item) => number): (list: readonly Item[]) => number {
  /** Each note is the sum up to its element. */
  const lines = createListLines<Item, number>();
  return (list) => {
    const line = lines.take(list);
    let sum = line.notes.at(-1) ?? 0;
    for (let at = line.items.length; at < list.length; at++) {
      const item = list[at]!;
      sum += measure(item);
      line.items.push(item);
      line.notes.push(sum);
    }
    lines.keep(line);
    return sum;
  };
}

/** How many elements from the start are the same objects. */
function commonLength(one: readonly object[], other: readonly object[]): number {
  const most = Math.min(one.length, other.length);
  let at = 0;
  while (at < most && one[at] === other[at]) at++;
  return at;
}
