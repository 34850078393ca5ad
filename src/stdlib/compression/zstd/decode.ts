/** Reading Zstandard (RFC 8878). Dictionaries are not supported; checksums are verified. */

import { BackwardBits, ForwardBits, ZstdError } from "./bit-streams.ts";
import { constantTable, type DecodingTable, decodingTable, readCounts } from "./finite-state.ts";
import { decodeHuffman, type HuffmanTable, readHuffmanTable } from "./huffman.ts";
import { LITERAL_LENGTHS, MATCH_LENGTHS, PREDEFINED } from "./sequence-codes.ts";
import { xxhash64 } from "./xxhash64.ts";

export const MAGIC: number = 0xfd2fb528;
export const MAX_BLOCK_BYTES: number = 128 * 1024;
const MAX_OFFSET_CODE = 31;

/** What one block leaves for the next. */
interface FrameState {
  huffman: HuffmanTable | undefined;
  literalLengths: DecodingTable | undefined;
  offsets: DecodingTable | undefined;
  matchLengths: DecodingTable | undefined;
  /** The last three offsets, newest first. */
  readonly recent: [number, number, number];
}

/** The output, growing up to a limit. */
class Output {
  #bytes = new Uint8Array(64 * 1024);
  readonly #maxBytes: number;
  length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  #reserve(count: number): void {
    const needed = this.length + count;
    if (needed > this.#maxBytes) throw new ZstdError(`the output is larger than ${this.#maxBytes} bytes`);
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.min(this.#maxBytes, Math.max(needed, 2 * this.#bytes.length)));
    larger.set(this.#bytes.subarray(0, this.length));
    this.#bytes = larger;
  }

  append(data: Uint8Array): void {
    this.#reserve(data.length);
    this.#bytes.set(data, this.length);
    this.length += data.length;
  }

  fill(byte: number, count: number): void {
    this.#reserve(count);
    this.#bytes.fill(byte, this.length, this.length + count);
    this.length += count;
  }

  /** The copy may overlap what it makes. */
  repeat(offset: number, count: number, frameStart: number): void {
    const from = this.length - offset;
    if (from < frameStart) throw new ZstdError("an offset leads before the start");
    this.#reserve(count);
    const bytes = this.#bytes;
    if (offset >= count) bytes.copyWithin(this.length, from, from + count);
    else for (let i = 0; i < count; i++) bytes[this.length + i] = bytes[from + i]!;
    this.length += count;
  }

  view(start: number): Uint8Array {
    return this.#bytes.subarray(start, this.length);
  }
}

/** @throws ZstdError for what is no Zstandard, or more than `maxBytes` */
export function decodeZstd(data: Uint8Array, maxBytes: number): Uint8Array {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const out = new Output(maxBytes);
  let at = 0;
  if (data.length === 0) throw new ZstdError("the data are empty");
  while (at < data.length) {
    if (at + 4 > data.length) throw new ZstdError("the data end too early");
    const magic = view.getUint32(at, true);
    if (magic >>> 4 === 0x184d2a5) {
      if (at + 8 > data.length) throw new ZstdError("the data end too early");
      at += 8 + view.getUint32(at + 4, true);
      if (at > data.length) throw new ZstdError("the data end too early");
    } else if (magic === MAGIC) at = decodeFrame(data, view, at + 4, out);
    else throw new ZstdError("the data are not in the Zstandard format");
  }
  return out.view(0).slice();
}

function decodeFrame(data: Uint8Array, view: DataView, start: number, out: Output): number {
  const descriptor = data[start] ?? 0;
  const isSingle = (descriptor & 0x20) !== 0;
  const hasChecksum = (descriptor & 4) !== 0;
  if ((descriptor & 8) !== 0) throw new ZstdError("a frame uses a reserved bit");
  let at = start + 1 + (isSingle ? 0 : 1);
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  for (let i = 0; i < dictionaryBytes; i++) {
    if ((data[at + i] ?? 0) !== 0) throw new ZstdError("dictionaries are not supported");
  }
  at += dictionaryBytes + (descriptor >> 6 === 0 ? (isSingle ? 1 : 0) : 1 << (descriptor >> 6));

  const frameStart = out.length;
  const state: FrameState = {
    huffman: undefined,
    literalLengths: undefined,
    offsets: undefined,
    matchLengths: undefined,
    recent: [1, 4, 8],
  };
  for (let isLast = false; !isLast; ) {
    if (at + 3 > data.length) throw new ZstdError("the data end too early");
    const header = data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16);
    at += 3;
    isLast = (header & 1) !== 0;
    const kind = (header >> 1) & 3;
    const size = header >> 3;
    if (kind !== 1 && (size > MAX_BLOCK_BYTES || at + size > data.length)) {
      throw new ZstdError(size > MAX_BLOCK_BYTES ? "a block is too large" : "the data end too early");
    }
    if (kind === 0) out.append(data.subarray(at, at + size));
    else if (kind === 1) {
      if (at >= data.length || size > MAX_BLOCK_BYTES) throw new ZstdError("a block is too large");
      out.fill(data[at]!, size);
    } else if (kind === 2) decodeBlock(data.subarray(at, at + size), state, out, frameStart);
    else throw new ZstdError("a block is of an unknown kind");
    at += kind === 1 ? 1 : size;
  }
  if (!hasChecksum) return at;
  if (at + 4 > data.length) throw new ZstdError("the data end too early");
  if (Number(xxhash64(out.view(frameStart)) & 0xffffffffn) !== view.getUint32(at, true)) {
    throw new ZstdError("the checksum does not fit the data");
  }
  return at + 4;
}

function decodeBlock(block: Uint8Array, state: FrameState, out: Output, frameStart: number): void {
  const { literals, next } = readLiterals(block, state);
  let at = next;
  let count = block[at++] ?? 0;
  if (count >= 128) {
    if (count < 255) count = ((count - 128) << 8) + (block[at++] ?? 0);
    else {
      count = (block[at] ?? 0) + ((block[at + 1] ?? 0) << 8) + 0x7f00;
      at += 2;
    }
  }
  if (count === 0) {
    out.append(literals);
    return;
  }
  const modes = block[at++] ?? 0;
  const read = (
    mode: number,
    previous: DecodingTable | undefined,
    preset: { readonly counts: readonly number[]; readonly log: number },
    maxLog: number,
    maxSymbol: number,
  ): DecodingTable => {
    switch (mode & 3) {
      case 0:
        return decodingTable(preset.counts, preset.log);
      case 1: {
        const symbol = block[at++] ?? 0;
        if (symbol > maxSymbol) throw new ZstdError("a sequence has an unknown code");
        return constantTable(symbol);
      }
      case 2: {
        const bits = new ForwardBits(block, at);
        const { counts, log } = readCounts(bits, maxLog, maxSymbol);
        at = bits.nextByte;
        return decodingTable(counts, log);
      }
    }
    if (previous === undefined) throw new ZstdError("a block repeats a table that is not there");
    return previous;
  };
  const literalLengths = read(modes >> 6, state.literalLengths, PREDEFINED.literalLengths, 9, 35);
  const offsets = read(modes >> 4, state.offsets, PREDEFINED.offsets, 8, MAX_OFFSET_CODE);
  const matchLengths = read(modes >> 2, state.matchLengths, PREDEFINED.matchLengths, 9, 52);
  Object.assign(state, { literalLengths, offsets, matchLengths });

  const bits = new BackwardBits(block, at, block.length);
  let literalState = bits.take(literalLengths.log);
  let offsetState = bits.take(offsets.log);
  let matchState = bits.take(matchLengths.log);
  let used = 0;
  for (let i = 0; i < count; i++) {
    const offsetCode = offsets.symbols[offsetState]!;
    const [matchBase, matchBits] = MATCH_LENGTHS[matchLengths.symbols[matchState]!]!;
    const [literalBase, literalBits] = LITERAL_LENGTHS[literalLengths.symbols[literalState]!]!;
    const offsetValue = 2 ** offsetCode + bits.take(offsetCode);
    const matchLength = matchBase + bits.take(matchBits);
    const literalLength = literalBase + bits.take(literalBits);
    if (i < count - 1) {
      literalState = literalLengths.bases[literalState]! + bits.take(literalLengths.bitCounts[literalState]!);
      matchState = matchLengths.bases[matchState]! + bits.take(matchLengths.bitCounts[matchState]!);
      offsetState = offsets.bases[offsetState]! + bits.take(offsets.bitCounts[offsetState]!);
    }
    if (bits.left < 0) throw new ZstdError("the data end too early");
    if (used + literalLength > literals.length) throw new ZstdError("a sequence wants more literals than there are");
    out.append(literals.subarray(used, used + literalLength));
    used += literalLength;
    out.repeat(resolveOffset(offsetValue, literalLength, state.recent), matchLength, frameStart);
  }
  if (bits.left !== 0) throw new ZstdError("the sequences do not end where they should");
  out.append(literals.subarray(used));
}

/** Values up to 3 name one of the last offsets; without literals before it, the newest is not worth a name. */
function resolveOffset(value: number, literalLength: number, recent: [number, number, number]): number {
  if (value > 3) {
    recent[2] = recent[1];
    recent[1] = recent[0];
    recent[0] = value - 3;
    return recent[0];
  }
  const place = value - 1 + (literalLength === 0 ? 1 : 0);
  if (place === 0) return recent[0];
  const offset = place === 3 ? recent[0] - 1 : recent[place]!;
  if (offset === 0) throw new ZstdError("an offset is zero");
  if (place > 1) recent[2] = recent[1];
  recent[1] = recent[0];
  recent[0] = offset;
  return offset;
}

function readLiterals(block: Uint8Array, state: FrameState): { readonly literals: Uint8Array; readonly next: number } {
  const first = block[0] ?? 0;
  const kind = first & 3;
  const format = (first >> 2) & 3;
  const byte = (at: number): number => block[at] ?? 0;
  if (kind < 2) {
    const headerBytes = format % 2 === 0 ? 1 : format === 1 ? 2 : 3;
    const size =
      headerBytes === 1
        ? first >> 3
        : headerBytes === 2
          ? (first >> 4) | (byte(1) << 4)
          : (first >> 4) | (byte(1) << 4) | (byte(2) << 12);
    const end = headerBytes + (kind === 0 ? size : 1);
    if (end > block.length || size > MAX_BLOCK_BYTES) throw new ZstdError("the data end too early");
    const literals = kind === 0 ? block.subarray(headerBytes, end) : new Uint8Array(size).fill(byte(headerBytes));
    return { literals, next: end };
  }
  const headerBytes = format < 2 ? 3 : format === 2 ? 4 : 5;
  const width = format < 2 ? 10 : format === 2 ? 14 : 18;
  const header = new ForwardBits(block, 0);
  header.skip(4);
  const size = header.take(width);
  const packedSize = header.take(width);
  const end = headerBytes + packedSize;
  if (end > block.length || size > MAX_BLOCK_BYTES) throw new ZstdError("the data end too early");
  let at = headerBytes;
  if (kind === 2) {
    const read = readHuffmanTable(block, at, end);
    state.huffman = read.table;
    at = read.next;
  }
  const table = state.huffman;
  if (table === undefined) throw new ZstdError("a block repeats a table that is not there");
  const literals = new Uint8Array(size);
  if (format === 0) decodeHuffman(table, block, at, end, literals, 0, size);
  else {
    const part = (size + 3) >> 2;
    let from = at + 6;
    for (let stream = 0; stream < 4; stream++) {
      const to = stream === 3 ? end : from + (byte(at + 2 * stream) | (byte(at + 2 * stream + 1) << 8));
      if (to > end) throw new ZstdError("the data end too early");
      decodeHuffman(
        table,
        block,
        from,
        to,
        literals,
        Math.min(size, stream * part),
        Math.min(size, (stream + 1) * part),
      );
      from = to;
    }
  }
  return { literals, next: end };
}
