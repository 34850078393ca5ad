/** `for` loops: what they go through, and what leaving one means for whoever produces the items. */

import type { Control, Signal } from "../native.ts";
import { Dict, record, share, type Value } from "../value/value.ts";
import { abandonIter, Iter, pull } from "./iterators.ts";
import { Cursor, listCursor, PullSource, type Source, sourceOf } from "./sources.ts";

/** `for x in value`: anything that is not iterable, a string included, has no items. */
export function loopSource(value: Value): Source {
  const source = sourceOf(value);
  if (source) return source;
  if (value instanceof Iter) return new IterSource(value);
  return listCursor(value instanceof Dict ? dictEntries(value) : []);
}

/** What a dict consists of for a loop or a `parallel`: `{key, value}`, in the order of the keys. */
export function dictEntries(dict: Dict): Dict[] {
  return dict.keys().map((key) => record({ key, value: share(dict.map.get(key)) }));
}

/**
 * A loop over a temporary is over, on whatever path. Who produces for it may stop, unless somebody else holds the stream
 * and may read on: a variable, a list, an iterator over it.
 */
export function leaveLoop(source: Value): void {
  if (source instanceof Cursor) return;
  if (source instanceof IterSource) {
    if (!source.iter.shared && !source.iter.source.shared) source.abandon();
  } else if (source instanceof PullSource && !source.shared) source.abandon();
}

/** An iterator as the source of a loop. */
export class IterSource extends PullSource {
  readonly typeName = "cursor";
  readonly iter: Iter;
  constructor(iter: Iter) {
    super();
    this.iter = iter;
  }
  next(control: Control): Signal {
    return pull(this.iter, control);
  }
  override abandon(): void {
    abandonIter(this.iter);
  }
  display(): string {
    return "<cursor>";
  }
}
