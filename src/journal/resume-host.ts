/**
 * Goes on where a run stopped. The program starts over; what is in the journal is answered from it, in recorded order,
 * and from its end on effects are performed and recorded as usual.
 *
 * What was in flight at the crash:
 * - `pure` and `idempotent` effects are performed again (a sleep for the rest of its time);
 * - for `unsafe` ones the handed-in decision is asked, and without one the program gets an error that says so;
 * - a stream of which the program has seen a part ends there with `connection_reset`, like any stream that was cut:
 *   starting it over would repeat or replace what somebody has read. Where a source gives the same items each time,
 *   `partialStreams: "match"` starts it over, passes over the items that were seen, and goes on behind them.
 *
 * The first item of a model call that is made again tells of the attempts before it, see `lost-attempts.ts`.
 *
 * Secrets are asked for again, since the journal does not have them.
 */

import { type AsyncEffects, HarnError, type Host, HostError, type SyncEffects } from "../base/index.ts";
import { firstDifference } from "./drift.ts";
import type { Journal } from "./journal.ts";
import { lostAttempts, withoutLostAttempts } from "./lost-attempts.ts";
import { type AsyncKind, createRecorder, type RecordedStart, type RecordingOptions } from "./recorder.ts";
import { createRedactor } from "./redact.ts";
import { createReplayer, type RecordedEffect, type ReplayerOptions } from "./replayer.ts";
import type { MaybePromise } from "./spec.ts";
import { type Answers, createAnswers } from "./stored-answers.ts";
import { type JournalHost, makeJournalHost, type TaskOptions } from "./task-hosts.ts";

/** An unsafe effect that was begun and may or may not have happened. */
export interface InDoubtEffect {
  readonly seq: number;
  readonly task: string;
  readonly kind: string;
  readonly args: unknown;
  /** When the intent was written, milliseconds since the epoch. */
  readonly startedMs: number;
}

export type InDoubtDecision =
  /** It did not happen: perform it. */
  | { readonly action: "retry" }
  /** It happened, with this result. Not for streams. */
  | { readonly action: "result"; readonly result: unknown }
  /** Let the program deal with it. Default error: `HostError` of kind `other` with `data.in_doubt` true. */
  | { readonly action: "fail"; readonly error?: Error };

export interface ResumeOptions extends RecordingOptions, TaskOptions, Omit<ReplayerOptions, "redactor" | "turn"> {
  /**
   * What to do with an unsafe effect that was in flight. Throwing leaves it in flight and fails the effect with what was
   * thrown. Default: `fail`.
   */
  readonly decide?: (effect: InDoubtEffect) => MaybePromise<InDoubtDecision>;
  /**
   * What becomes of a repeatable stream that was partly read. `match` costs another call, and cuts the stream all the same
   * when an item differs. Default `cut`.
   */
  readonly partialStreams?: "cut" | "match";
}

export interface ResumeHost extends JournalHost {
  /** True once everything recorded has been played and effects are performed. */
  readonly live: boolean;
}

/**
 * @throws HarnError `journal.finished` for a run that is over; fork it to go on from one of its entries
 */
