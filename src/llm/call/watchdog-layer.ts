/**
 * Two clocks on one attempt. The *deadline* limits the whole attempt; the *idle* clock limits silence and starts anew
 * with every chunk, heartbeats included. One sleeper serves both: chunks only note the time, so a fast stream costs no
 * timers (STREAM-06, STREAM-07, OPT-27).
 */

import { CancelToken, type Host } from "../../base/index.ts";
import { secondsOf, timeoutFailure } from "../errors/model-failures.ts";
import { ModelError } from "../spec/model-error.ts";
import type { AttemptScope, CallLayer } from "./call-layer.ts";

export interface AttemptLimits {
  /** Milliseconds for the whole attempt, counted from when the provider is asked; absent: no limit. */
  readonly timeoutMs?: number;
  /** Milliseconds without any chunk; absent: no limit. */
  readonly idleMs?: number;
  /** The words for both; defaults speak of a request. */
  readonly idleMessage?: (seconds: string) => string;
  readonly deadlineMessage?: (seconds: string) => string;
}

export function watchdogLayer(host: Host, limits: AttemptLimits): CallLayer {
  const { timeoutMs, idleMs } = limits;
  if (timeoutMs === undefined && idleMs === undefined) return () => ({});
  return (scope) => {
    const startedAt = host.sync("clock.monotonic", {});
    let lastAt = startedAt;
    const sleeper = new CancelToken();

    const watch = async (): Promise<void> => {
      for (;;) {
        const now = host.sync("clock.monotonic", {});
        const idleLeft = idleMs === undefined ? Number.POSITIVE_INFINITY : lastAt + idleMs - now;
        const totalLeft = timeoutMs === undefined ? Number.POSITIVE_INFINITY : startedAt + timeoutMs - now;
        if (totalLeft <= 0) return scope.cut(deadlineError(scope, timeoutMs ?? 0, limits));
        if (idleLeft <= 0) return scope.cut(idleError(scope, idleMs ?? 0, limits));
        await host.perform("sleep", { ms: Math.min(idleLeft, totalLeft) }, sleeper);
      }
    };
    watch().catch(() => {
      // The sleeper was cancelled: the attempt has ended.
    });
    return {
      onChunk() {
        lastAt = host.sync("clock.monotonic", {});
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
