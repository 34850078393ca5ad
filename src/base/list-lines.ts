/**
 * Lists that grow: a conversation is sent whole with each request, a message or two longer than before. Whoever works
 * something out for each element of such a list keeps *notes* on it, and next time only looks at what is new.
 *
 *     const line = lines.take(list);                  // notes on the elements that it has in common with one before
 *     for (let at = line.notes.length; at < list.length; at++) line.notes.push(noteOn(list[at]));
 *     lines.keep(list, line);
 *
 * What two lists have in common is told at once when they are copies of one *growing list*, taken at different times. The
 * elements of all others are compared one by one, by identity; so elements must not change once they are in a list. Notes
 * live no longer than the growing list, or than the first element of another.
 */

/** On a growing list, and on its copies. */
interface Mark {
  /** The same for all of them. */
  readonly origin: object;
  /** So many elements from the start are those of the growing list; all of them, in that list itself. */
  readonly length: number;
}

const MARK: unique symbol = Symbol("part of a growing list");

/** A list with these elements that is only ever added to, at its end. */
export function growingList<Item>(items: readonly Item[]): Item[] {
  return marked(items.slice(), { origin: {}, length: Number.POSITIVE_INFINITY });
}

/** A list as it is now, for whoever keeps it: frozen, since whoever looks at it again relies on what was seen before. */
export function copyOf<Item>(list: readonly Item[]): readonly Item[] {
  return withTail(list, []);
}

/** A frozen copy with more after it, which the list itself does not get. */
export function withTail<Item>(list: readonly Item[], tail: readonly Item[]): readonly Item[] {
  const mark = markOf(list);
  const copy = tail.length === 0 ? list.slice() : list.concat(tail);
  if (mark !== undefined) marked(copy, { origin: mark.origin, length: Math.min(mark.length, list.length) });
  return Object.freeze(copy);
}

function marked<Item>(list: Item[], mark: Mark): Item[] {
  return Object.defineProperty(list, MARK, { value: mark });
}

function markOf(list: readonly unknown[]): Mark | undefined {
  return (list as { readonly [MARK]?: Mark })[MARK];
}

/** What is known of a list: a note for each of its first elements. */
export interface ListLine<Item, Note> {
  readonly notes: Note[];
  /** Those elements, for a list that does not come from a growing one. */
  readonly items: Item[];
}

export interface ListLines<Item extends object, Note> {
  /**
   * Notes on what the list has in common with one before; add one for each element that follows. Nobody else gets them
   * until they are kept; those that are not kept, because something was thrown, are forgotten.
   */
  take(list: readonly Item[]): ListLine<Item, Note>;
  keep(list: readonly Item[], line: ListLine<Item, Note>): void;
}

/** Lists that begin with the same element and then part, such as those of agents with a common past. */
const LINES_PER_HEAD = 4;
/** What comes after the conversation for one request only (a reminder) is cut off; a longer rest belongs to another list. */
const CUT_OFF_AT_MOST = 8;

/** Notes on a growing list; the first `own` are on its elements, the others on what followed in a copy. */
interface OriginNotes<Note> {
  readonly notes: Note[];
  readonly own: number;
}

export function createListLines<Item extends object, Note>(): ListLines<Item, Note> {
  const notesOf = new WeakMap<object, OriginNotes<Note>>();
  /** By first element, the one used last at the end. */
  const linesOf = new WeakMap<Item, ListLine<Item, Note>[]>();

  const takeOfOrigin = ({ origin, length }: Mark): ListLine<Item, Note> => {
    const known = notesOf.get(origin);
    if (known === undefined) return { items: [], notes: [] };
    notesOf.delete(origin);
    cutBack(known.notes, Math.min(known.own, length));
    return { items: [], notes: known.notes };
  };

  const takeByItems = (list: readonly Item[]): ListLine<Item, Note> => {
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
    cutBack(best.items, shared);
    cutBack(best.notes, shared);
    return best;
  };

  return {
    take(list) {
      const mark = markOf(list);
      return mark === undefined ? takeByItems(list) : takeOfOrigin(mark);
    },
    keep(list, line) {
      const { items, notes } = line;
      const mark = markOf(list);
      if (mark !== undefined) {
        notesOf.set(mark.origin, { notes, own: Math.min(mark.length, notes.length) });
        return;
      }
      for (let at = items.length; at < notes.length; at++) items.push(list[at]!);
      const head = items[0];
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
    const { notes } = line;
    let sum = notes.at(-1) ?? 0;
    for (let at = notes.length; at < list.length; at++) {
      sum += measure(list[at]!);
      notes.push(sum);
    }
    lines.keep(list, line);
    return sum;
  };
}

/** Setting the length is not free, even when it stays as it is. */
function cutBack(list: unknown[], length: number): void {
  if (list.length > length) list.length = length;
}

/** How many elements from the start are the same objects. */
function commonLength(one: readonly object[], other: readonly object[]): number {
  const most = Math.min(one.length, other.length);
  let at = 0;
  while (at < most && one[at] === other[at]) at++;
  return at;
}