export function resumeHost(journal: Journal, host: Host, options: ResumeOptions = {}): ResumeHost {
  if (journal.info.status !== "running") {
    throw new HarnError(
      "journal.finished",
      `Expected a run to resume, found \`${journal.info.id}\` ${journal.info.status}; fork it to go on from an entry`,
    );
  }
  const redactor = options.redactor ?? createRedactor();
  const replayer = createReplayer(journal, { ...options, redactor });
  const recorder = createRecorder(host, journal, { ...options, redactor });
  const answers = createAnswers(journal, options);
  /** Those that the program will not say for the first time. */
  const notes = new Set<string>();
  for (const entry of journal.entries) if (entry.type === "note") notes.add(`${entry.kind} ${entry.id}`);
  let marked = journal.entries.length === 0;

  const markLive = (): void => {
    if (marked) return;
    marked = true;
    recorder.markResumed();
  };

  /**
   * A task that has used up its part of the log asks for more, perhaps while others still replay theirs. The request is
   * entered at once, where the next replay will look for it, and performed when the whole log has been played.
   */
  const enterLive = (form: "async" | "stream", task: string, kind: string, args: unknown) => {
    const ready = replayer.whenComplete();
    markLive();
    return ready ? { again: recorder.begin(form, task, kind, args), ready } : { again: undefined, ready };
  };

  /** Asks what to do with an unsafe effect; undefined: perform it. */
  const settleDoubt = async (effect: RecordedEffect, kind: string, args: unknown, stream: boolean) => {
    const { start } = effect;
    if (start.type !== "start" || start.safety !== "unsafe") return undefined;
    const view = { seq: start.seq, task: start.task, kind, args, startedMs: start.timeMs };
    const decision = (await options.decide?.(view)) ?? { action: "fail" };
    switch (decision.action) {
      case "retry":
        return undefined;
      case "result":
        if (stream) return { outcome: "failed" as const, error: inDoubtError(effect) };
        return { outcome: "done" as const, args, result: decision.result };
      case "fail":
        return { outcome: "failed" as const, error: decision.error ?? inDoubtError(effect) };
    }
  };

  return {
    ...makeJournalHost(
      {
        note(task, note) {
          if (notes.has(`${note.kind} ${note.id}`)) return;
          markLive();
          recorder.note(task, note);
        },
        position: (task) => replayer.positionOf(task) ?? journal.position,
        expects: (task, kind, args) => replayer.expects(task, kind, args),

        sync(task, kind, args) {
          const effect = replayer.match(task, kind, args);
          if (effect === undefined) {
            markLive();
            return recorder.sync(task, kind, args);
          }
          if (effect.start.type === "sync" && effect.start.redacted) {
            const result = host.sync(kind, args);
            redactor.result(kind, args, result);
            return result;
          }
          return answers.ofSync(effect) as SyncEffects[typeof kind]["result"];
        },

        async perform(task, kind, args, signal) {
          const effect = replayer.match(task, kind, args);
          if (effect === undefined) {
            const { again, ready } = enterLive("async", task, kind, args);
            if (ready) await ready;
            return recorder.perform(task, kind, args, signal, again);
          }
          const delivery = await replayer.next(effect, signal);
          if (delivery !== undefined) return answers.ofEnd(delivery, signal) as never;
          markLive();
          const ending = await settleDoubt(effect, kind, args, false);
          if (ending !== undefined) {
            await recorder.conclude(effect.start, kind, ending);
            if (ending.outcome === "failed") throw ending.error;
            return ending.result as never;
          }
          if (kind === "fs.remove" && (await isGone(host, args as { path: string }))) {
            await recorder.conclude(effect.start, kind, { outcome: "done", args, result: undefined });
            return undefined as never;
          }
          return recorder.perform(task, kind, await remaining(host, effect, kind, args), signal, effect.start);
        },

        iterate(task, kind, args, signal) {
          let effect: RecordedEffect | undefined;
          let live: ReturnType<typeof recorder.iterate<typeof kind>> | undefined;
          let entered: RecordedStart | undefined;
          let over = false;
          const ended: IteratorReturnResult<undefined> = { done: true, value: undefined };

          const goLive = async () => {
            markLive();
            if (effect === undefined) return recorder.iterate(task, kind, args, signal, entered);
            const { chunks, start } = effect;
            const repeatable = start.type === "start" && start.safety !== "unsafe";
            if (chunks.length > 0 && repeatable && options.partialStreams === "match") {
              const skip = (items: AsyncIterator<unknown>) => skipSeen(items, effect!, answers);
              const lost = lostAttempts(journal.entries, effect, chunks.map(answers.ofChunk));
              return recorder.iterate(task, kind, args, signal, { seq: start.seq, skip, lost });
            }
            const ending =
              chunks.length > 0
                ? { outcome: "failed" as const, error: cutError(effect) }
                : await settleDoubt(effect, kind, args, true);
            if (ending === undefined) {
              const lost = lostAttempts(journal.entries, effect, []);
              return recorder.iterate(task, kind, args, signal, { seq: start.seq, lost });
            }
            over = true;
            await recorder.conclude(start, kind, ending, chunks.map(answers.ofChunk));
            throw ending.outcome === "failed" ? ending.error : inDoubtError(effect);
          };

          return {
            async next() {
              if (over) return ended;
              if (live) return live.next();
              effect ??= replayer.match(task, kind, args);
              if (effect === undefined) {
                const { again, ready } = enterLive("stream", task, kind, args);
                entered = again;
                if (ready) await ready;
              } else {
                const delivery = await replayer.next(effect, signal);
                if (over) return ended;
                if (delivery?.type === "chunk") return { done: false, value: answers.ofChunk(delivery) as never };
                if (delivery?.type === "end") {
                  over = true;
                  answers.ofEnd(delivery, signal);
                  return ended;
                }
              }
              if (over) return ended;
              live = await goLive();
              return live.next();
            },
            async return() {
              if (over) return ended;
              over = true;
              if (live?.return) return live.return();
              if (effect === undefined) {
                if (entered) recorder.close(entered, kind);
                return ended;
              }
              replayer.close(effect);
              if (effect.end === undefined) {
                const ready = replayer.whenComplete();
                if (ready) await ready;
                markLive();
                recorder.close(effect.start, kind, effect.chunks.map(answers.ofChunk));
              }
              return ended;
            },
          };
        },
      },
      options,
    ),
    get live() {
      return replayer.complete;
    },
  };
}

