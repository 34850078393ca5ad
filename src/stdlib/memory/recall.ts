/**
 * Which records are about something, by their words alone: the same records and query give the same order everywhere,
 * without a model or a network.
 *
 * A *word* is a run of letters and digits, in small letters, of two characters or more. Ranking is Okapi BM25: rare words
 * count more, repeated ones less and less, and long records do not win by their length. A word of the query that is in the
 * key or a tag adds a little.
 */

import { compareText } from "../../vm/index.ts";
import type { MemoryRecord } from "./memory-log.ts";

/** How soon more of the same word stops to count. */
const SATURATION = 1.2;
/** How much the length of a record counts, from 0 to 1. */
const LENGTH_WEIGHT = 0.75;
const KEY_BOOST = 0.4;
const TAG_BOOST = 0.25;

export interface Scored {
  readonly record: MemoryRecord;
  readonly score: number;
}

export function wordsOf(text: string): string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  // One ideograph is a word, one letter is not.
  return words.filter((word) => word.length > 1 || word > "\u007f");
}

/** What is searched. */
export function searchText({ key, text, tags }: MemoryRecord): string {
  return `${key}\n${text}\n${tags.join(" ")}`;
}

/**
 * Those with a word of the query, best first; all, newest first, when the query has no words.
 *
 * @param records in the order of the log
 */
export function rank(records: readonly MemoryRecord[], query: string): Scored[] {
  const wanted = [...new Set(wordsOf(query))];
  const newest = [...records].map((record, at) => ({ record, at })).sort((a, b) => newestFirst(a, b));
  if (wanted.length === 0) return newest.map(({ record }) => ({ record, score: 0 }));

  const counted = newest.map(({ record }) => ({ record, ...countWords(wordsOf(searchText(record))) }));
  const meanLength =
    Math.max(
      1,
      counted.reduce((sum, { length }) => sum + length, 0),
    ) / Math.max(1, counted.length);
  const weights = wanted.map((word) => {
    const holders = counted.filter(({ counts }) => counts.has(word)).length;
    return { word, weight: Math.log((counted.length - holders + 0.5) / (holders + 0.5) + 1) };
  });
  const scored = counted.map(({ record, counts, length }) => {
    const key = new Set(wordsOf(record.key));
    const tags = new Set(record.tags.flatMap(wordsOf));
    let score = 0;
    for (const { word, weight } of weights) {
      const count = counts.get(word) ?? 0;
      const dampened = count + SATURATION * (1 - LENGTH_WEIGHT + (LENGTH_WEIGHT * length) / meanLength);
      score += (weight * count * (SATURATION + 1)) / dampened;
      score += (key.has(word) ? KEY_BOOST : 0) + (tags.has(word) ? TAG_BOOST : 0);
    }
    // Engines may differ in the last digit of a logarithm.
    return { record, score: Math.round(score * 1e6) / 1e6 };
  });
  // The sort is stable: of equals, the newest stays first.
  return scored.filter(({ score }) => score > 0).sort((a, b) => b.score - a.score);
}

function countWords(words: readonly string[]): {
  readonly counts: ReadonlyMap<string, number>;
  readonly length: number;
} {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return { counts, length: words.length };
}

interface Placed {
  readonly record: MemoryRecord;
  /** Position in the log. */
  readonly at: number;
}

function newestFirst(a: Placed, b: Placed): number {
  return compareText(b.record.storedAt, a.record.storedAt) || b.at - a.at;
}

/** By when they were stored; of the same moment, in the order of the log, in which they are given. */
export function oldestFirst(records: readonly MemoryRecord[]): MemoryRecord[] {
  return records
    .map((record, at) => ({ record, at }))
    .sort((a, b) => newestFirst(b, a))
    .map(({ record }) => record);
}
