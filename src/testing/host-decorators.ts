/** Wraps around any host: one that makes chosen effects fail, and one that counts what is still open. */

import {
  type AsyncEffects,
  type CancelSignal,
  type Host,
  HostError,
  type HostErrorKind,
  type StreamEffects,
  type SyncEffects,
} from "../base/index.ts";

export type EffectKind = keyof SyncEffects | keyof AsyncEffects | keyof StreamEffects;

export interface EffectFault {
  readonly effect: EffectKind;
  /** Which calls fail; absent: each. */
  readonly when?: (args: unknown) => boolean;
  /** So many matching calls succeed first. Default 0. */
  readonly after?: number;
  /** So many matching calls fail. Default: all that follow. */
  readonly times?: number;
  /** For streams: so many items arrive before the failure. Default 0. */
  readonly afterItems?: number;
  readonly error: HostErrorKind | Error;
}

/** A host whose chosen effects fail. The faults are counted per returned host, not shared. */
export function withFaults(host: Host, faults: readonly EffectFault[]): Host {
  const seen = faults.map(() => 0);
  const take = (effect: EffectKind, args: unknown): EffectFault | undefined => {
    for (const [index, fault] of faults.entries()) {
      if (fault.effect !== effect || fault.when?.(args) === false) continue;
      const nth = seen[index]!++;
      const first = fault.after ?? 0;
      if (nth >= first && nth < first + (fault.times ?? Number.POSITIVE_INFINITY)) return fault;
    }
    return undefined;
  };
  const errorOf = (fault: EffectFault): Error =>
    typeof fault.error === "string"
      ? new HostError(fault.error, fault.effect, `Injected failure of ${fault.effect}: ${fault.error}`)
      : fault.error;
  return {
    sync(kind, args) {
      const fault = take(kind, args);
      if (fault) throw errorOf(fault);
      return host.sync(kind, args);
    },
    perform(kind, args, signal) {
      const fault = take(kind, args);
      return fault ? Promise.reject(errorOf(fault)) : host.perform(kind, args, signal);
    },
    stream(kind, args, signal) {
      const fault = take(kind, args);
      const items = host.stream(kind, args, signal);
      return fault ? cutAfter(items, fault.afterItems ?? 0, errorOf(fault)) : items;
    },
  };
}

async function* cutAfter<Item>(items: AsyncIterable<Item>, count: number, error: Error): AsyncGenerator<Item> {
  let left = count;
  if (left === 0) throw error;
  for await (const item of items) {
    yield item;
    if (--left === 0) throw error;
  }
}

/** What is open at this moment. All zero after a run means that nothing leaked. */
export interface LiveResources {
  /** Async effects that have not answered. */
  readonly effects: number;
  /** Streams that were iterated and neither ended, failed nor returned. */
  readonly streams: number;
  /** Abort listeners that effects added and did not remove. */
  readonly listeners: number;
}

export interface CountedHost {
  readonly host: Host;
  readonly live: () => LiveResources;
  /** The same for people: a line for each, with what it is and, when told by `where`, who began it. */
  readonly open: () => readonly string[];
}

/**
 * Counts effects in flight, open streams and abort listeners of everything that goes through the returned host.
 *
 * @param where says where the program stands that asks for an effect
 */
export function countResources(inner: Host, where: () => string | undefined = () => undefined): CountedHost {
  const effects = new Set<OpenThing>();
  const streams = new Set<OpenThing>();
  const listeners = new Set<OpenThing>();

  const begin = (what: string): OpenThing => {
    const place = where();
    return { text: place === undefined ? what : `${what}, asked for at ${place}` };
  };

  const watch = (signal: CancelSignal | undefined, { text }: OpenThing): CancelSignal | undefined => {
    if (signal === undefined) return undefined;
    const added = new Map<() => void, () => void>();
    return {
      get aborted() {
        return signal.aborted;
      },
      get reason() {
        return signal.reason;
      },
      addEventListener(type, listener) {
        if (signal.aborted || added.has(listener)) return;
        const entry: OpenThing = { text };
        const counted = () => {
          added.delete(listener);
          listeners.delete(entry);
          listener();
        };
        added.set(listener, () => {
          added.delete(listener);
          listeners.delete(entry);
          signal.removeEventListener(type, counted);
        });
        listeners.add(entry);
        signal.addEventListener(type, counted);
      },
      removeEventListener(_type, listener) {
        added.get(listener)?.();
      },
    };
  };

  const host: Host = {
    sync: (kind, args) => inner.sync(kind, args),
    perform(kind, args, signal) {
      const effect = begin(kind);
      effects.add(effect);
      return inner.perform(kind, args, watch(signal, effect)).finally(() => effects.delete(effect));
    },
    stream(kind, args, signal) {
      const stream = begin(kind);
      const items = inner.stream(kind, args, watch(signal, stream));
      return {
        [Symbol.asyncIterator]() {
          const iterator = items[Symbol.asyncIterator]();
          const entry: OpenThing = { ...stream };
          const close = () => streams.delete(entry);
          return {
            async next() {
              streams.add(entry);
              try {
                const result = await iterator.next();
                if (result.done === true) close();
                return result;
              } catch (error) {
                close();
                throw error;
              }
            },
            async return(value) {
              close();
              return (await iterator.return?.(value)) ?? { done: true, value };
            },
          };
        },
      };
    },
  };
  const lines = (kind: string, open: ReadonlySet<OpenThing>): string[] =>
    [...open].map(({ text }) => `${kind} ${text}`);
  return {
    host,
    live: () => ({ effects: effects.size, streams: streams.size, listeners: listeners.size }),
    open: () => [...lines("effect", effects), ...lines("stream", streams), ...lines("abort listener of", listeners)],
  };
}

interface OpenThing {
  readonly text: string;
}
