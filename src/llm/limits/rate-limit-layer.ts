import type { CallLayer } from "../call/call-layer.ts";
import type { RateLimiter } from "./rate-limiter.ts";

/** A permit before every attempt (CALL-11). Waiting ends with the attempt's signal. */
export function rateLimitLayer(limiter: RateLimiter): CallLayer {
  return ({ input, signal }) => {
    if (limiter.tryAcquire(input.provider)) return {};
    return limiter.acquire(input.provider, signal).then(() => ({}));
  };
}
