/**
 * The live side: performs effects on the real host and writes them down.
 *
 *     sync     perform ─ append ─ hand over                                       (stored with the next flush)
 *     async    append start ─ [flush] ─ perform ─ append end ─ [flush] ─ hand over
 *     stream   append start ─ [flush] ─ (item ─ append chunk ─ hand over)* ─ append end ─ [flush] ─ hand over
 *
 * The first flush makes an intent durable before an effect that is not pure, and before one that somebody bills; the
 * second keeps results that cannot be had again for nothing. Sync effects that came before are stored with either, so nothing durable depends on a value
 * that is not. Chunks are written without waiting; a crash loses at most what the user could also get by asking again.
 */

import {
  type AsyncEffects,
  type CancelSignal,
  type Host,
  isJsonObject,
  type Json,
  type JsonObject,
  type StreamEffects,
  type SyncEffects,
} from "../base/index.ts";
import { createDeliveryOrder, type Turn } from "./delivery-order.ts";
import type { EntryDraft } from "./entry-codec.ts";
import { describeError, type ErrorCodec } from "./error-codec.ts";
import { never, SimulatedCrash } from "./faults.ts";
import type { Journal } from "./journal.ts";
import { countsAttempts, withLostAttempts } from "./lost-attempts.ts";
import { createRedactor, type Redactor } from "./redact.ts";
import { type ClassifySafety, defaultSafety, type SafetyVerdict } from "./safety.ts";
import type { MaybePromise, Outcome, RunNote, Safety } from "./spec.ts";

export type SyncKind = keyof SyncEffects;
export type AsyncKind = keyof AsyncEffects;
export type StreamKind = keyof StreamEffects;

export interface RecordingOptions {
  /** Default: the usual places and every secret seen, see `redact.ts`. */
  readonly redactor?: Redactor;
  /** Default {@link defaultSafety}. */
  readonly safety?: ClassifySafety;
  /** Classes of errors beyond those of `base`. */
  readonly errors?: readonly ErrorCodec[];
  /** What a stream item tells about cost. Default: its `usage` field, for `model.stream`. */
  readonly usageOf?: (kind: string, item: unknown) => JsonObject | undefined;
  /** See {@link Turn}. */
  readonly turn?: Turn;
  /** Told of each request as it is made, by its entry. */
  readonly onRequest?: (seq: number) => void;
}

/** A start already in the log, to be performed again. */
export interface RecordedStart {
  readonly seq: number;
}

/**
 * `skip` reads off what the program has seen already; what it throws ends the stream. `lost`: attempts that came before,
 * see `lost-attempts.ts`.
 */
export interface StreamAgain<Item> extends RecordedStart {
  readonly lost?: number;
  readonly skip?: (items: AsyncIterator<Item>) => Promise<void>;
}

export interface Recorder {
  readonly redactor: Redactor;
  sync<K extends SyncKind>(task: string, kind: K, args: SyncEffects[K]["args"]): SyncEffects[K]["result"];
  perform<K extends AsyncKind>(
    task: string,
    kind: K,
    args: AsyncEffects[K]["args"],
    signal: CancelSignal | undefined,
    again?: RecordedStart,
  ): Promise<AsyncEffects[K]["result"]>;
  iterate<K extends StreamKind>(
    task: string,
    kind: K,
    args: StreamEffects[K]["args"],
    signal: CancelSignal | undefined,
    again?: StreamAgain<StreamEffects[K]["item"]>,
  ): AsyncIterator<StreamEffects[K]["item"], undefined>;
  /** Enters a request that is to be performed later, so that it has its place among those of its task. */
  begin(form: "async" | "stream", task: string, kind: string, args: unknown): RecordedStart;
  /**
   * Ends a recorded start without performing it. Answers when that is stored.
   *
   * @param seen items that were handed over before
   */
  conclude(start: RecordedStart, kind: string, ending: Ending, seen?: readonly unknown[]): Promise<void>;
  /** The consumer of a recorded stream left, which is not performed. */
  close(start: RecordedStart, kind: string, seen?: readonly unknown[]): void;
  markResumed(): void;
  /** Stored with the next batch. */
  note(task: string, note: RunNote): void;
}

