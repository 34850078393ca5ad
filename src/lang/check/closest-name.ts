/** Did-you-mean: the candidate nearest to a misspelt name. */

/** The first of the nearest candidates within `maxEdits` single-character edits, or `undefined`. */
export function closestName(name: string, candidates: Iterable<string>, maxEdits = 2): string | undefined {
  const wanted = [...name];
  let best: string | undefined;
  let bestDistance = maxEdits + 1;
  for (const candidate of candidates) {
    if (candidate === name || Math.abs(candidate.length - name.length) > maxEdits) continue;
    const distance = editDistance(wanted, [...candidate], bestDistance);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Levenshtein distance, given up (as `limit`) once every way costs at least that much. */
function editDistance(a: readonly string[], b: readonly string[], limit: number): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [row, charA] of a.entries()) {
    const current = [row + 1];
    let cheapest = row + 1;
    for (const [column, charB] of b.entries()) {
      const replace = (previous[column] ?? 0) + (charA === charB ? 0 : 1);
      const cost = Math.min(replace, (previous[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1);
      current.push(cost);
      cheapest = Math.min(cheapest, cost);
    }
    if (cheapest >= limit) return limit;
    previous = current;
  }
  return previous[b.length] ?? limit;
}
