/**
 * SHA-2 (FIPS 180-4). The constants are the first bits behind the point of square and cube roots of the first primes;
 * those with 32 bits are the upper halves of those with 64. A 64-bit word is two 32-bit numbers, the upper one first.
 */

import { bytesOfWords, forEachBlock, type Hash } from "./message-blocks.ts";

const PRIMES: readonly bigint[] = firstPrimes(80);
const ROUNDS: Int32Array = pairsOf(PRIMES.map((prime) => rootFraction(prime, 3n)));
const SQUARE_ROOTS: readonly bigint[] = PRIMES.slice(0, 16).map((prime) => rootFraction(prime, 2n));

function firstPrimes(count: number): bigint[] {
  const primes: bigint[] = [];
  for (let candidate = 2n; primes.length < count; candidate++) {
    if (primes.every((prime) => candidate % prime !== 0n)) primes.push(candidate);
  }
  return primes;
}

/** 64 bits behind the point of a root. */
function rootFraction(value: bigint, degree: bigint): bigint {
  const scaled = value << (64n * degree);
  let root = 1n << 70n;
  for (;;) {
    const next = ((degree - 1n) * root + scaled / root ** (degree - 1n)) / degree;
    if (next >= root) return BigInt.asUintN(64, root);
    root = next;
  }
}

function pairsOf(words: readonly bigint[]): Int32Array {
  return Int32Array.from(words.flatMap((word) => [Number(word >> 32n) | 0, Number(BigInt.asUintN(32, word)) | 0]));
}

// ---- words of 32 bits ------------------------------------------------------------------------------------------------

const ROUNDS_32: Int32Array = Int32Array.from({ length: 64 }, (_, i) => ROUNDS[2 * i]!);

function compress32(state: Int32Array, w: Int32Array, view: DataView, offset: number): void {
  for (let i = 0; i < 16; i++) w[i] = view.getInt32(offset + 4 * i);
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15]!;
    const y = w[i - 2]!;
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[i] = (w[i - 16]! + s0 + w[i - 7]! + s1) | 0;
  }
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let e = state[4]!;
  let f = state[5]!;
  let g = state[6]!;
  let h = state[7]!;
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + ROUNDS_32[i]! + w[i]!) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0]! += a;
  state[1]! += b;
  state[2]! += c;
  state[3]! += d;
  state[4]! += e;
  state[5]! += f;
  state[6]! += g;
  state[7]! += h;
}

function hash32(initial: Int32Array, length: number): Hash {
  return {
    blockBytes: 64,
    digest(message) {
      const state = initial.slice();
      const words = new Int32Array(64);
      forEachBlock(message, 64, false, (view, offset) => compress32(state, words, view, offset));
      return bytesOfWords(state, length, false);
    },
  };
}

export const sha256: Hash = hash32(
  Int32Array.from(SQUARE_ROOTS.slice(0, 8), (root) => Number(root >> 32n) | 0),
  32,
);
export const sha224: Hash = hash32(
  Int32Array.from(SQUARE_ROOTS.slice(8, 16), (root) => Number(BigInt.asUintN(32, root)) | 0),
  28,
);

// ---- words of 64 bits ------------------------------------------------------------------------------------------------

/** How much of a sum of lower halves goes into the upper ones. */
const carry = (sum: number): number => Math.floor(sum / 0x1_0000_0000);

