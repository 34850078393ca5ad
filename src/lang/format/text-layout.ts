/** Small questions about text that every part of the printer asks. */

/** Spaces that open a line at a nesting depth. */
export function pad(depth: number): string {
  return "  ".repeat(depth);
}

/** Length in code points. */
export function textWidth(text: string): number {
  let width = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= 0xd800 && unit <= 0xdbff && isLowSurrogate(text.charCodeAt(index + 1))) {
      width--;
      index++;
    }
  }
  return width;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

export function isMultiline(text: string): boolean {
  return text.includes("\n");
}

/** Whether a line ends between two offsets of the source. */
export function breaksBetween(source: string, from: number, to: number): boolean {
  const newline = source.indexOf("\n", from);
  return newline >= 0 && newline < to;
}

/** Whether an empty line stands between two offsets of the source. */
export function hasBlankLineBetween(source: string, from: number, to: number): boolean {
  return from < to && /\n[ \t\r]*\n/.test(source.slice(from, to));
}

/** A string literal in double quotes that reads back as `value`. */
export function quoteString(value: string): string {
  const escaped = value
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replaceAll("\n", "\\n")
    .replaceAll("\t", "\\t")
    .replaceAll("${", "\\${");
  return `"${escaped}"`;
}

export function isIdentifierName(text: string): boolean {
  return /^[\p{Alphabetic}_][\p{Alphabetic}\p{N}_]*$/u.test(text);
}
