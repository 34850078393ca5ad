/** SHA-3 (FIPS 202): a sponge over 25 lanes of 64 bits. A lane is two 32-bit numbers, the lower one first. */

import type { Hash } from "./message-blocks.ts";

const LANES = 50;

/** How far each lane is turned, and where it goes, in the order in which one lane's new place is the next lane's old one. */
const { turns, places } = permutation();
const CONSTANTS: Int32Array = roundConstants();

function permutation(): { readonly turns: readonly number[]; readonly places: readonly number[] } {
  const turns: number[] = [];
  const places: number[] = [];
  let [x, y] = [1, 0];
  for (let step = 0; step < 24; step++) {
    [x, y] = [y, (2 * x + 3 * y) % 5];
    turns.push((((step + 1) * (step + 2)) / 2) % 64);
    places.push(x + 5 * y);
  }
  return { turns, places };
}

/** From a shift register of eight bits; bit j of the register's output is bit 2^j − 1 of a constant. */
function roundConstants(): Int32Array {
  const constants = new Int32Array(48);
  let register = 1;
  for (let round = 0; round < 24; round++) {
    for (let j = 0; j < 7; j++) {
      const position = 2 ** j - 1;
      if (register & 1) constants[2 * round + (position >> 5)]! ^= 1 << (position & 31);
      register = (register << 1) ^ (register & 0x80 ? 0x171 : 0);
    }
  }
  return constants;
}

function permute(s: Int32Array, c: Int32Array): void {
  for (let round = 0; round < 24; round++) {
    for (let x = 0; x < 10; x++) c[x] = s[x]! ^ s[x + 10]! ^ s[x + 20]! ^ s[x + 30]! ^ s[x + 40]!;
    for (let x = 0; x < 10; x += 2) {
      const left = (x + 8) % 10;
      const right = (x + 2) % 10;
      const low = c[left]! ^ ((c[right]! << 1) | (c[right + 1]! >>> 31));
      const high = c[left + 1]! ^ ((c[right + 1]! << 1) | (c[right]! >>> 31));
      for (let y = 0; y < LANES; y += 10) {
        s[x + y]! ^= low;
        s[x + y + 1]! ^= high;
      }
    }
    let low = s[2]!;
    let high = s[3]!;
    for (let step = 0; step < 24; step++) {
      const at = 2 * places[step]!;
      const turn = turns[step]!;
      const [l, h] = turn < 32 ? [low, high] : [high, low];
      const by = turn & 31;
      const turnedLow = by === 0 ? l : (l << by) | (h >>> (32 - by));
      const turnedHigh = by === 0 ? h : (h << by) | (l >>> (32 - by));
      low = s[at]!;
      high = s[at + 1]!;
      s[at] = turnedLow;
      s[at + 1] = turnedHigh;
    }
    for (let y = 0; y < LANES; y += 10) {
      for (let x = 0; x < 10; x++) c[x] = s[y + x]!;
      for (let x = 0; x < 10; x++) s[y + x]! ^= ~c[(x + 2) % 10]! & c[(x + 4) % 10]!;
    }
    s[0]! ^= CONSTANTS[2 * round]!;
    s[1]! ^= CONSTANTS[2 * round + 1]!;
  }
}

function sha3(length: 32 | 64): Hash {
  const rate = 200 - 2 * length;
  return {
    blockBytes: rate,
    digest(message) {
      const padded = new Uint8Array(Math.ceil((message.length + 1) / rate) * rate);
      padded.set(message);
      padded[message.length] = 0x06;
      padded[padded.length - 1]! |= 0x80;
      const view = new DataView(padded.buffer);
      const state = new Int32Array(LANES);
      const columns = new Int32Array(10);
      for (let offset = 0; offset < padded.length; offset += rate) {
        for (let at = 0; at < rate; at += 4) state[at >> 2]! ^= view.getInt32(offset + at, true);
        permute(state, columns);
      }
      const digest = new Uint8Array(length);
      const out = new DataView(digest.buffer);
      for (let at = 0; at < length; at += 4) out.setInt32(at, state[at >> 2]!, true);
      return digest;
    },
  };
}

export const sha3_256: Hash = sha3(32);
export const sha3_512: Hash = sha3(64);