function compress64(state: Int32Array, w: Int32Array, view: DataView, offset: number): void {
  for (let i = 0; i < 32; i++) w[i] = view.getInt32(offset + 4 * i);
  for (let i = 32; i < 160; i += 2) {
    const xh = w[i - 30]!;
    const xl = w[i - 29]!;
    const yh = w[i - 4]!;
    const yl = w[i - 3]!;
    const s0h = ((xh >>> 1) | (xl << 31)) ^ ((xh >>> 8) | (xl << 24)) ^ (xh >>> 7);
    const s0l = ((xl >>> 1) | (xh << 31)) ^ ((xl >>> 8) | (xh << 24)) ^ ((xl >>> 7) | (xh << 25));
    const s1h = ((yh >>> 19) | (yl << 13)) ^ ((yl >>> 29) | (yh << 3)) ^ (yh >>> 6);
    const s1l = ((yl >>> 19) | (yh << 13)) ^ ((yh >>> 29) | (yl << 3)) ^ ((yl >>> 6) | (yh << 26));
    const low = (w[i - 31]! >>> 0) + (s0l >>> 0) + (w[i - 13]! >>> 0) + (s1l >>> 0);
    w[i] = (w[i - 32]! + s0h + w[i - 14]! + s1h + carry(low)) | 0;
    w[i + 1] = low | 0;
  }
  // a … h, each an upper and a lower half; moved down one place a round.
  const v = state.slice();
  for (let i = 0; i < 160; i += 2) {
    const ah = v[0]!;
    const al = v[1]!;
    const eh = v[8]!;
    const el = v[9]!;
    const s1h = ((eh >>> 14) | (el << 18)) ^ ((eh >>> 18) | (el << 14)) ^ ((el >>> 9) | (eh << 23));
    const s1l = ((el >>> 14) | (eh << 18)) ^ ((el >>> 18) | (eh << 14)) ^ ((eh >>> 9) | (el << 23));
    const chh = (eh & v[10]!) ^ (~eh & v[12]!);
    const chl = (el & v[11]!) ^ (~el & v[13]!);
    const t1 = (v[15]! >>> 0) + (s1l >>> 0) + (chl >>> 0) + (ROUNDS[i + 1]! >>> 0) + (w[i + 1]! >>> 0);
    const t1h = (v[14]! + s1h + chh + ROUNDS[i]! + w[i]! + carry(t1)) | 0;
    const t1l = t1 | 0;
    const s0h = ((ah >>> 28) | (al << 4)) ^ ((al >>> 2) | (ah << 30)) ^ ((al >>> 7) | (ah << 25));
    const s0l = ((al >>> 28) | (ah << 4)) ^ ((ah >>> 2) | (al << 30)) ^ ((ah >>> 7) | (al << 25));
    const mjh = (ah & v[2]!) ^ (ah & v[4]!) ^ (v[2]! & v[4]!);
    const mjl = (al & v[3]!) ^ (al & v[5]!) ^ (v[3]! & v[5]!);
    const e = (v[7]! >>> 0) + (t1l >>> 0);
    const newEh = (v[6]! + t1h + carry(e)) | 0;
    const a = (t1l >>> 0) + (s0l >>> 0) + (mjl >>> 0);
    const newAh = (t1h + s0h + mjh + carry(a)) | 0;
    v.copyWithin(2, 0, 14);
    v[0] = newAh;
    v[1] = a | 0;
    v[8] = newEh;
    v[9] = e | 0;
  }
  for (let i = 0; i < 16; i += 2) {
    const low = (state[i + 1]! >>> 0) + (v[i + 1]! >>> 0);
    state[i] = (state[i]! + v[i]! + carry(low)) | 0;
    state[i + 1] = low | 0;
  }
}

function hash64(initial: () => Int32Array, length: number): Hash {
  return {
    blockBytes: 128,
    digest(message) {
      const state = initial();
      const words = new Int32Array(160);
      forEachBlock(message, 128, false, (view, offset) => compress64(state, words, view, offset));
      return bytesOfWords(state, length, false);
    },
  };
}

export const sha512: Hash = hash64(() => pairsOf(SQUARE_ROOTS.slice(0, 8)), 64);
export const sha384: Hash = hash64(() => pairsOf(SQUARE_ROOTS.slice(8, 16)), 48);

/** Its initial state is a digest of its name by a SHA-512 with changed roots. */
export const sha512Truncated256: Hash = hash64(() => {
  const changed = SQUARE_ROOTS.slice(0, 8).map((root) => root ^ 0xa5a5_a5a5_a5a5_a5a5n);
  const name = new Uint8Array(11);
  for (let i = 0; i < name.length; i++) name[i] = "SHA-512/256".charCodeAt(i);
  const view = new DataView(hash64(() => pairsOf(changed), 64).digest(name).buffer);
  return Int32Array.from({ length: 16 }, (_, i) => view.getInt32(4 * i));
}, 32);
