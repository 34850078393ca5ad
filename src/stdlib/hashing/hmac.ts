/** HMAC (RFC 2104), and comparing without telling how much was right. */

import type { Hash } from "./message-blocks.ts";

export function hmac(hash: Hash, key: Uint8Array, message: Uint8Array): Uint8Array {
  const block = new Uint8Array(hash.blockBytes);
  block.set(key.length > hash.blockBytes ? hash.digest(key) : key);
  const inner = concat(
    block.map((byte) => byte ^ 0x36),
    message,
  );
  return hash.digest(
    concat(
      block.map((byte) => byte ^ 0x5c),
      hash.digest(inner),
    ),
  );
}

function concat(left: Uint8Array, right: Uint8Array): Uint8Array {
  const all = new Uint8Array(left.length + right.length);
  all.set(left);
  all.set(right, left.length);
  return all;
}

/** Takes the same time wherever the first difference is; only a different length shows. */
export function equalInConstantTime(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  let difference = 0;
  for (let at = 0; at < left.length; at++) difference |= left[at]! ^ right[at]!;
  return difference === 0;
}
