/** Random numbers that a seed decides (splitmix32): good enough for tests and jitter, not for keys. */

export interface VirtualRandom {
  /** Uniform in [0, 1). */
  float(): number;
  bytes(length: number): Uint8Array;
}

export function createVirtualRandom(seed: number): VirtualRandom {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
  return {
    float: () => next() / 0x1_0000_0000,
    bytes(length) {
      const bytes = new Uint8Array(length);
      for (let i = 0; i < length; i++) bytes[i] = next() & 0xff;
      return bytes;
    },
  };
}
