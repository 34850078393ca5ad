/** Which stored values others are made of. */

import type { StoredBlob } from "./spec.ts";

/** The blobs that texts refer to, directly or through other blobs. A text that looks like a reference only costs space. */
export function blobsBehind(
  bodies: readonly string[],
  blobs: ReadonlyMap<string, string>,
  onMissing: () => void = () => {},
): readonly StoredBlob[] {
  const found = new Map<string, string>();
  const texts = [...bodies];
  for (let text = texts.pop(); text !== undefined; text = texts.pop()) {
    for (const [, digest] of text.matchAll(/"(?:\$ref|\$list|prev)":"([A-Za-z0-9_-]{43})"/g)) {
      const body = blobs.get(digest!);
      if (body === undefined) onMissing();
      if (body === undefined || found.has(digest!)) continue;
      found.set(digest!, body);
      texts.push(body);
    }
  }
  return [...found].map(([digest, body]) => ({ digest, body }));
}
