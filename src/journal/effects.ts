/** What a log tells of each effect, put together: request, answer, cost, time. */

import type { Encoded, Entry, Outcome, StartEntry, SyncEntry } from "./spec.ts";

/** One effect as a whole: request, answer, cost, time. */
export interface EffectRecord {
  readonly seq: number;
  /** Entry at which it was over; absent while in flight. */
  readonly endSeq?: number;
  readonly task: string;
  readonly kind: string;
  readonly digest: string;
  readonly args: Encoded;
  readonly outcome: Outcome | "in-flight";
  readonly result?: Encoded;
  readonly error?: Encoded;
  readonly usage?: Encoded;
  /** Number of stream items. */
  readonly chunks: number;
  /**
   * How often it was, or may have been, performed: more than once when the run stopped while it was under way. A
   * provider may bill each time.
   */
  readonly attempts: number;
  readonly startMs: number;
  readonly endMs?: number;
}

/** Puts the entries of each effect together, in order of request. */
export function foldEffects(entries: readonly Entry[]): readonly EffectRecord[] {
  const effects = new Map<number, EffectRecord>();
  const underWay = new Set<number>();
  for (const entry of entries) {
    switch (entry.type) {
      case "sync":
        effects.set(entry.seq, {
          ...requestOf(entry),
          endSeq: entry.seq,
          outcome: entry.error === undefined ? "done" : "failed",
          endMs: entry.timeMs,
          ...answerOf(entry),
        });
        break;
      case "start":
        effects.set(entry.seq, { ...requestOf(entry), outcome: "in-flight" });
        underWay.add(entry.seq);
        break;
      case "chunk": {
        const effect = effects.get(entry.of);
        if (effect) effects.set(entry.of, { ...effect, chunks: effect.chunks + 1 });
        break;
      }
      case "end": {
        const effect = effects.get(entry.of);
        if (!effect) break;
        effects.set(entry.of, {
          ...effect,
          endSeq: entry.seq,
          outcome: entry.outcome,
          endMs: entry.timeMs,
          ...answerOf(entry),
          ...(entry.usage === undefined ? {} : { usage: entry.usage }),
          attempts: effect.attempts - (entry.unperformed ? 1 : 0),
        });
        underWay.delete(entry.of);
        break;
      }
      case "note":
        break;
      case "resume":
        for (const seq of underWay) {
          const effect = effects.get(seq);
          if (effect) effects.set(seq, { ...effect, attempts: effect.attempts + 1 });
        }
        break;
    }
  }
  return [...effects.values()];
}

function requestOf(entry: SyncEntry | StartEntry) {
  const { seq, task, kind, digest, args, timeMs } = entry;
  return { seq, task, kind, digest, args, chunks: 0, attempts: 1, startMs: timeMs };
}

function answerOf(entry: { readonly result?: Encoded; readonly error?: Encoded }) {
  return {
    ...(entry.result === undefined ? {} : { result: entry.result }),
    ...(entry.error === undefined ? {} : { error: entry.error }),
  };
}
