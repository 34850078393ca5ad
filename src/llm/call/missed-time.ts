/**
 * Time in which nobody could listen: the machine was suspended, the process was stopped, or the run was cut off and is gone on
 * with hours later. Whoever slept through it finds the clock far beyond the moment at which to wake. What was sent meanwhile has
 * not been read yet, or is asked for anew, so that time is nobody's silence, and counts towards no limit.
 */

/** Later than this no timer is for want of a free processor alone. */
const LATE_MS = 1000;

/**
 * Tells of each sleep how much of the time that passed does not count. Of late awakenings in a row that is the first: a limit ends
 * even where each timer is late.
 */
export function createMissedTime(): (passedMs: number, sleptMs: number) => number {
  let wasLate = false;
  return (passedMs, sleptMs) => {
    const isFirst = passedMs - sleptMs > LATE_MS && !wasLate;
    wasLate = passedMs - sleptMs > LATE_MS;
    return isFirst ? passedMs : 0;
  };
}
