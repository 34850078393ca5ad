/** A journaling host knows who asks: `forTask` gives the same host speaking for one task. */

import type { AsyncEffects, CancelSignal, Host, StreamEffects, SyncEffects } from "../base/index.ts";
import type { AsyncKind, StreamKind, SyncKind } from "./recorder.ts";
import type { RunNote } from "./spec.ts";

export interface JournalHost extends Host {
  /**
   * The host for a task of that name. Names are the program's; they must be the same in every run of it, so count
   * children (`main/1`, `main/2`) rather than drawing ids. `/` and `:` separate parent and child when a run is shown.
   * Effects that no `forTask` host made belong to `currentTask()`, or else to `main`.
   */
  forTask(task: string): Host;
  /**
   * Enters what the program says of itself, unless it is a replay, or the log has it already. Never throws for the store.
   *
   * @param task default: whose effects those of no `forTask` host are
   */
  note(note: RunNote, task?: string): void;
  /** The entry that the task's next request has, or will have. */
  position(task: string): number;
  /** Whether that request is recorded, and is this one. */
  expects(task: string, kind: AsyncKind, args: Readonly<Record<string, unknown>>): boolean;
}

export interface TaskOptions {
  /** Who is running, for hosts handed to code that knows nothing of tasks. Default: `main`. */
  readonly currentTask?: () => string;
}

/** The three methods of a host, told for whom. */
export interface TaskEffects {
  note(task: string, note: RunNote): void;
  position(task: string): number;
  expects(task: string, kind: string, args: unknown): boolean;
  sync<K extends SyncKind>(task: string, kind: K, args: SyncEffects[K]["args"]): SyncEffects[K]["result"];
  perform<K extends AsyncKind>(
    task: string,
    kind: K,
    args: AsyncEffects[K]["args"],
    signal: CancelSignal | undefined,
  ): Promise<AsyncEffects[K]["result"]>;
  iterate<K extends StreamKind>(
    task: string,
    kind: K,
    args: StreamEffects[K]["args"],
    signal: CancelSignal | undefined,
  ): AsyncIterator<StreamEffects[K]["item"], undefined>;
}

export function makeJournalHost(effects: TaskEffects, options: TaskOptions): JournalHost {
  const { currentTask = () => "main" } = options;
  const hostOf = (task: () => string): Host => ({
    sync: (kind, args) => effects.sync(task(), kind, args),
    perform: (kind, args, signal) => effects.perform(task(), kind, args, signal),
    stream(kind, args, signal) {
      const name = task();
      return { [Symbol.asyncIterator]: () => effects.iterate(name, kind, args, signal) };
    },
  });
  return {
    ...hostOf(currentTask),
    forTask: (task) => hostOf(() => task),
    note: (note, task = currentTask()) => effects.note(task, note),
    position: (task) => effects.position(task),
    expects: (task, kind, args) => effects.expects(task, kind, args),
  };
}
