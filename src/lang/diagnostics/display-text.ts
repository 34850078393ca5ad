/**
 * Text as a terminal shows it: how many columns a character takes, and harmless stand-ins for characters that would move
 * the cursor, ring the bell or turn the writing direction.
 */

const TAB_WIDTH = 4;

const INVISIBLE = /^[\p{Mn}\p{Me}\u200b-\u200d]$/u;
const REORDERS = /^[\u200e\u200f\u202a-\u202e\u2066-\u2069]$/u;
const EMOJI = /^\p{Emoji_Presentation}$/u;

/** East Asian wide and fullwidth blocks, as pairs of first and last code point. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x17000, 0x18aff],
  [0x1b000, 0x1b2ff],
  [0x20000, 0x3fffd],
];

/** What is shown for one character of source. */
export function shownCharacter(character: string): string {
  const code = character.codePointAt(0)!;
  if (character === "\t") return " ".repeat(TAB_WIDTH);
  // Control pictures: ␀ for NUL and so on.
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return "␡";
  if ((code >= 0x80 && code <= 0x9f) || (code >= 0xd800 && code <= 0xdfff) || REORDERS.test(character)) return "\ufffd";
  return character;
}

/** Columns of one shown character: 0, 1 or 2. */
function characterWidth(character: string): number {
  const code = character.codePointAt(0)!;
  if (code < 0x300) return 1;
  if (INVISIBLE.test(character)) return 0;
  if (WIDE.some(([first, last]) => code >= first && code <= last) || EMOJI.test(character)) return 2;
  return 1;
}

export function shownText(text: string): string {
  let shown = "";
  for (const character of text) shown += shownCharacter(character);
  return shown;
}

/** For messages and hints, which may quote the program: one line whatever it holds. */
export function oneLine(text: string): string {
  return /[\n\v\f\r\u0085\u2028\u2029]/.test(text) ? shownText(text).replace(/[\u2028\u2029]/g, "\ufffd") : text;
}

/** Columns that `text` takes when it goes through `shownText`. */
export function shownWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    for (const shown of shownCharacter(character)) width += characterWidth(shown);
  }
  return width;
}
