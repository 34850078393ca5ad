/**
 * The recorded side: answers requests from the log, in the order of the log.
 *
 * A *cursor* walks through the log. It passes a request when the program has made it, and hands over a delivery when
 * everything before it has happened and the program has come to rest. So parallel tasks get their results in the order
 * of the recording, and between two results each does what it did then.
 *
 * Requests are matched per task. The next unanswered one of the task must be the one asked for; requests that a task
 * made at the same time (without a delivery between them) may swap places.
 */

import { type CancelSignal, HarnError } from "../base/index.ts";
import type { Turn } from "./delivery-order.ts";
import { DriftError, type DriftFields, firstDifference, type RecordedRequest, scrubbed } from "./drift.ts";
import type { Journal } from "./journal.ts";
import type { Redactor } from "./redact.ts";
import type { ChunkEntry, EndEntry, Entry, MaybePromise, StartEntry, SyncEntry } from "./spec.ts";

/** What the log knows of one request. */
export interface RecordedEffect {
  readonly start: SyncEntry | StartEntry;
  readonly chunks: ChunkEntry[];
  /** Absent when the recording stops while the effect was in flight. */
  end: EndEntry | undefined;
  arrived: boolean;
  closed: boolean;
  signal: CancelSignal | undefined;
  waiter: Waiter | undefined;
}

interface Waiter {
  readonly resolve: (delivery: Delivery) => void;
  readonly reject: (error: unknown) => void;
}

/** `undefined`: the recording ends while the effect is in flight. */
export type Delivery = ChunkEntry | EndEntry | undefined;

export interface ReplayerOptions {
  readonly redactor: Redactor;
  readonly turn?: Turn;
  /**
   * With `turn`: after so many turns in which nothing moves while the program waits, the program is taken to have left
   * the recording. Default 100.
   */
  readonly stallTurns?: number;
  /** Waits as long as the recording did between two deliveries; for showing a run at its own speed. */
  readonly pace?: (milliseconds: number) => Promise<void>;
  /** Told of each entry as the cursor passes it. */
  readonly observe?: (entry: Entry) => void;
  /** Told of each request as it is made, by its entry. */
  readonly onRequest?: (seq: number) => void;
}

export interface Replayer {
  /**
   * The recorded effect that answers this request; undefined when the task has used up its part of the log.
   *
   * @throws DriftError when the request is not the recorded one
   */
  match(task: string, kind: string, args: unknown): RecordedEffect | undefined;
  /** The next delivery of an effect, when its moment has come. */
  next(effect: RecordedEffect, signal: CancelSignal | undefined): Promise<Delivery>;
  /** The consumer of a stream left. */
  close(effect: RecordedEffect): void;
  /** The next request of a task that has not been made; undefined: it has made all. */
  positionOf(task: string): number | undefined;
  /** Whether that request is this one. */
  expects(task: string, kind: string, args: unknown): boolean;
  /** Answers when the whole log has been played. */
  whenComplete(): MaybePromise<void>;
  readonly complete: boolean;
  /** Every later call throws this. */
  readonly drift: DriftError | undefined;
  /** Requests in the log that the program has not made. */
  unasked(): readonly RecordedRequest[];
  /** Stops everything with an error of the given fields. */
  stop(fields: DriftFields): DriftError;
}

