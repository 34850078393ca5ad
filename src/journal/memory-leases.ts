import type { LeaseStore } from "./spec.ts";

/** Leases among the tasks of one process. */
export function createMemoryLeases(): LeaseStore {
  const leases = new Map<string, { readonly owner: string; readonly untilMs: number }>();
  return {
    claim(run, owner, nowMs, leaseMs) {
      const held = leases.get(run);
      if (held && held.owner !== owner && held.untilMs > nowMs) return false;
      leases.set(run, { owner, untilMs: nowMs + leaseMs });
      return true;
    },
    heartbeat(run, owner, nowMs, leaseMs) {
      if (leases.get(run)?.owner !== owner) return false;
      leases.set(run, { owner, untilMs: nowMs + leaseMs });
      return true;
    },
    release(run, owner) {
      if (leases.get(run)?.owner === owner) leases.delete(run);
    },
  };
}
