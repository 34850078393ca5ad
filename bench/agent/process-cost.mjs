// What the measurements of one process count.

import { tool } from "./adapters/tool.mjs";

/** User and system time of this process since it began, microseconds; all threads. */
export function cpuUs() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** Counts the runs of the tool from now on; returns how to ask for the number. */
export function countToolRuns() {
  const { run } = tool;
  let count = 0;
  tool.run = (input) => {
    count++;
    return run(input);
  };
  return () => count;
}
