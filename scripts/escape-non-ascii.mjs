/** Strings and patterns say the same with escapes; engines keep text that is only ASCII in half the space and read it faster. */
export function escapeNonAscii(text, name) {
  const notToEscape = /String\.raw`[^`]*[^\0-\x7f]|\\[^\0-\x7f]/.exec(text);
  if (notToEscape !== null) throw new Error(`${name} has a character that cannot be escaped: ${notToEscape[0]}`);
  return text.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