/** What is left to do of a sleep, or of appending lines, that was cut short. */
async function remaining<K extends AsyncKind>(
  host: Host,
  effect: RecordedEffect,
  kind: K,
  args: AsyncEffects[K]["args"],
): Promise<AsyncEffects[K]["args"]> {
  if (kind === "sleep") {
    const { ms } = args as AsyncEffects["sleep"]["args"];
    const passedMs = host.sync("clock.now", {}) - effect.start.timeMs;
    return { ...args, ms: Math.max(0, Math.min(ms, ms - passedMs)) };
  }
  if (kind === "fs.write") {
    const write = args as AsyncEffects["fs.write"]["args"];
    if (write.append === true) return { ...args, data: await remainingLines(host, write) };
  }
  return args;
}

/**
 * A writer that was stopped within a line would have the same line begin in its middle. So what is there already is not
 * written again where it is sure to be a piece of this: at the end of the file, from the beginning of a line on.
 */
async function remainingLines(
  host: Host,
  { path, data, repeatable }: AsyncEffects["fs.write"]["args"],
): Promise<Uint8Array | string> {
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
  // What is in doubt and was decided about is done as a whole.
  if (repeatable !== true) return data;
  const there = await host.perform("fs.read", { path }).catch(() => new Uint8Array());
  for (let count = Math.min(there.length, bytes.length); count > 0; count--) {
    const from = there.length - count;
    const isLine = from === 0 || there[from - 1] === NEWLINE || bytes[0] === NEWLINE;
    if (isLine && bytes.subarray(0, count).every((byte, at) => byte === there[from + at])) return bytes.subarray(count);
  }
  return data;
}

const NEWLINE = 10;

/** Removing again what is gone already would fail where the first time succeeded. */
async function isGone(host: Host, { path }: { path: string }): Promise<boolean> {
  return (await host.perform("fs.stat", { path })) === undefined;
}

/** Reads the items that the program has seen; they must be the same again. */
async function skipSeen(items: AsyncIterator<unknown>, effect: RecordedEffect, answers: Answers): Promise<void> {
  for (const chunk of effect.chunks) {
    const seen = withoutLostAttempts(answers.ofChunk(chunk));
    if (seen === undefined) continue;
    const step = await items.next();
    if (step.done || firstDifference(seen, step.value)) {
      await items.return?.();
      throw cutError(effect);
    }
  }
}

function inDoubtError({ start }: RecordedEffect): HostError {
  return new HostError(
    "other",
    start.kind,
    `\`${start.kind}\` was under way when the run stopped and may or may not have happened; check, then decide`,
    { data: { in_doubt: true, seq: start.seq } },
  );
}

function cutError({ start, chunks }: RecordedEffect): HostError {
  return new HostError(
    "connection_reset",
    start.kind,
    `\`${start.kind}\` was cut after ${chunks.length} items, when the run stopped`,
    { data: { interrupted: true, seq: start.seq } },
  );
}
