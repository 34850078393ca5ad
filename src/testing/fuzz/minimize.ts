/**
 * Makes an input smaller while it keeps its fault: leaves out ever smaller runs of lines, then of words, then of
 * characters, for as long as that works.
 */

export interface MinimizeOptions {
  /** Whether this input still shows the same fault. */
  readonly fails: (input: string) => boolean | Promise<boolean>;
  /** Inputs to try at most. Default 600. */
  readonly maxTries?: number;
}

/** Never longer than `input`; `input` itself when nothing can go. */
export async function minimize(input: string, { fails, maxTries = 600 }: MinimizeOptions): Promise<string> {
  let left = maxTries;
  let best = input;
  const tryText = async (text: string): Promise<boolean> => {
    if (left <= 0 || text === best) return false;
    left--;
    if (!(await fails(text))) return false;
    best = text;
    return true;
  };
  for (const split of [/(?<=\n)/u, /(?<=\s)|(?=\s)|\b/u, /(?:)/u]) {
    let before: string;
    do {
      before = best;
      await dropRuns(best.split(split), tryText);
    } while (best !== before && left > 0);
  }
  return best;
}

async function dropRuns(parts: readonly string[], tryText: (text: string) => Promise<boolean>): Promise<void> {
  let kept = [...parts];
  for (let run = Math.ceil(kept.length / 2); run >= 1; run = run === 1 ? 0 : Math.ceil(run / 2)) {
    for (let at = 0; at < kept.length; ) {
      const without = [...kept.slice(0, at), ...kept.slice(at + run)];
      if (await tryText(without.join(""))) kept = without;
      else at += run;
    }
  }
}
