/**
 * BLAKE3: a tree of chunks of 1024 bytes, each a chain of blocks of 64. The left side of a node has the largest power of
 * two of chunks that leaves something for the right.
 */

const INITIAL = Int32Array.of(
  0x6a09e667,
  0xbb67ae85 | 0,
  0x3c6ef372,
  0xa54ff53a | 0,
  0x510e527f,
  0x9b05688c | 0,
  0x1f83d9ab,
  0x5be0cd19,
);
const ORDER = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8] as const;
const CHUNK_BYTES = 1024;
const BLOCK_BYTES = 64;
const CHUNK_START = 1;
const CHUNK_END = 2;
const PARENT = 4;
const ROOT = 8;

const rotate = (value: number, by: number): number => (value >>> by) | (value << (32 - by));

function mix(v: Int32Array, a: number, b: number, c: number, d: number, x: number, y: number): void {
  v[a] = v[a]! + v[b]! + x;
  v[d] = rotate(v[d]! ^ v[a]!, 16);
  v[c]! += v[d]!;
  v[b] = rotate(v[b]! ^ v[c]!, 12);
  v[a] = v[a]! + v[b]! + y;
  v[d] = rotate(v[d]! ^ v[a]!, 8);
  v[c]! += v[d]!;
  v[b] = rotate(v[b]! ^ v[c]!, 7);
}

/** The next chaining value; the first half of the output is all that a digest of 32 bytes needs. */
function compress(chain: Int32Array, block: Int32Array, counter: number, length: number, flags: number): Int32Array {
  const v = new Int32Array(16);
  v.set(chain);
  v.set(INITIAL.subarray(0, 4), 8);
  v[12] = counter | 0;
  v[13] = Math.floor(counter / 0x1_0000_0000) | 0;
  v[14] = length;
  v[15] = flags;
  let m = block;
  for (let round = 0; ; round++) {
    mix(v, 0, 4, 8, 12, m[0]!, m[1]!);
    mix(v, 1, 5, 9, 13, m[2]!, m[3]!);
    mix(v, 2, 6, 10, 14, m[4]!, m[5]!);
    mix(v, 3, 7, 11, 15, m[6]!, m[7]!);
    mix(v, 0, 5, 10, 15, m[8]!, m[9]!);
    mix(v, 1, 6, 11, 12, m[10]!, m[11]!);
    mix(v, 2, 7, 8, 13, m[12]!, m[13]!);
    mix(v, 3, 4, 9, 14, m[14]!, m[15]!);
    if (round === 6) break;
    m = Int32Array.from(ORDER, (from) => m[from]!);
  }
  const out = new Int32Array(8);
  for (let i = 0; i < 8; i++) out[i] = v[i]! ^ v[i + 8]!;
  return out;
}

function chunkValue(message: Uint8Array, index: number, rootFlag: number): Int32Array {
  const chunk = message.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES);
  const blocks = Math.max(1, Math.ceil(chunk.length / BLOCK_BYTES));
  let chain: Int32Array = INITIAL;
  for (let at = 0; at < blocks; at++) {
    const bytes = chunk.subarray(at * BLOCK_BYTES, (at + 1) * BLOCK_BYTES);
    const padded = new Uint8Array(BLOCK_BYTES);
    padded.set(bytes);
    const view = new DataView(padded.buffer);
    const words = Int32Array.from({ length: 16 }, (_, i) => view.getInt32(4 * i, true));
    const isLast = at === blocks - 1;
    const flags = (at === 0 ? CHUNK_START : 0) | (isLast ? CHUNK_END | rootFlag : 0);
    chain = compress(chain, words, index, bytes.length, flags);
  }
  return chain;
}

/** The tree is at most as deep as the length has bits. */
function treeValue(message: Uint8Array, first: number, count: number, rootFlag: number): Int32Array {
  if (count === 1) return chunkValue(message, first, rootFlag);
  const left = 2 ** Math.ceil(Math.log2(count) - 1);
  const block = new Int32Array(16);
  block.set(treeValue(message, first, left, 0));
  block.set(treeValue(message, first + left, count - left, 0), 8);
  return compress(INITIAL, block, 0, BLOCK_BYTES, PARENT | rootFlag);
}

export function blake3(message: Uint8Array): Uint8Array {
  const words = treeValue(message, 0, Math.max(1, Math.ceil(message.length / CHUNK_BYTES)), ROOT);
  const digest = new Uint8Array(32);
  const view = new DataView(digest.buffer);
  for (const [at, word] of words.entries()) view.setInt32(4 * at, word, true);
  return digest;
}
