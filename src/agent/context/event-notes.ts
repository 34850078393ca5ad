/**
 * What happened in a conversation besides its messages. Most transcripts are never looked at, so a note becomes an event,
 * with an id of its own, only when somebody looks.
 */

import type { Host, JsonObject } from "../../base/index.ts";
import { transcriptEvent } from "../../llm/index.ts";
import type { TranscriptNote } from "../policies/recorder.ts";

export interface EventNotes {
  readonly count: number;
  add(note: TranscriptNote): void;
  /** Takes events over that have been made before. */
  restore(events: readonly JsonObject[]): void;
  /** The first `count` events, the same ones every time. */
  first(count: number): readonly JsonObject[];
}

type Entry = { readonly note: TranscriptNote } | { readonly event: JsonObject };

export function createEventNotes(host: Host): EventNotes {
  const entries: Entry[] = [];
  const eventAt = (index: number): JsonObject => {
    const entry = entries[index]!;
    if ("event" in entry) return entry.event;
    const event = transcriptEvent(host, entry.note);
    entries[index] = { event };
    return event;
  };
  return {
    get count() {
      return entries.length;
    },
    add: (note) => void entries.push({ note }),
    restore(events) {
      for (const event of events) entries.push({ event });
    },
    first: (count) => Array.from({ length: count }, (_, index) => eventAt(index)),
  };
}
