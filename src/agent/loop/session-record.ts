/** Keeps the full record of what was said, and a named session up to date while the loop runs. */

import type { Policy } from "../turn/policy.ts";
import type { TurnState } from "../turn/turn-state.ts";
import type { LoopState } from "./loop-state.ts";
import { transcriptOf } from "./result.ts";

/** First policy of all: it sees the history before anybody adds to it in an iteration. */
export function sessionRecord(state: LoopState): Policy {
  const recordNew = ({ history }: TurnState) => {
    // Only a daemon tells what compaction has folded away.
    if (state.options.daemon !== undefined) {
      for (let at = state.recordedUpTo; at < history.length; at++) state.recorded.push(history[at]!);
    }
    state.recordedUpTo = history.length;
  };
  const sync = (turn: TurnState) => {
    recordNew(turn);
    if (state.anonymous) return;
    state.store.store(state.sessionId, transcriptOf(state, turn.history, "active"));
  };
  return {
    name: "session-record",
    start: recordNew,
    prepare(turn) {
      sync(turn);
      return undefined;
    },
    observe(turn, { type }) {
      // A compaction puts new messages in the place of old ones; nothing new was said.
      if (type === "compaction-applied") state.recordedUpTo = turn.history.length;
    },
    finish: recordNew,
  };
}
