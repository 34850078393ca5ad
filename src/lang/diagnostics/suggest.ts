/** Did-you-mean: the candidate nearest to a misspelt name. */

/** Names longer than this are not compared; a suggestion for them would help nobody. */
const MAX_LENGTH = 100;

/**
 * The candidate within reach of `name`, by single-character edits where swapping two neighbours counts as one. Reach is a
 * third of the length, at least 1 and at most `maxEdits` (default 2). Ties go to the first in code-point order, so that
 * the answer does not depend on the order of the candidates.
 */
export function closestName(name: string, candidates: Iterable<string>, maxEdits = 2): string | undefined {
  const wanted = [...name];
  if (wanted.length > MAX_LENGTH) return undefined;
  const reach = Math.min(maxEdits, Math.max(1, Math.floor(wanted.length / 3)));
  let best: { name: string; distance: number } | undefined;
  for (const candidate of candidates) {
    // A character takes at most two units of a string's length.
    if (candidate.length > 2 * (wanted.length + reach) || candidate.length < wanted.length - reach) continue;
    const distance = editDistance(wanted, [...candidate], reach);
    if (distance > reach || distance === 0) continue;
    if (best === undefined || distance < best.distance || (distance === best.distance && candidate < best.name)) {
      best = { name: candidate, distance };
    }
  }
  return best?.name;
}

/** The hint line, or undefined when nothing is near. */
export function didYouMean(name: string, candidates: Iterable<string>, maxEdits?: number): string | undefined {
  const closest = closestName(name, candidates, maxEdits);
  return closest === undefined ? undefined : `Did you mean \`${closest}\`?`;
}

/** Optimal string alignment; some number above `limit` as soon as the distance must exceed it. */
function editDistance(a: readonly string[], b: readonly string[], limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let beforePrevious: readonly number[] = [];
  let previous: readonly number[] = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    let smallest = i;
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let cost = Math.min(replaced, previous[j]! + 1, current[j - 1]! + 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) cost = Math.min(cost, beforePrevious[j - 2]! + 1);
      current.push(cost);
      smallest = Math.min(smallest, cost);
    }
    if (smallest > limit) return limit + 1;
    beforePrevious = previous;
    previous = current;
  }
  return previous[b.length]!;
}
