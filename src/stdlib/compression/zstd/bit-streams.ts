/**
 * Bits as Zstandard packs them: from the lowest bit of the first byte upwards. Two ways of reading: forwards, for the
 * description of tables; backwards from the highest set bit of the last byte, for everything coded with them, so that
 * what was written last is read first.
 */

export class ZstdError extends Error {}

export class ForwardBits {
  readonly #data: Uint8Array;
  #bit: number;

  constructor(data: Uint8Array, start: number) {
    this.#data = data;
    this.#bit = start * 8;
  }

  /** At most 24 bits. */
  peek(count: number): number {
    const at = this.#bit >> 3;
    const data = this.#data;
    const word =
      (data[at] ?? 0) | ((data[at + 1] ?? 0) << 8) | ((data[at + 2] ?? 0) << 16) | ((data[at + 3] ?? 0) << 24);
    return (word >>> (this.#bit & 7)) & ((1 << count) - 1);
  }

  skip(count: number): void {
    this.#bit += count;
    if (this.#bit > this.#data.length * 8) throw new ZstdError("the data end too early");
  }

  take(count: number): number {
    const value = this.peek(count);
    this.skip(count);
    return value;
  }

  /** The first byte that was not touched. */
  get nextByte(): number {
    return (this.#bit + 7) >> 3;
  }
}

export class BackwardBits {
  readonly #data: Uint8Array;
  readonly #start: number;
  /** Bits that are left. Below zero: more were read than there are, which reads as zeros. */
  left: number;

  constructor(data: Uint8Array, start: number, end: number) {
    const last = data[end - 1] ?? 0;
    if (end <= start || last === 0) throw new ZstdError("a bit stream has no end mark");
    this.#data = data;
    this.#start = start;
    this.left = (end - start) * 8 - (Math.clz32(last) - 24) - 1;
  }

  /** At most 25 bits. */
  peek(count: number): number {
    if (count === 0) return 0;
    const from = this.left - count;
    if (from < 0) {
      const available = Math.max(0, this.left);
      return available === 0 ? 0 : (this.#bits(0, available) << (count - available)) >>> 0;
    }
    return this.#bits(from, count);
  }

  #bits(from: number, count: number): number {
    const at = this.#start + (from >> 3);
    const data = this.#data;
    const word =
      (data[at] ?? 0) | ((data[at + 1] ?? 0) << 8) | ((data[at + 2] ?? 0) << 16) | ((data[at + 3] ?? 0) << 24);
    return (word >>> (from & 7)) & ((1 << count) - 1);
  }

  skip(count: number): void {
    this.left -= count;
  }

  take(count: number): number {
    if (count > 16) {
      const high = this.take(count - 16);
      return high * 65_536 + this.take(16);
    }
    const value = this.peek(count);
    this.left -= count;
    return value;
  }
}

/** Writes what {@link BackwardBits} reads, first written last read. */
export class BitWriter {
  readonly #bytes: number[] = [];
  #held = 0;
  #count = 0;

  /** At most 16 bits at a time. */
  add(value: number, count: number): void {
    if (count > 16) {
      this.add(value & 0xffff, 16);
      this.add(Math.floor(value / 65_536), count - 16);
      return;
    }
    this.#held |= (value & ((1 << count) - 1)) << this.#count;
    this.#count += count;
    while (this.#count >= 8) {
      this.#bytes.push(this.#held & 0xff);
      this.#held >>>= 8;
      this.#count -= 8;
    }
  }

  finish(): Uint8Array {
    this.add(1, 1);
    if (this.#count > 0) this.#bytes.push(this.#held & 0xff);
    return Uint8Array.from(this.#bytes);
  }
}
