/**
 * The clock as the program sees it: the host's, or one that the program has pinned with `mock_time`. A pinned clock
 * stands still until somebody sleeps or calls `advance_time`, and then jumps without waiting.
 */

import type { Host } from "../../base/index.ts";
import type { NativeContext } from "../../vm/index.ts";
import { MAX_SECONDS, MIN_SECONDS } from "../dates/civil.ts";

const CLOCK_STATE = "clock";

/** The first and the last moment that has a date, in milliseconds since the epoch. */
export const FIRST_MS: number = MIN_SECONDS * 1000;
export const LAST_MS: number = MAX_SECONDS * 1000;

interface Pinned {
  wallMs: number;
  monotonicMs: number;
}

export class RunClock {
  readonly host: Host;
  pinned: Pinned | undefined = undefined;

  constructor(host: Host) {
    this.host = host;
  }

  get isPinned(): boolean {
    return this.pinned !== undefined;
  }

  /** Milliseconds since the epoch, whole. */
  wallMs(): number {
    return this.pinned?.wallMs ?? Math.trunc(this.host.sync("clock.now", {}));
  }

  /** Whole milliseconds since some moment; since the pinning for a pinned clock. */
  monotonicMs(): number {
    return this.pinned?.monotonicMs ?? Math.trunc(this.host.sync("clock.monotonic", {}));
  }

  /** @param wallMs a moment that has a date */
  pin(wallMs: number): void {
    this.pinned = { wallMs, monotonicMs: 0 };
  }

  /** Moves a pinned clock, to the last moment that has a date at most; nothing happens to another. */
  advance(ms: number): void {
    if (this.pinned === undefined) return;
    this.pinned.wallMs = within(this.pinned.wallMs + ms);
    this.pinned.monotonicMs = within(this.pinned.monotonicMs + ms);
  }

  unpin(): void {
    this.pinned = undefined;
  }
}

function within(ms: number): number {
  return Math.min(Math.max(ms, FIRST_MS), LAST_MS);
}

export function clockOf({ vm, host }: Pick<NativeContext, "vm" | "host">): RunClock {
  const known = vm.state.get(CLOCK_STATE);
  if (known instanceof RunClock) return known;
  const clock = new RunClock(host);
  vm.state.set(CLOCK_STATE, clock);
  return clock;
}
