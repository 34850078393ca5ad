/** Shortening long text without cutting a line, or, where one line is all there is, without cutting a character. */

/** UTF-8 length in bytes. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) continue;
    // A surrogate pair is 4 bytes for 2 units; a lone one is written as a 3-byte replacement character.
    if (unit < 0x800) bytes += 1;
    else if ((unit & 0xfc00) === 0xd800 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00) {
      bytes += 2;
      at++;
    } else bytes += 2;
  }
  return bytes;
}

/** The longest start of the text within `maxBytes`, ending after a line when it holds one. */
export function headWithin(text: string, maxBytes: number): string {
  let at = 0;
  for (let bytes = 0; at < text.length; ) {
    const size = sizeAt(text, at);
    if (bytes + size.bytes > maxBytes) break;
    bytes += size.bytes;
    at += size.units;
  }
  if (at >= text.length) return text;
  if (at === 0) return "";
  const line = text.lastIndexOf("\n", at - 1);
  return text.slice(0, line >= 0 ? line + 1 : at);
}

/** The longest end of the text within `maxBytes`, starting at a line when it holds one. */
export function tailWithin(text: string, maxBytes: number): string {
  let at = text.length;
  for (let bytes = 0; at > 0; ) {
    const isPair = at >= 2 && isTrail(text.charCodeAt(at - 1)) && isLead(text.charCodeAt(at - 2));
    const units = isPair ? 2 : 1;
    const size = sizeAt(text, at - units).bytes;
    if (bytes + size > maxBytes) break;
    bytes += size;
    at -= units;
  }
  if (at === 0) return text;
  if (text[at - 1] === "\n") return text.slice(at);
  const line = text.indexOf("\n", at);
  return text.slice(line >= 0 && line + 1 < text.length ? line + 1 : at);
}

function sizeAt(text: string, at: number): { units: number; bytes: number } {
  const unit = text.charCodeAt(at);
  if (unit < 0x80) return { units: 1, bytes: 1 };
  if (unit < 0x800) return { units: 1, bytes: 2 };
  if (isLead(unit) && isTrail(text.charCodeAt(at + 1))) return { units: 2, bytes: 4 };
  return { units: 1, bytes: 3 };
}

function isLead(unit: number): boolean {
  return (unit & 0xfc00) === 0xd800;
}

function isTrail(unit: number): boolean {
  return (unit & 0xfc00) === 0xdc00;
}
