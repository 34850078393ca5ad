/** What a command line may say about runs. Apart, so that reading a command line loads no journal. */

import { join } from "node:path";

/** Where durable runs are kept unless another folder is named. */
export const DEFAULT_RUNS_FOLDER: string = join(".harn", "runs");

/**
 * With an unsafe effect in doubt: do it again, take it as done, let it fail, or stop. `ask` on a terminal; elsewhere that
 * is the same as `stop`.
 */
export type InDoubtChoice = "ask" | "retry" | "done" | "fail" | "stop";

export const inDoubtChoices: readonly InDoubtChoice[] = ["ask", "retry", "done", "fail", "stop"];

/** For all effects, and for single ones by their entry. */
export interface InDoubtChoices {
  readonly otherwise: InDoubtChoice;
  readonly byEntry: ReadonlyMap<number, InDoubtChoice>;
}

export const ASK_IN_DOUBT: InDoubtChoices = { otherwise: "ask", byEntry: new Map() };

/** `retry`, or `12=done` for entry 12, added to what was said before; undefined when it is neither. */
export function addInDoubtChoice(text: string, before: InDoubtChoices): InDoubtChoices | undefined {
  const [, entry, word] = /^(?:(\d+)=)?(\w+)$/.exec(text) ?? [];
  const choice = inDoubtChoices.find((each) => each === word);
  if (choice === undefined) return undefined;
  if (entry === undefined) return { ...before, otherwise: choice };
  return { ...before, byEntry: new Map([...before.byEntry, [Number(entry), choice]]) };
}
