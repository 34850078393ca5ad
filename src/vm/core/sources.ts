/**
 * Sources: what gives items one by one, some at once (lists, ranges: a {@link Cursor}), some by running or waiting
 * (generators, streams, channels: a {@link PullSource}). {@link pullSource} asks for the next one, and {@link END} is the
 * answer when there is none.
 */

import type { Control, Signal } from "../native.ts";
import { List, Opaque, RangeValue, SetValue, share, type Value } from "../value/value.ts";
import { code, type Named } from "./callback.ts";

/** What a pull delivers when nothing is left. Never seen by a program. */
class EndMark extends Opaque {
  readonly typeName = "end";
  display(): string {
    return "<end>";
  }
}
export const END: EndMark = new EndMark();

/**
 * A source that always has its next item at hand: the items of an array that nobody writes to any more (its list is
 * shared or gone), or, without an array, the ints from `index` on. One class for both, so that a `for` loop tests once.
 */
export class Cursor extends Opaque {
  readonly typeName = "cursor";
  readonly items: readonly Value[] | undefined;
  index: number;
  /** Where it ends, exclusive. */
  readonly end: number;
  constructor(items: readonly Value[] | undefined, index: number, end: number) {
    super();
    this.items = items;
    this.index = index;
    this.end = end;
  }
  display(): string {
    return "<cursor>";
  }
}

export function listCursor(items: readonly Value[]): Cursor {
  return new Cursor(items, 0, items.length);
}

function rangeCursor(range: RangeValue): Cursor {
  return new Cursor(undefined, range.start, range.exclusive ? range.end : range.end + 1);
}

/** A source whose next item may take a while: generators, streams, channels, … */
export abstract class PullSource extends Opaque {
  /** Next item or {@link END}, at once or after a park. Errors are thrown or delivered as failures. */
  abstract next(control: Control): Signal;
  /** The consumer will not come back. */
  abandon(): void {}
}

export type Source = Cursor | PullSource;

/** The items of a value that are there without another step; undefined: it has none of that kind. */
export function sourceOf(value: Value): Source | undefined {
  if (value instanceof RangeValue) return rangeCursor(value);
  if (value instanceof List || value instanceof SetValue) {
    value.shared = true;
    return listCursor(value.items);
  }
  return value instanceof PullSource ? value : undefined;
}

/** One item of a range in so many gives others their turn. A power of two, less one. */
const RANGE_TURN_MASK = 0x3fff;
const nothingHeld = code("turn", (_state: undefined) => {});
const rangeTurn = { what: "a turn", cancel: nothingHeld(undefined) };

export const sourceCodes: readonly Named[] = [nothingHeld.code];

/** Asks for the next item of a source. */
export function pullSource(source: Source, control: Control): Signal {
  if (source instanceof Cursor) {
    if (source.index >= source.end) return control.done(END);
    if (source.items !== undefined) return control.done(share(source.items[source.index++]));
    const value = source.index++;
    // A range may be longer than anybody lives: now and then others get their turn, a deadline or a stop its chance.
    if ((value & RANGE_TURN_MASK) === 0 && value !== 0) return control.waitFor({ ...rangeTurn, turn: { value } });
    return control.done(value);
  }
  return source.next(control);
}
