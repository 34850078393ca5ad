/** What goes into an archive and comes out of it. */

export interface ArchiveEntry {
  /** `/`-separated, relative. */
  readonly path: string;
  readonly content: Uint8Array;
  /** Permission bits, 0–0o7777. */
  readonly mode: number;
}

/** What is wrong with an archive, or with what should go into one. */
export class ArchiveError extends Error {}

export const DEFAULT_MODE = 0o644;

/** Bytes of an archive read in order, with ends that are looked for. */
export function sliceOf(data: Uint8Array, start: number, length: number): Uint8Array {
  if (start < 0 || length < 0 || start + length > data.length) throw new ArchiveError("unexpected end of archive");
  return data.subarray(start, start + length);
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
