/**
 * A source text with its name, and the arithmetic between offsets and human positions.
 *
 * Offsets are UTF-16 (what spans hold). Lines and columns are 1-based; columns count code points, so an emoji is one
 * column. A line ends at `\n`; a `\r` before it belongs to the line end. Lookups cost O(log n) even on a single line of
 * a hundred megabytes: one scan, done at the first lookup, notes line starts and the places of surrogate pairs.
 */

export interface Position {
  /** 1-based. */
  readonly line: number;
  /** 1-based, in code points. */
  readonly column: number;
}

export interface SourceFile {
  /** How messages call it; also the id of the module. */
  readonly path: string;
  readonly text: string;
  /** Offsets outside the text are clamped into it. */
  position(offset: number): Position;
  /** Inverse of `position`; a column past the line's end gives the end of the line. */
  offsetAt(position: Position): number;
  lineCount(): number;
  /** Offset of the first character of a line. */
  lineStart(line: number): number;
  /** Offset behind the last character of a line, without its line break. */
  lineEnd(line: number): number;
  /** Without its line break. Empty for a line that does not exist. */
  lineText(line: number): string;
}

interface LineIndex {
  /** Offset at which each line starts. */
  readonly starts: readonly number[];
  /** Offsets of the second halves of surrogate pairs, ascending. */
  readonly pairTails: readonly number[];
}

export function createSourceFile(path: string, text: string): SourceFile {
  let cached: LineIndex | undefined;
  const index = (): LineIndex => (cached ??= indexLines(text));

  const lineStart = (line: number): number => index().starts[line - 1] ?? text.length;
  const lineEnd = (line: number): number => {
    const next = index().starts[line];
    if (next === undefined) return text.length;
    const end = next - 1;
    return end > lineStart(line) && text[end - 1] === "\r" ? end - 1 : end;
  };

  return {
    path,
    text,
    position(offset) {
      const { starts, pairTails } = index();
      const clamped = Math.max(0, Math.min(offset, text.length));
      const line = countAtMost(starts, clamped);
      const start = starts[line - 1]!;
      const pairs = countAtMost(pairTails, clamped - 1) - countAtMost(pairTails, start - 1);
      return { line, column: clamped - start - pairs + 1 };
    },
    offsetAt({ line, column }) {
      const start = lineStart(line);
      const end = lineEnd(line);
      let offset = start;
      for (let passed = 1; passed < column && offset < end; passed++) {
        offset += text.codePointAt(offset)! > 0xffff ? 2 : 1;
      }
      return offset;
    },
    lineCount: () => index().starts.length,
    lineStart,
    lineEnd,
    lineText: (line) => text.slice(lineStart(line), lineEnd(line)),
  };
}

function indexLines(text: string): LineIndex {
  const starts = [0];
  const pairTails: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 10) starts.push(i + 1);
    else if (code >= 0xd800 && code <= 0xdbff) {
      const next = text.charCodeAt(i + 1);
      if (next >= 0xdc00 && next <= 0xdfff) pairTails.push(++i);
    }
  }
  return { starts, pairTails };
}

/** How many of the ascending numbers are at most `limit`. */
function countAtMost(sorted: readonly number[], limit: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
