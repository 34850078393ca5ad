/**
 * What happened in a conversation besides its messages. Most transcripts are never looked at, so a note waits, and becomes
 * an event with an id of its own when somebody looks.
 */

import { AppendList, type Host, type JsonObject } from "../../base/index.ts";
import { transcriptEvent } from "../../llm/index.ts";
import { type Note, spelledNote } from "../policies/recorder.ts";

/** In the order in which things happened. Both lists only grow, so whoever knows their lengths knows how they were. */
export interface EventNotes {
  /** Events that came without a note, then what has been made of the first notes. */
  readonly events: AppendList<JsonObject>;
  readonly notes: AppendList<Note>;
  /** How many events came without a note. */
  inherited: number;
}

export function createEventNotes(
  events: EventNotes["events"] = new AppendList(),
  notes: EventNotes["notes"] = new AppendList(),
): EventNotes {
  return { events, notes, inherited: 0 };
}

/** Takes over events of an earlier run; before anything else happens. */
export function inheritEvents(notes: EventNotes, events: readonly JsonObject[]): void {
  for (const event of events) notes.events.push(event);
  notes.inherited = notes.events.length;
}

export function noteCount({ notes, inherited }: EventNotes): number {
  return inherited + notes.length;
}

/** The first `count` events, the same ones every time. */
export function firstEvents(
  host: Host,
  { events, notes, inherited }: EventNotes,
  count: number,
): readonly JsonObject[] {
  while (events.length < count) {
    const note = notes.at(events.length - inherited)!;
    events.push(transcriptEvent(host, spelledNote(note)));
  }
  return events.slice(0, count);
}
