/** Keeps the full record of what was said, and a named session up to date while the loop runs. */

import type { RecordedMessage } from "../context/recorded-message.ts";
import type { Policy } from "../turn/policy.ts";
import type { TurnState } from "../turn/turn-state.ts";
import type { LoopState } from "./loop-state.ts";
import { transcriptOf } from "./result.ts";

/** First policy of all: it sees the history before anybody adds to it in an iteration. */
export function sessionRecord(state: LoopState): Policy {
  const seen = new WeakSet<RecordedMessage>();
  const recordNew = (turn: TurnState) => {
    for (const message of turn.history) {
      if (seen.has(message)) continue;
      seen.add(message);
      state.recorded.push(message);
    }
  };
  const sync = (turn: TurnState) => {
    recordNew(turn);
    if (state.anonymous) return;
    state.store.store(state.sessionId, transcriptOf(state, turn.history, "active"));
  };
  return {
    name: "session-record",
    start(turn) {
      // What a daemon resumed with has been recorded before.
      for (const message of turn.history.slice(0, state.resumedMessages)) seen.add(message);
      recordNew(turn);
    },
    prepare(turn) {
      sync(turn);
      return undefined;
    },
    observe(turn, { type }) {
      // A compaction puts new messages in the place of old ones; nothing new was said.
      if (type === "compaction-applied") for (const message of turn.history) seen.add(message);
    },
    finish: (turn) => recordNew(turn),
  };
}
