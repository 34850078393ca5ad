/** How far a command has come, on one line of a terminal that is gone again at the end. In a pipe: nothing. */

import type { CliContext } from "./context.ts";

export interface Progress {
  /** Shows what is being worked on, unless it was shown a moment ago. */
  at(done: number, what: string): void;
  /** Takes the line away; before anything else is written. */
  clear(): void;
}

/** Milliseconds before the first line, and between two. */
const QUIET_MS = 300;
const STEP_MS = 80;

const silent: Progress = { at: () => {}, clear: () => {} };

/** @param total how many there are in all, if that is known */
export function createProgress(context: CliContext, total: number | undefined): Progress {
  const { host } = context;
  if (!host.sync("console.isTty", { stream: "stderr" })) return silent;
  let dueMs = host.sync("clock.monotonic", {}) + QUIET_MS;
  let isShown = false;
  return {
    at(done, what) {
      const nowMs = host.sync("clock.monotonic", {});
      if (nowMs < dueMs) return;
      dueMs = nowMs + STEP_MS;
      isShown = true;
      const name = what.length > 60 ? `…${what.slice(-59)}` : what;
      context.err(`\r\u001b[K${done}${total === undefined ? "" : `/${total}`} ${name}`);
    },
    clear() {
      if (!isShown) return;
      isShown = false;
      context.err("\r\u001b[K");
    },
  };
}
