/**
 * Requests per minute and provider, counted in a sliding window of sixty seconds (RATE-08).
 *
 * Waiters of a provider form one queue, first come first served. At most one timer runs per provider, for the moment
 * the oldest entry leaves the window; it is cancelled when the last waiter goes, so nothing keeps a process alive.
 */

import { type CancelSignal, CancelToken, HarnError, type Host } from "../../base/index.ts";
import type { EnvSettings } from "../call/env-settings.ts";

const WINDOW_MS = 60_000;

export interface RateLimiter {
  /**
   * Waits for a permit; at once when the provider has no limit. A permit counts from the moment it is given.
   * Rejects with the signal's reason as soon as it fires; nothing is counted then.
   */
  acquire(provider: string, signal?: CancelSignal): Promise<void>;
  /** Takes a permit if there is one at once. */
  tryAcquire(provider: string): boolean;
  /** Requests per minute, or undefined. */
  limit(provider: string): number | undefined;
  /** Sets a limit, or clears it with zero, a negative number or undefined (RATE-11). Waiters see it at once. */
  setLimit(provider: string, requestsPerMinute: number | undefined): void;
  /** How many callers wait, over all providers. */
  readonly waiting: number;
  /** Limits, and what counts against them; without those who wait. */
  save(): readonly SavedWindow[];
  /** In the place of all that was set before. */
  load(saved: readonly SavedWindow[]): void;
}

/** Plain data. */
export interface SavedWindow {
  readonly provider: string;
  readonly limit: number | undefined;
  /** `clock.monotonic`, milliseconds, oldest first. */
  readonly admitted: readonly number[];
}

interface Waiter {
  readonly resolve: () => void;
}

interface ProviderWindow {
  limit: number | undefined;
  /** When the requests of the last minute were admitted; `clock.monotonic`, oldest first. */
  admitted: number[];
  readonly queue: Waiter[];
  timer: CancelToken | undefined;
}

/**
 * @param limits requests per minute by provider
 * @param overriding what takes the place of those, asked once for each provider that is used; for instance
 *   {@link rateLimitFromEnv}
 */
export function createRateLimiter(
  host: Host,
  limits: Readonly<Record<string, number>> = {},
  overriding: (provider: string) => number | undefined = () => undefined,
): RateLimiter {
  const windows = new Map<string, ProviderWindow>();

  function windowOf(provider: string): ProviderWindow {
    let window = windows.get(provider);
    if (window === undefined) {
      const limit = overriding(provider) ?? (Object.hasOwn(limits, provider) ? limits[provider] : undefined);
      window = {
        limit: limit !== undefined && limit > 0 ? limit : undefined,
        admitted: [],
        queue: [],
        timer: undefined,
      };
      windows.set(provider, window);
    }
    return window;
  }

  function admit(window: ProviderWindow): boolean {
    if (window.limit === undefined) return true;
    const now = host.sync("clock.monotonic", {});
    let expired = 0;
    while (expired < window.admitted.length && now - (window.admitted[expired] ?? 0) >= WINDOW_MS) expired++;
    if (expired > 0) window.admitted.splice(0, expired);
    if (window.admitted.length >= window.limit) return false;
    window.admitted.push(now);
    return true;
  }

  function serve(window: ProviderWindow): void {
    while (window.queue.length > 0 && admit(window)) window.queue.shift()?.resolve();
    if (window.queue.length === 0) {
      window.timer?.cancel("no waiters");
      window.timer = undefined;
    } else if (window.timer === undefined) {
      arm(window);
    }
  }

  function arm(window: ProviderWindow): void {
    const oldest = window.admitted[0] ?? 0;
    const ms = Math.max(0, oldest + WINDOW_MS - host.sync("clock.monotonic", {}));
    const timer = new CancelToken();
    window.timer = timer;
    host.perform("sleep", { ms }, timer).then(
      () => {
        if (window.timer !== timer) return;
        window.timer = undefined;
        serve(window);
      },
      () => {},
    );
  }

  const tryAcquire = (provider: string): boolean => {
    const window = windowOf(provider);
    return window.queue.length === 0 && admit(window);
  };

  return {
    tryAcquire,
    acquire(provider, signal) {
      if (signal?.aborted) return Promise.reject(signal.reason);
      if (tryAcquire(provider)) return Promise.resolve();
      const window = windowOf(provider);
      host.sync("log.write", {
        level: "debug",
        message: `llm.rate_limit: waiting for a permit of provider \`${provider}\``,
        fields: { provider, limit: window.limit ?? null, waiting: window.queue.length + 1 },
      });
      return new Promise((resolve, reject) => {
        const waiter: Waiter = {
          resolve() {
            signal?.removeEventListener("abort", onAbort);
            resolve();
          },
        };
        const onAbort = (): void => {
          signal?.removeEventListener("abort", onAbort);
          const at = window.queue.indexOf(waiter);
          if (at >= 0) window.queue.splice(at, 1);
          serve(window);
          reject(signal?.reason);
        };
        signal?.addEventListener("abort", onAbort);
        window.queue.push(waiter);
        serve(window);
      });
    },
    limit: (provider) => windowOf(provider).limit,
    setLimit(provider, requestsPerMinute) {
      const window = windowOf(provider);
      window.limit = requestsPerMinute !== undefined && requestsPerMinute > 0 ? requestsPerMinute : undefined;
      window.timer?.cancel("limit changed");
      window.timer = undefined;
      serve(window);
    },
    get waiting() {
      let count = 0;
      for (const window of windows.values()) count += window.queue.length;
      return count;
    },
    save: () => [...windows].map(([provider, { limit, admitted }]) => ({ provider, limit, admitted })),
    load(saved) {
      windows.clear();
      for (const { provider, limit, admitted } of saved) {
        windows.set(provider, { limit, admitted: [...admitted], queue: [], timer: undefined });
      }
    },
  };
}

/**
 * The limit of a provider that the environment has, in `HARN_RATE_LIMIT_<PROVIDER>`: requests per minute, 0 for none,
 * undefined when it says nothing (RATE-07, RATE-09). What is no whole number is ignored with a warning. Characters that
 * names of variables cannot have may be `_`.
 */
export function rateLimitFromEnv(
  host: Pick<Host, "sync">,
  env: Pick<EnvSettings, "get">,
  provider: string,
): number | undefined {
  const exact = ENV_PREFIX + provider.toUpperCase();
  for (const name of new Set([exact, exact.replace(/[^A-Z0-9_]/g, "_")])) {
    const text = env.get(name);
    if (text === undefined) continue;
    if (/^\d+$/.test(text.trim())) return Number(text);
    host.sync("log.write", {
      level: "warn",
      message: `Expected \`${name}\` to be a whole number of requests per minute, found \`${text}\`; ignored`,
    });
  }
  return undefined;
}

const ENV_PREFIX = "HARN_RATE_LIMIT_";

/** `llm_rate_limit(provider, {rpm: N})` sets and returns true; without options it returns the limit or null (RATE-11). */
export function rateLimitBuiltin(limiter: RateLimiter, provider: unknown, options?: unknown): number | true | null {
  if (typeof provider !== "string" || provider === "") {
    throw new HarnError("llm.argument", "llm_rate_limit: provider name is required");
  }
  if (options === undefined || options === null) return limiter.limit(provider) ?? null;
  const rpm = typeof options === "object" ? (options as { rpm?: unknown }).rpm : undefined;
  if (!Number.isInteger(rpm)) {
    throw new HarnError("llm.argument", "llm_rate_limit: Expected `rpm` to be an integer, as in {rpm: 60}");
  }
  limiter.setLimit(provider, rpm as number);
  return true;
}
