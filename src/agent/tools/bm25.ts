/** Okapi BM25 over a few hundred short documents: no index is kept, a search reads them all. */

/** Term saturation and length normalisation, the usual values. */
const K1 = 1.5;
const B = 0.75;

export interface Bm25Document {
  readonly id: string;
  readonly text: string;
}

/** Ids by falling score, ties by id; documents that share no term with the query are left out. */
export function bm25Search(query: string, documents: readonly Bm25Document[], limit: number): readonly string[] {
  const terms = [...new Set(bm25Terms(query))];
  const indexed = documents.map(({ id, text }) => ({ id, terms: bm25Terms(text) }));
  const averageLength = indexed.reduce((sum, document) => sum + document.terms.length, 0) / Math.max(1, indexed.length);
  const weights = new Map(terms.map((term) => [term, inverseFrequency(term, indexed)]));
  const scored: { id: string; score: number }[] = [];
  for (const document of indexed) {
    const counts = new Map<string, number>();
    for (const term of document.terms) if (weights.has(term)) counts.set(term, (counts.get(term) ?? 0) + 1);
    let score = 0;
    const length = 1 - B + B * (document.terms.length / Math.max(1, averageLength));
    for (const [term, count] of counts) score += (weights.get(term)! * count * (K1 + 1)) / (count + K1 * length);
    if (score > 0) scored.push({ id: document.id, score });
  }
  scored.sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
  return scored.slice(0, limit).map(({ id }) => id);
}

/** Lower-case words; `openFile`, `open_file` and `open-file` all give `open` and `file`. */
export function bm25Terms(text: string): readonly string[] {
  return (
    text
      .replace(/(\p{Ll}|\p{N})(\p{Lu})/gu, "$1 $2")
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  );
}

function inverseFrequency(term: string, documents: readonly { terms: readonly string[] }[]): number {
  const holding = documents.filter((document) => document.terms.includes(term)).length;
  return holding === 0 ? 0 : Math.log(1 + (documents.length - holding + 0.5) / (holding + 0.5));
}
