/**
 * Two clocks on one attempt. The *deadline* limits the whole attempt; the *idle* clock limits silence and starts anew
 * with every chunk, heartbeats included. One sleeper serves both, so a fast stream costs no timers (STREAM-06, STREAM-07,
 * OPT-27).
 *
 * To know of each chunk when it came would cost a look at the clock per token, and each look is an entry in a journal. So
 * for limits of eight seconds and more a chunk only says that it came; the sleeper wakes each eighth of the limit and takes
 * what has come since as having come just now. Such a limit cuts never early, and late by an eighth at most. Time in which nobody could listen counts for neither clock.
 */

import { CancelToken, type Host } from "../../base/index.ts";
import { secondsOf, timeoutFailure } from "../errors/model-failures.ts";
import { ModelError } from "../spec/model-error.ts";
import type { AttemptScope, CallLayer } from "./call-layer.ts";
import { createMissedTime } from "./missed-time.ts";

export interface AttemptLimits {
  /** Milliseconds for the whole attempt, counted from when the provider is asked; absent: no limit. */
  readonly timeoutMs?: number;
  /** Milliseconds without any chunk; absent: no limit. */
  readonly idleMs?: number;
  /** The words for both; defaults speak of a request. */
  readonly idleMessage?: (seconds: string) => string;
  readonly deadlineMessage?: (seconds: string) => string;
}

/** Silence that is shorter than this is measured to the millisecond. */
const EXACT_BELOW_MS = 8000;
/** The longer limits are looked after in so many slices; the last one may end late by one slice. */
const SLICES = 8;

export function watchdogLayer(host: Host, limits: AttemptLimits): CallLayer {
  const { timeoutMs, idleMs } = limits;
  if (timeoutMs === undefined && idleMs === undefined) return () => ({});
  const isExact = idleMs === undefined || idleMs < EXACT_BELOW_MS;
  const sliceMs = isExact || idleMs === undefined ? Number.POSITIVE_INFINITY : idleMs / SLICES;
  return (scope) => {
    let startedAt = scope.now(host);
    let lastAt = startedAt;
    /** Something has come since the clock was looked at. */
    let hasHeard = false;
    const sleeper = new CancelToken();

    const watch = async (): Promise<void> => {
      const missed = createMissedTime();
      for (let now = startedAt; ; ) {
        if (hasHeard && !isExact) lastAt = now;
        hasHeard = false;
        const idleLeft = idleMs === undefined ? Number.POSITIVE_INFINITY : lastAt + idleMs - now;
        const totalLeft = timeoutMs === undefined ? Number.POSITIVE_INFINITY : startedAt + timeoutMs - now;
        if (totalLeft <= 0) return scope.cut(deadlineError(scope, timeoutMs ?? 0, limits));
        if (idleLeft <= 0) return scope.cut(idleError(scope, idleMs ?? 0, limits));
        const ms = Math.min(idleLeft, totalLeft, sliceMs);
        await host.perform("sleep", { ms }, sleeper);
        const wokenAt = host.sync("clock.monotonic", {});
        const missedMs = missed(wokenAt - now, ms);
        startedAt += missedMs;
        lastAt = Math.min(wokenAt, lastAt + missedMs);
        now = wokenAt;
      }
    };
    watch().catch(() => {
      // The sleeper was cancelled: the attempt has ended.
    });
    return {
      onChunk() {
        hasHeard = true;
        if (isExact && idleMs !== undefined) lastAt = scope.now(host);
      },
      close() {
        sleeper.cancel("attempt ended");
        return undefined;
      },
    };
  };
}

function deadlineError(scope: AttemptScope, timeoutMs: number, limits: AttemptLimits): ModelError {
  if (limits.deadlineMessage === undefined) return timeoutFailure(scope.input, timeoutMs, {});
  return timeout(scope, limits.deadlineMessage(secondsOf(timeoutMs)));
}

function idleError(scope: AttemptScope, idleMs: number, limits: AttemptLimits): ModelError {
  const words = limits.idleMessage ?? ((seconds) => `${scope.input.provider} sent nothing for ${seconds}s (timeout)`);
  return timeout(scope, words(secondsOf(idleMs)));
}

/** What had arrived is added by the attempt itself. */
function timeout(scope: AttemptScope, message: string): ModelError {
  const { provider, model } = scope.input;
  return new ModelError(message, { category: "timeout", kind: "transient", reason: "timeout", provider, model });
}
