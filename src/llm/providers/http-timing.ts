/**
 * How long the model layer waits for HTTP (HTTP-01 … HTTP-03). The host keeps connections: how many idle ones it keeps
 * per server is `keepAlive`, a wish to a host that pools; a browser does as it likes.
 */

export interface HttpTiming {
  /** Milliseconds until a connection stands. */
  readonly connectTimeoutMs: number;
  /** Milliseconds for the whole exchange; absent: no limit (silence is watched by whoever reads). */
  readonly totalTimeoutMs?: number;
  /** Idle connections worth keeping per server. */
  readonly keepAlive: number;
}

/** Streamed answers: they may take as long as they go on. */
export const STREAMING_HTTP: HttpTiming = { connectTimeoutMs: 30_000, keepAlive: 4 };
/** Whole answers. */
export const WHOLE_HTTP: HttpTiming = { connectTimeoutMs: 30_000, totalTimeoutMs: 120_000, keepAlive: 4 };
/** Health checks and look-ups. */
export const UTILITY_HTTP: HttpTiming = { connectTimeoutMs: 10_000, totalTimeoutMs: 15_000, keepAlive: 2 };

/** An error page that does not end is read for this long, milliseconds, and no further than this many bytes. */
export const ERROR_BODY_TIMEOUT_MS = 10_000;
export const ERROR_BODY_BYTES = 1_048_576;

/** After the end of an answer the rest of the body is read for this long, milliseconds, so the connection can be used again. */
export const DRAIN_TIMEOUT_MS = 250;
/** After the finish reason, an afterthought (the usage) is awaited for this long, milliseconds. */
export const SETTLE_TIMEOUT_MS = 2_000;
