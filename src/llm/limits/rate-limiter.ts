/**
 * Requests per minute and provider, counted in a sliding window of sixty seconds (RATE-08).
 *
 * Waiters of a provider form one queue, first come first served. At most one timer runs per provider, for the moment
 * the oldest entry leaves the window; it is cancelled when the last waiter goes, so nothing keeps a process alive.
 */

import { type CancelSignal, CancelToken, HarnError, type Host } from "../../base/index.ts";

const WINDOW_MS = 60_000;

export interface RateLimiter {
  /**
   * Waits for a permit; at once when the provider has no limit. A permit counts from the moment it is given.
   * Rejects with the signal's reason as soon as it fires; nothing is counted then.
   */
  acquire(provider: string, signal?: CancelSignal): Promise<void>;
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

/** @param limits requests per minute by provider, for instance from {@link loadRateLimits} */
export function createRateLimiter(host: Host, limits: Readonly<Record<string, number>> = {}): RateLimiter {
  const windows = new Map<string, ProviderWindow>();
  for (const [provider, limit] of Object.entries(limits)) if (limit > 0) windowOf(provider).limit = limit;

  function windowOf(provider: string): ProviderWindow {
    let window = windows.get(provider);
    if (window === undefined) {
      window = { limit: undefined, admitted: [], queue: [], timer: undefined };
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

  return {
    acquire(provider, signal) {
      const window = windows.get(provider);
      if (signal?.aborted) return Promise.reject(signal.reason);
      if (window === undefined || (window.queue.length === 0 && admit(window))) return Promise.resolve();
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
    limit: (provider) => windows.get(provider)?.limit,
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
        const window = windowOf(provider);
        window.limit = limit;
        window.admitted = [...admitted];
      }
    },
  };
}

/**
 * Where limits come from, later wins (RATE-07, RATE-09): the provider table, then `HARN_RATE_LIMIT_<PROVIDER>` of the
 * environment (name lower-cased; 0 removes). What is no whole number is ignored with a warning.
 */
export function loadRateLimits(host: Host, configured: Readonly<Record<string, number>>): Record<string, number> {
  const limits: Record<string, number> = {};
  for (const [provider, limit] of Object.entries(configured)) if (limit > 0) limits[provider] = limit;
  for (const [name, text] of Object.entries(host.sync("env.list", {}))) {
    if (!name.startsWith(ENV_PREFIX)) continue;
    const provider = name.slice(ENV_PREFIX.length).toLowerCase();
    if (!/^\d+$/.test(text.trim())) {
      host.sync("log.write", {
        level: "warn",
        message: `Expected \`${name}\` to be a whole number of requests per minute, found \`${text}\`; ignored`,
      });
      continue;
    }
    const limit = Number(text);
    if (limit > 0) limits[provider] = limit;
    else delete limits[provider];
  }
  return limits;
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
