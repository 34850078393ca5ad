import type { CallLayer } from "../call/call-layer.ts";
import type { RateLimiter } from "./rate-limiter.ts";

/** A permit before every attempt (CALL-11). Waiting ends with the attempt's signal. */
export function rateLimitLayer(limiter: RateLimiter): CallLayer {
  return async ({ input, signal }) => {
    await limiter.acquire(input.provider, signal);
    return {};
  };
}
