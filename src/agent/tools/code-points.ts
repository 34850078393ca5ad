/** Lengths and cuts in Unicode code points, which is what every limit of the agent counts. */

/** How many Unicode code points; limits count these, not UTF-16 units. */
export function codePointCount(text: string): number {
  let count = text.length;
  for (let at = 0; at < text.length; at++)
    if ((text.charCodeAt(at) & 0xfc00) === 0xdc00 && isLead(text, at - 1)) count--;
  return count;
}

/** The first `limit` code points; never cuts a surrogate pair. */
export function firstCodePoints(text: string, limit: number): string {
  if (text.length <= limit) return text;
  let at = 0;
  for (let seen = 0; seen < limit && at < text.length; seen++) at += isLead(text, at) && isTrail(text, at + 1) ? 2 : 1;
  return text.slice(0, at);
}

/** The last `limit` code points. */
export function lastCodePoints(text: string, limit: number): string {
  if (text.length <= limit) return text;
  let at = text.length;
  for (let seen = 0; seen < limit && at > 0; seen++) at -= isTrail(text, at - 1) && isLead(text, at - 2) ? 2 : 1;
  return text.slice(at);
}

function isLead(text: string, at: number): boolean {
  return at >= 0 && (text.charCodeAt(at) & 0xfc00) === 0xd800;
}

function isTrail(text: string, at: number): boolean {
  return (text.charCodeAt(at) & 0xfc00) === 0xdc00;
}
