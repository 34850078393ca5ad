/**
 * Named moments at which a test may let things go wrong. Production code hands in nothing and pays one comparison.
 *
 *     append → before-append ── store.append ── after-append
 *                                  └ write (file stores, per write call) ── sync
 *     snapshot → append of all before it → before-snapshot ── store.snapshots.save ── after-snapshot
 */

export type FaultMoment =
  /** A batch is about to go to the store. */
  | "before-append"
  /** The store has answered; nobody was told yet. */
  | "after-append"
  /** The log is stored up to a snapshot, the snapshot is not. */
  | "before-snapshot"
  /** A snapshot is stored, and nothing that follows it. */
  | "after-snapshot"
  /** A file is about to be written. */
  | "write"
  /** A file is about to be synchronised. */
  | "sync";

export interface FaultContext {
  /** First and last `seq` of the batch; -1 when it has no rows. For a snapshot both are the last entry before it. */
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** Bytes about to be written; 0 where it does not apply. */
  readonly bytes: number;
}

export type Fault =
  /** The process is gone: nothing after this moment happens, no promise settles. At every moment. */
  | { readonly kind: "crash" }
  /** The batch goes to the store a second time, as after a lost acknowledgement. At `after-append`. */
  | { readonly kind: "duplicate-delivery" }
  /** Only so many bytes reach the file; with `crash` the process is gone then. At `write`. */
  | { readonly kind: "short-write"; readonly bytes: number; readonly crash?: boolean }
  /** No space is left. At `write`. */
  | { readonly kind: "disk-full" }
  /** The disk reports an error. At `sync`. */
  | { readonly kind: "sync-error" };

/** Asked at each moment; undefined lets it pass. */
export type FaultPoints = (moment: FaultMoment, context: FaultContext) => Fault | undefined;

/** Thrown by synchronous effects after a simulated crash; asynchronous ones stay pending, as in a process that is gone. */
export class SimulatedCrash extends Error {
  constructor() {
    super("The process was stopped by a fault point");
    this.name = "SimulatedCrash";
  }
}

/** A promise of a process that is gone. */
export function never<T>(): Promise<T> {
  return new Promise<T>(() => {});
}
