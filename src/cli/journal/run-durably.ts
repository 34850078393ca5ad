/**
 * Work of a TypeScript program that outlives its process:
 *
 *     const answer = await runDurably({ id: "lamp" }, async (host) => {
 *       const llm = createLlm({ host, provider: "anthropic" });
 *       return (await runAgent({ llm, tools: toolsOn(host), prompt: "We need a lamp" })).text;
 *     });
 *
 * The first call with an id begins a run. When its process is killed, the next call with that id starts the work over; what
 * it has done is answered from the journal, and from there on it goes on. A run that is over gives its result again.
 *
 * The work must be the same each time: what it wants to know of the world, clock and randomness included, it asks its host.
 */

import type { CancelSignal, Host } from "../../base/index.ts";
import type { InDoubtDecision, InDoubtEffect, JournalHost } from "../../journal/index.ts";

export interface DurableOptions {
  /** Names the run, and its file: letters, digits, `-`, `_`, `.`. Another id is another run. */
  readonly id: string;
  /** Where runs are kept. Default `.harn/runs`, where `harn runs` looks as well. */
  readonly folder?: string;
  /** What the work is done with. Default: `createNodeHost()`, closed at the end. */
  readonly host?: Host;
  /** Leaves the run where it is, to be gone on with later; the promise rejects with its reason. A DOM `AbortSignal` fits. */
  readonly signal?: CancelSignal;
  /**
   * Says what has become of an effect that was under way when the process died, where doing it again could do it twice.
   * Asked before the work goes on. Default: the promise rejects with code `journal.in_doubt`, and the run stays as it is.
   */
  readonly decide?: (effect: InDoubtEffect) => InDoubtDecision | Promise<InDoubtDecision>;
}

/**
 * Does work that goes on in another process if this one is killed.
 *
 * @param work gets the host to do it with. What it throws ends the run as failed. Parts that run at the same time ask each
 *   through a host of its own: `host.forTask("first")`.
 * @throws HarnError `journal.in_doubt`; `journal.busy` while another process works on the run; `journal.invalid_id`;
 *   `journal.write_failed` when the run can no longer be kept
 * @throws DriftError when the work asks for something else than it did the last time
 */
export async function runDurably<T>(options: DurableOptions, work: (host: JournalHost) => Promise<T>): Promise<T> {
  // A program that only wants the host does not load the journal.
  return (await import("./durable-work.ts")).workDurably(options, work);
}
