/**
 * The monotonic clock of a run that goes on in another process. A process's clock starts anew; a program's must not go
 * back, and time in which nobody ran it has passed all the same.
 */

import type { Host } from "../base/index.ts";
import type { Journal } from "../journal/index.ts";

export function continuedClock(host: Host, journal: Journal): Host {
  const last = journal.entries.findLast((entry) => entry.type === "sync" && entry.kind === "clock.monotonic");
  const read =
    last?.type === "sync" && last.result !== undefined
      ? { monotonicMs: Number(journal.decode(last.result)), wallMs: last.timeMs }
      : journal.snapshot?.clock;
  if (read === undefined) return host;
  const { monotonicMs: recordedMs, wallMs: timeMs } = read;
  let aheadMs: number | undefined;
  return {
    ...host,
    sync(kind, args) {
      const result = host.sync(kind, args);
      if (kind !== "clock.monotonic") return result;
      const now = result as number;
      aheadMs ??= recordedMs + Math.max(0, host.sync("clock.now", {}) - timeMs) - now;
      return (now + Math.max(0, aheadMs)) as typeof result;
    },
  };
}
