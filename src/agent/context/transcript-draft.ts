/**
 * A transcript that is made when somebody first looks. Until then it holds on to the messages and nothing else of the loop
 * that they come from. Data, so that a session can be written down before anybody has looked.
 */

import type { Host, JsonObject } from "../../base/index.ts";
import { newTranscript } from "../../llm/index.ts";
import { type EventNotes, firstEvents, noteCount } from "./event-notes.ts";
import { messageDicts } from "./message-dict.ts";
import type { RecordedMessage } from "./recorded-message.ts";

export interface TranscriptDraftParts {
  readonly sessionId: string;
  /** Those until now belong to the transcript. */
  readonly history: readonly RecordedMessage[];
  /** Those until now belong to the transcript. */
  readonly notes?: EventNotes;
  readonly lifecycle?: "active" | "paused";
  readonly summary?: string | undefined;
}

export class TranscriptDraft {
  readonly host: Host;
  readonly sessionId: string;
  readonly history: readonly RecordedMessage[];
  readonly messageCount: number;
  readonly notes: EventNotes | undefined;
  readonly eventCount: number;
  readonly lifecycle: "active" | "paused" | undefined;
  readonly summary: string | undefined;
  /** Undefined while nobody has looked. */
  made: JsonObject | undefined = undefined;

  constructor(host: Host, parts: TranscriptDraftParts) {
    this.host = host;
    this.sessionId = parts.sessionId;
    this.history = parts.history;
    this.messageCount = parts.history.length;
    this.notes = parts.notes;
    this.eventCount = parts.notes === undefined ? 0 : noteCount(parts.notes);
    this.lifecycle = parts.lifecycle;
    this.summary = parts.summary;
  }

  /** The same one every time. */
  transcript(): JsonObject {
    const { sessionId, history, messageCount, notes, lifecycle, summary } = this;
    this.made ??= newTranscript(this.host, {
      id: sessionId,
      messages: messageDicts(history.slice(0, messageCount)),
      extraEvents: notes === undefined ? [] : firstEvents(this.host, notes, this.eventCount),
      ...(lifecycle === undefined ? {} : { state: lifecycle }),
      ...(summary === undefined ? {} : { summary }),
    });
    return this.made;
  }
}