export function createReplayer(journal: Journal, options: ReplayerOptions): Replayer {
  const log = journal.entries;
  const { redactor, turn } = options;
  const stallTurns = options.stallTurns ?? 100;
  const effects = new Map<number, RecordedEffect>();
  /** Requests of each task in order; those before `from` have been made. */
  const tasks = new Map<string, { readonly effects: RecordedEffect[]; from: number }>();
  let cursor = 0;
  let pumping = false;
  /** Counts what the program did, to notice when it does nothing any more. */
  let activity = 0;
  let waiters = 0;
  let lastTimeMs: number | undefined;
  let drift: DriftError | undefined;
  let completion: { promise: Promise<void>; resolve: () => void; reject: (error: unknown) => void } | undefined;

  for (const entry of log) {
    switch (entry.type) {
      case "sync":
      case "start": {
        const effect: RecordedEffect = {
          start: entry,
          chunks: [],
          end: undefined,
          arrived: false,
          closed: false,
          signal: undefined,
          waiter: undefined,
        };
        effects.set(entry.seq, effect);
        const task = tasks.get(entry.task);
        if (task) task.effects.push(effect);
        else tasks.set(entry.task, { effects: [effect], from: 0 });
        break;
      }
      case "chunk":
        effectOf(entry).chunks.push(entry);
        break;
      case "end":
        effectOf(entry).end = entry;
        break;
      case "note":
      case "resume":
        break;
    }
  }

  function effectOf(entry: ChunkEntry | EndEntry): RecordedEffect {
    const effect = effects.get(entry.of);
    if (!effect) {
      throw new HarnError(
        "journal.corrupt",
        `Expected a start at ${entry.of} for journal entry ${entry.seq}, found none`,
      );
    }
    return effect;
  }

  const digestOf = (kind: string, args: unknown): string =>
    journal.digest(journal.requestText(redactor.args(kind, args), redactor));

  const recordedView = ({ start }: RecordedEffect): RecordedRequest => ({
    task: start.task,
    kind: start.kind,
    args: argsOf(start),
    seq: start.seq,
  });

  /** Undefined when they refer to what was stored before the snapshot that the run is gone on with from. */
  const argsOf = ({ args }: StartEntry | SyncEntry): unknown => {
    try {
      return journal.decode(args);
    } catch (error) {
      if (journal.snapshot === undefined) throw error;
      return undefined;
    }
  };

  const stop = (fields: DriftFields): DriftError => {
    drift ??= new DriftError(fields);
    for (const effect of effects.values()) {
      effect.waiter?.reject(drift);
      effect.waiter = undefined;
    }
    waiters = 0;
    completion?.reject(drift);
    return drift;
  };

  /**
   * What a call asked before it first kept where it can be gone on from. Some of that was for things that the snapshot has,
   * and is not asked again.
   */
  const isOptional = ({ type, seq }: Entry): boolean => type === "sync" && seq < (journal.snapshot?.seq ?? 0);

  /** The next request of a task; passes over what is left out. */
  const nextOf = (task: string, isThis: (effect: RecordedEffect) => boolean): RecordedEffect | undefined => {
    const record = tasks.get(task);
    if (record === undefined) return undefined;
    for (let effect = record.effects[record.from]; effect !== undefined; effect = record.effects[++record.from]) {
      if (!effect.arrived && (!isOptional(effect.start) || isThis(effect))) return effect;
      effect.arrived = true;
    }
    return undefined;
  };

  /** True when the cursor may pass the entry without handing anything over. */
  const isPast = (entry: Entry): boolean => {
    switch (entry.type) {
      case "sync":
      case "start":
        return effects.get(entry.seq)!.arrived || isOptional(entry);
      case "end":
        return entry.outcome === "closed" && effectOf(entry).closed;
      case "chunk":
        return false;
      case "note":
      case "resume":
        return true;
    }
  };

  /** True when the entry's consumer is there to take it. */
  const isDeliverable = (entry: Entry, patient: boolean): boolean => {
    if (entry.type !== "chunk" && entry.type !== "end") return false;
    const effect = effectOf(entry);
    if (effect.waiter === undefined) return false;
    if (entry.type === "chunk") return true;
    if (entry.outcome === "closed") return false;
    // A cancelled effect waits for the program to cancel it again. What cancelled it may have come from outside, though
    // (an interrupt), and then nobody will: take it as given once the program is at rest.
    return entry.outcome !== "cancelled" || effect.signal?.aborted !== false || !patient;
  };

  const passAll = (): void => {
    for (let entry = log[cursor]; entry !== undefined && isPast(entry); entry = log[++cursor]) options.observe?.(entry);
  };

  const deliver = (entry: ChunkEntry | EndEntry): void => {
    const effect = effectOf(entry);
    const { waiter } = effect;
    effect.waiter = undefined;
    waiters--;
    cursor++;
    options.observe?.(entry);
    waiter?.resolve(entry);
  };

  const finish = (): void => {
    for (const effect of effects.values()) {
      if (effect.waiter === undefined) continue;
      effect.waiter.resolve(undefined);
      effect.waiter = undefined;
    }
    waiters = 0;
    completion?.resolve();
  };

  /** What cannot be played any more: the consumer left a stream of which the recording has more. */
  const contradiction = (entry: Entry): DriftFields | undefined => {
    if ((entry.type !== "chunk" && entry.type !== "end") || !effectOf(entry).closed) return undefined;
    const recorded = recordedView(effectOf(entry));
    const what = entry.type === "chunk" ? "a further item" : `its end (${entry.outcome})`;
    const difference = { path: "", recorded: what, asked: "to leave the stream" };
    return { reason: "different", recorded, asked: recorded, difference };
  };

  /** Walks until the program has to do something first. */
  const pump = async (): Promise<void> => {
    if (pumping) return;
    pumping = true;
    try {
      for (;;) {
        passAll();
        if (drift) return;
        const entry = log[cursor];
        if (entry === undefined) {
          await turn?.();
          finish();
          return;
        }
        const contrary = contradiction(entry);
        if (contrary) {
          stop(contrary);
          return;
        }
        if (!isDeliverable(entry, true)) {
          if (turn === undefined || (waiters === 0 && completion === undefined)) return;
          if (await movesWithin(turn)) continue;
          const blocked = log[cursor];
          if (blocked === undefined || !isDeliverable(blocked, false)) {
            const missing = unasked()[0];
            stop({ reason: "missing", ...(missing ? { recorded: missing } : {}) });
            return;
          }
        }
        await turn?.();
        if (options.pace && lastTimeMs !== undefined) await options.pace(Math.max(0, entry.timeMs - lastTimeMs));
        lastTimeMs = entry.timeMs;
        // Without a turn, too, nothing is handed over while the program is still asking.
        await undefined;
        if (drift) return;
        const now = log[cursor];
        if ((now?.type === "chunk" || now?.type === "end") && effectOf(now).waiter !== undefined) deliver(now);
      }
    } finally {
      pumping = false;
    }
  };

  const movesWithin = async (wait: Turn): Promise<boolean> => {
    const before = activity;
    for (let i = 0; i < stallTurns; i++) {
      await wait();
      if (activity !== before) return true;
    }
    return false;
  };

  const moved = (): void => {
    activity++;
    void pump();
  };

  const unasked = (): readonly RecordedRequest[] =>
    [...effects.values()].filter(({ arrived, start }) => !arrived && !isOptional(start)).map(recordedView);

  /** Requests made before the next delivery have no order among themselves. */
  const nextDeliverySeq = (): number => {
    for (let at = cursor; at < log.length; at++) {
      const entry = log[at]!;
      if (entry.type === "chunk" || (entry.type === "end" && entry.outcome !== "closed")) return entry.seq;
    }
    return Number.POSITIVE_INFINITY;
  };

  return {
    positionOf(task) {
      const record = tasks.get(task);
      while (record?.effects[record.from]?.arrived) record.from++;
      return record?.effects[record.from]?.start.seq;
    },

    expects(task, kind, args) {
      const next = nextOf(task, () => false);
      return next?.start.kind === kind && isSameRequest(next, kind, digestOf(kind, args));
    },

    match(task, kind, args) {
      if (drift) throw drift;
      const record = tasks.get(task);
      if (record === undefined) return undefined;
      while (record.effects[record.from]?.arrived) record.from++;
      if (record.effects[record.from] === undefined) return undefined;
      const digest = digestOf(kind, args);
      const expected = nextOf(task, (effect) => isSameRequest(effect, kind, digest));
      if (expected === undefined) return undefined;
      let found: RecordedEffect | undefined;
      if (isSameRequest(expected, kind, digest)) {
        found = expected;
      } else {
        const limit = nextDeliverySeq();
        for (let at = record.from + 1; found === undefined && at < record.effects.length; at++) {
          const other = record.effects[at]!;
          if (other.start.seq > limit) break;
          if (!other.arrived && isSameRequest(other, kind, digest)) found = other;
        }
      }
      if (found === undefined) {
        const asked = { task, kind, args: scrubbed(redactor.args(kind, args), redactor) };
        const recorded = recordedView(expected);
        const isComparable = recorded.kind === kind && recorded.args !== undefined;
        const difference = isComparable ? firstDifference(recorded.args, asked.args) : undefined;
        // Only the order of keys differs, which means nothing.
        if (isComparable && difference === undefined) found = expected;
        else throw stop({ reason: "different", recorded, asked, ...(difference ? { difference } : {}) });
      }
      found.arrived = true;
      options.onRequest?.(found.start.seq);
      moved();
      return found;
    },

    next(effect, signal) {
      if (drift) return Promise.reject(drift);
      effect.signal = signal;
      return new Promise<Delivery>((resolve, reject) => {
        if (cursor >= log.length && !pumping) {
          resolve(undefined);
          return;
        }
        const onAbort = () => moved();
        const release = () => signal?.removeEventListener("abort", onAbort);
        if (signal?.aborted === false) signal.addEventListener("abort", onAbort);
        effect.waiter = {
          resolve: (delivery) => {
            release();
            resolve(delivery);
          },
          reject: (error) => {
            release();
            reject(error);
          },
        };
        waiters++;
        moved();
      });
    },

    close(effect) {
      effect.closed = true;
      if (effect.waiter) {
        effect.waiter.resolve(undefined);
        effect.waiter = undefined;
        waiters--;
      }
      moved();
    },

    whenComplete() {
      if (drift) throw drift;
      if (cursor >= log.length && !pumping) return undefined;
      if (completion === undefined) {
        let resolve = (): void => {};
        let reject: (error: unknown) => void = () => {};
        const promise = new Promise<void>((onDone, onFailed) => {
          resolve = onDone;
          reject = onFailed;
        });
        completion = { promise, resolve, reject };
      }
      moved();
      return completion.promise;
    },

    get complete() {
      return cursor >= log.length && !pumping;
    },
    get drift() {
      return drift;
    },
    unasked,
    stop,
  };
}

function isSameRequest(effect: RecordedEffect, kind: string, digest: string): boolean {
  return effect.start.digest === digest && effect.start.kind === kind;
}
