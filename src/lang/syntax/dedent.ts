/**
 * Indentation of triple-quoted strings (§1.8.3): the indent that all lines with content share is removed, lines of white
 * space only become empty, and one line break at the end is dropped. `H` is whatever stands in for an interpolation; it
 * counts as content and is never split.
 */

export function dedent<H extends object>(segments: readonly (string | H)[]): (string | H)[] {
  const lines = splitLines(segments);
  const contentLines = lines.filter(hasContent);
  // A string of nothing but white space is meant as written.
  if (contentLines.length === 0) return joinLines(lines);
  const indent = contentLines.reduce((smallest, line) => Math.min(smallest, indentOf(line)), Number.POSITIVE_INFINITY);
  const shifted = indent === 0 ? lines : lines.map((line) => (hasContent(line) ? dropIndent(line, indent) : []));
  const last = shifted.at(-1);
  if (shifted.length > 1 && last !== undefined && last.every((piece) => piece === "")) shifted.pop();
  return joinLines(shifted);
}

/** Each line is a list of pieces without line breaks. */
function splitLines<H extends object>(segments: readonly (string | H)[]): (string | H)[][] {
  const lines: (string | H)[][] = [[]];
  for (const segment of segments) {
    if (typeof segment !== "string") {
      lines.at(-1)!.push(segment);
      continue;
    }
    const [first = "", ...rest] = segment.split("\n");
    lines.at(-1)!.push(first);
    for (const text of rest) lines.push([text]);
  }
  return lines;
}

function joinLines<H extends object>(lines: readonly (readonly (string | H)[])[]): (string | H)[] {
  const joined: (string | H)[] = [];
  let text = "";
  lines.forEach((line, index) => {
    if (index > 0) text += "\n";
    for (const piece of line) {
      if (typeof piece === "string") text += piece;
      else {
        if (text !== "") joined.push(text);
        text = "";
        joined.push(piece);
      }
    }
  });
  if (text !== "") joined.push(text);
  return joined;
}

function hasContent(line: readonly (string | object)[]): boolean {
  return line.some((piece) => typeof piece !== "string" || piece.trim() !== "");
}

function indentOf(line: readonly (string | object)[]): number {
  const first = line[0];
  return typeof first === "string" ? first.length - first.replace(/^[ \t]+/, "").length : 0;
}

function dropIndent<H extends object>(line: readonly (string | H)[], indent: number): (string | H)[] {
  const [first, ...rest] = line;
  return typeof first === "string" ? [first.slice(indent), ...rest] : [...line];
}
