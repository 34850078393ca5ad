/**
 * What happened in a conversation besides its messages. Most transcripts are never looked at, so a note waits, and becomes
 * an event with an id of its own when somebody looks.
 */

import type { Host, JsonObject } from "../../base/index.ts";
import { transcriptEvent } from "../../llm/index.ts";
import type { TranscriptNote } from "../policies/recorder.ts";

/** In the order in which things happened: first the events, then the waiting notes. */
export interface EventNotes {
  readonly events: JsonObject[];
  readonly waiting: TranscriptNote[];
}

export function noteCount({ events, waiting }: EventNotes): number {
  return events.length + waiting.length;
}

/** The first `count` events, the same ones every time. */
export function firstEvents(host: Host, { events, waiting }: EventNotes, count: number): readonly JsonObject[] {
  const missing = waiting.splice(0, Math.max(0, count - events.length));
  for (const note of missing) events.push(transcriptEvent(host, note));
  return events.slice(0, count);
}
