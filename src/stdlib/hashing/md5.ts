/** MD5 (RFC 1321): for names and old protocols, no longer for anything that must be safe. */

import { bytesOfWords, forEachBlock, type Hash } from "./message-blocks.ts";

const rotate = (value: number, by: number): number => (value << by) | (value >>> (32 - by));

const SHIFTS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21] as const;
const SINES = Int32Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 0x1_0000_0000) | 0);

export const md5: Hash = {
  blockBytes: 64,
  digest(message) {
    const state = Int32Array.of(0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476);
    const words = new Int32Array(16);
    forEachBlock(message, 64, true, (view, offset) => {
      for (let i = 0; i < 16; i++) words[i] = view.getInt32(offset + 4 * i, true);
      let [a, b, c, d] = state as unknown as [number, number, number, number];
      for (let i = 0; i < 64; i++) {
        const round = i >> 4;
        const mixed =
          round === 0 ? (b & c) | (~b & d) : round === 1 ? (d & b) | (~d & c) : round === 2 ? b ^ c ^ d : c ^ (b | ~d);
        const at = round === 0 ? i : round === 1 ? 5 * i + 1 : round === 2 ? 3 * i + 5 : 7 * i;
        const sum = (a + mixed + SINES[i]! + words[at & 15]!) | 0;
        a = d;
        d = c;
        c = b;
        b = (b + rotate(sum, SHIFTS[round * 4 + (i & 3)]!)) | 0;
      }
      state[0]! += a;
      state[1]! += b;
      state[2]! += c;
      state[3]! += d;
    });
    return bytesOfWords(state, 16, true);
  },
};