export type Ending =
  | { readonly outcome: "done"; readonly args: unknown; readonly result: unknown }
  | { readonly outcome: "failed" | "cancelled"; readonly error: unknown };

export function createRecorder(host: Host, journal: Journal, options: RecordingOptions): Recorder {
  const redactor = options.redactor ?? createRedactor();
  const classify = options.safety ?? defaultSafety;
  const codecs = options.errors ?? [];
  const usageOf = options.usageOf ?? defaultUsage;
  const { inOrder } = createDeliveryOrder(options.turn);
  const now = () => host.sync("clock.now", {});

  /** What is unsafe may have to be shown to somebody who then decides about it. */
  const encodeRequest = (task: string, kind: string, args: unknown, safety?: Safety) => {
    const redacted = redactor.args(kind, args);
    const text = safety === "unsafe" ? journal.encode(redacted, redactor) : journal.encodeRequest(redacted, redactor);
    return { task, kind, digest: journal.digest(text), args: text };
  };

  const encodeResult = (
    kind: string,
    args: unknown,
    result: unknown,
  ): { readonly result?: string; readonly redacted?: boolean } => {
    if (result === undefined) return {};
    const { value, changed } = redactor.result(kind, args, result);
    return { result: journal.encode(value, redactor), ...(changed ? { redacted: true } : {}) };
  };

  const encodeError = (error: unknown): string => journal.encode(describeError(error, codecs), redactor);

  const append = (draft: EntryDraft): number => {
    const seq = journal.append(draft, now());
    if (draft.type === "sync" || draft.type === "start") options.onRequest?.(seq);
    return seq;
  };

  const begin = (form: "async" | "stream", task: string, kind: string, args: unknown, verdict: SafetyVerdict): number =>
    append({
      type: "start",
      form,
      ...encodeRequest(task, kind, args, verdict.safety),
      safety: verdict.safety,
      ...(verdict.key === undefined ? {} : { key: redactor.text(verdict.key) }),
    });

  const intent = ({ safety, announce = safety !== "pure" }: SafetyVerdict): MaybePromise<void> =>
    announce ? journal.flush(true) : undefined;

  /** Enters the end of an effect and answers when the program may know of it. */
  const end = (
    of: number,
    verdict: SafetyVerdict,
    draft: { outcome: Outcome; result?: string; error?: string; redacted?: boolean; usage?: string },
  ): MaybePromise<void> => {
    append({ type: "end", of, ...draft });
    return inOrder((verdict.keep ?? verdict.safety !== "pure") ? journal.flush(true) : checkWritable());
  };

  const checkWritable = (): undefined => {
    if (journal.failure) throw journal.failure;
    return undefined;
  };

  const usageSeen = (kind: string, items: readonly unknown[]): { readonly usage?: string } => {
    const told = items.map((item) => usageOf(kind, item)).filter((usage) => usage !== undefined);
    return told.length === 0 ? {} : { usage: journal.encode(Object.assign({}, ...told), redactor) };
  };

  const failureOf = (error: unknown, signal: CancelSignal | undefined) => ({
    outcome: signal?.aborted ? ("cancelled" as const) : ("failed" as const),
    error: encodeError(error),
  });

  return {
    redactor,

    sync(task, kind, args) {
      if (journal.crashed) throw new SimulatedCrash();
      if (journal.frozen) return host.sync(kind, args);
      checkWritable();
      let result: SyncEffects[typeof kind]["result"];
      try {
        result = host.sync(kind, args);
      } catch (error) {
        append({ type: "sync", ...encodeRequest(task, kind, args), error: encodeError(error) });
        throw error;
      }
      const stored = encodeResult(kind, args, result);
      append({ type: "sync", ...encodeRequest(task, kind, args), ...stored });
      return result;
    },

    async perform(task, kind, args, signal, again) {
      if (journal.crashed || journal.frozen) return never();
      checkWritable();
      const verdict = classify(kind, args);
      const of = again?.seq ?? begin("async", task, kind, args, verdict);
      await intent(verdict);
      let result: AsyncEffects[typeof kind]["result"];
      try {
        result = await host.perform(kind, args, signal);
      } catch (error) {
        await end(of, verdict, failureOf(error, signal));
        throw error;
      }
      await end(of, verdict, { outcome: "done", ...encodeResult(kind, args, result) });
      return result;
    },

    iterate(task, kind, args, signal, again) {
      type Item = StreamEffects[typeof kind]["item"];
      let verdict: SafetyVerdict | undefined;
      let of = -1;
      let inner: AsyncIterator<Item> | undefined;
      let over = false;
      let usage: JsonObject | undefined;
      let lost = again?.lost ?? 0;
      const ended: IteratorReturnResult<undefined> = { done: true, value: undefined };
      const usageText = () => (usage === undefined ? {} : { usage: journal.encode(usage, redactor) });

      const open = async (): Promise<AsyncIterator<Item>> => {
        verdict = classify(kind, args);
        of = again?.seq ?? begin("stream", task, kind, args, verdict);
        await intent(verdict);
        // The consumer has left meanwhile.
        if (over) return NOTHING;
        inner = host.stream(kind, args, signal)[Symbol.asyncIterator]();
        if (again?.skip) await again.skip({ next: () => takeFrom(inner!), return: async () => inner!.return!() });
        return inner;
      };

      const takeFrom = async (items: AsyncIterator<Item>): Promise<IteratorResult<Item>> => {
        const step = await items.next();
        const told = step.done ? undefined : usageOf(kind, step.value);
        if (told) usage = { ...usage, ...told };
        return step;
      };

      return {
        async next() {
          if (over) return ended;
          if (journal.crashed || journal.frozen) return never();
          checkWritable();
          let step: IteratorResult<Item>;
          try {
            step = await takeFrom(inner ?? (await open()));
          } catch (error) {
            if (over) return ended;
            over = true;
            await end(of, verdict!, { ...failureOf(error, signal), ...usageText() });
            throw error;
          }
          // The consumer left while this was under way.
          if (over) return ended;
          if (step.done && !(lost > 0 && countsAttempts(kind))) {
            over = true;
            await end(of, verdict!, { outcome: "done", ...usageText() });
            return ended;
          }
          const value = withLostAttempts(kind, step.done ? ({} as Item) : step.value, lost);
          lost = 0;
          const { result } = encodeResult(kind, args, value);
          append({ type: "chunk", of, ...(result === undefined ? {} : { result }) });
          const turnToDeliver = inOrder(undefined);
          if (turnToDeliver) await turnToDeliver;
          return { done: false, value };
        },

        async return() {
          if (over) return ended;
          over = true;
          if (of >= 0) append({ type: "end", of, outcome: "closed", ...usageText() });
          await inner?.return?.();
          return ended;
        },
      };
    },

    begin: (form, task, kind, args) => ({ seq: begin(form, task, kind, args, classify(kind, args)) }),

    async conclude(start, kind, ending, seen = []) {
      append({
        type: "end",
        of: start.seq,
        outcome: ending.outcome,
        ...(ending.outcome === "done"
          ? encodeResult(kind, ending.args, ending.result)
          : { error: encodeError(ending.error) }),
        ...usageSeen(kind, seen),
        unperformed: true,
      });
      await inOrder(journal.flush(true));
    },

    close(start, kind, seen = []) {
      append({ type: "end", of: start.seq, outcome: "closed", ...usageSeen(kind, seen), unperformed: true });
    },

    markResumed() {
      append({ type: "resume" });
    },

    note(task, { kind, id, data }) {
      if (journal.crashed || journal.frozen || journal.failure) return;
      append({ type: "note", task, kind, id, data: journal.encode(data, redactor) });
    },
  };
}

const NOTHING: AsyncIterator<never, undefined> = { next: async () => ({ done: true, value: undefined }) };

function defaultUsage(kind: string, item: unknown): JsonObject | undefined {
  if (kind !== "model.stream" || !isJsonObject(item)) return undefined;
  const usage: Json | undefined = item.usage;
  return isJsonObject(usage) ? usage : undefined;
}
