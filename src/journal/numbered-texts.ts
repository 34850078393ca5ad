/** The parts of a run's snapshots: which there are, and what of them is still to be stored. A snapshot costs what is new in it. */

import { HarnError } from "../base/index.ts";
import type { PartChanges, StoredParts } from "./spec.ts";

export interface NumberedTexts {
  put(text: string): number;
  has(id: number): boolean;
  /** @throws HarnError `snapshot.malformed` when it is not there, or damaged */
  get(id: number): string;
  /** For whoever may need it later; it is kept for as long as they keep this. @throws as `get` */
  later(id: number): () => string;
  /** Nobody gets, from now on, what there was when the run was gone on with. */
  letGo(): void;
  /** For the next snapshot, which refers to these; from now on there are no others. */
  changes(used: ReadonlySet<number>): PartChanges;
  /** The snapshot with these changes has been stored. */
  saved(changes: PartChanges): void;
}

const NONE: StoredParts = { ids: [], text: () => undefined };

/** @param before what there is when a run is gone on with */
export function createNumberedTexts(before: StoredParts = NONE): NumberedTexts {
  const stored = new Set(before.ids);
  const unsaved = new Map<number, string>();
  /** Stored, and not to be referred to any more. */
  const leaving = new Set<number>();
  let isFirst = before === NONE;
  let nextId = 0;
  for (const id of stored) nextId = Math.max(nextId, id + 1);

  let source = before;
  const get = (id: number): string => {
    const text = unsaved.get(id) ?? source.text(id);
    if (text !== undefined) return text;
    throw new HarnError("snapshot.malformed", `Expected part ${id} of the snapshot, found none that is sound`);
  };

  return {
    put(text) {
      unsaved.set(nextId, text);
      return nextId++;
    },
    has: (id) => unsaved.has(id) || (stored.has(id) && !leaving.has(id)),
    get,
    later(id) {
      const text = get(id);
      return () => text;
    },
    letGo() {
      source = NONE;
    },
    changes(used) {
      for (const id of unsaved.keys()) if (!used.has(id)) unsaved.delete(id);
      for (const id of stored) if (!used.has(id)) leaving.add(id);
      return {
        // When it is stored: one before it may have been by then.
        get isFirst() {
          return isFirst;
        },
        added: new Map(unsaved),
        dropped: [...leaving],
      };
    },
    saved({ added, dropped }) {
      isFirst = false;
      for (const id of added.keys()) {
        unsaved.delete(id);
        stored.add(id);
      }
      for (const id of dropped) {
        leaving.delete(id);
        stored.delete(id);
      }
    },
  };
}
