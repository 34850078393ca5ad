/** Character classes of the lexer. Letters and digits beyond ASCII follow Unicode, as identifiers may use them (§1.5). */

const LETTER = /^\p{Alphabetic}$/u;
const LETTER_OR_NUMBER = /^[\p{Alphabetic}\p{N}]$/u;
const UPPERCASE = /^\p{Uppercase}/u;

export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** How many UTF-16 units a character that may start an identifier takes at `offset`; 0 if none does. */
export function identifierStartAt(text: string, offset: number): number {
  const code = text.charCodeAt(offset);
  if (code < 128) return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 ? 1 : 0;
  return beyondAscii(text, offset, LETTER);
}

/** The same for a character inside an identifier. */
export function identifierPartAt(text: string, offset: number): number {
  const code = text.charCodeAt(offset);
  if (code < 128) {
    return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || isDigit(code) ? 1 : 0;
  }
  return beyondAscii(text, offset, LETTER_OR_NUMBER);
}

function beyondAscii(text: string, offset: number, pattern: RegExp): number {
  const code = text.codePointAt(offset);
  if (code === undefined) return 0;
  const character = String.fromCodePoint(code);
  return pattern.test(character) ? character.length : 0;
}

export function startsUppercase(name: string): boolean {
  return UPPERCASE.test(name);
}
