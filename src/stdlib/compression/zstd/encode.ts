/**
 * Writing Zstandard. One frame with its size and a checksum; repeated texts become sequences, coded with the tables that
 * every reader knows; literals stay as they are. Other writers pack tighter; every reader can read this.
 */

import { BitWriter } from "./bit-streams.ts";
import { MAGIC, MAX_BLOCK_BYTES } from "./decode.ts";
import { type EncodingTable, encodingTable } from "./finite-state.ts";
import { codeOf, LITERAL_LENGTHS, MATCH_LENGTHS, PREDEFINED } from "./sequence-codes.ts";
import { xxhash64 } from "./xxhash64.ts";

interface Sequence {
  readonly literals: number;
  readonly offset: number;
  readonly length: number;
}

const MIN_MATCH = 4;
const HASH_BITS = 16;
/** Farther back the extra bits of an offset cost more than they save; also what every reader must hold. */
const MAX_OFFSET = 8 * 1024 * 1024 - 1;

export function encodeZstd(data: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [frameHeader(data.length)];
  const positions = new Int32Array(1 << HASH_BITS).fill(-1);
  for (let start = 0; ; start += MAX_BLOCK_BYTES) {
    const end = Math.min(start + MAX_BLOCK_BYTES, data.length);
    const isLast = end === data.length;
    parts.push(...encodeBlock(data, start, end, isLast, positions));
    if (isLast) break;
  }
  const checksum = new Uint8Array(4);
  new DataView(checksum.buffer).setUint32(0, Number(xxhash64(data) & 0xffffffffn), true);
  parts.push(checksum);
  return concat(parts);
}

/** The window is as large as the content up to 8 MiB, which every reader must hold. */
function frameHeader(length: number): Uint8Array {
  const header = new Uint8Array(14);
  const view = new DataView(header.buffer);
  view.setUint32(0, MAGIC, true);
  header[4] = 0xc4;
  header[5] = 13 << 3;
  view.setBigUint64(6, BigInt(length), true);
  return header;
}

function encodeBlock(
  data: Uint8Array,
  start: number,
  end: number,
  isLast: boolean,
  positions: Int32Array,
): Uint8Array[] {
  const size = end - start;
  const header = (kind: number, length: number): Uint8Array => {
    const value = (length << 3) | (kind << 1) | (isLast ? 1 : 0);
    return Uint8Array.of(value & 0xff, (value >> 8) & 0xff, value >> 16);
  };
  if (size > 1 && isOneByte(data, start, end)) return [header(1, size), data.subarray(start, start + 1)];
  const { sequences, literals } = findSequences(data, start, end, positions);
  if (sequences.length > 0) {
    const body = concat([literalSection(literals), sequenceSection(sequences)]);
    if (body.length < size) return [header(2, body.length), body];
  }
  return [header(0, size), data.subarray(start, end)];
}

function isOneByte(data: Uint8Array, start: number, end: number): boolean {
  for (let at = start + 1; at < end; at++) if (data[at] !== data[start]) return false;
  return true;
}

/** The nearest earlier place with the same four bytes, if any, as long as it goes. */
function findSequences(
  data: Uint8Array,
  start: number,
  end: number,
  positions: Int32Array,
): { readonly sequences: readonly Sequence[]; readonly literals: Uint8Array } {
  const sequences: Sequence[] = [];
  const pieces: Uint8Array[] = [];
  let anchor = start;
  let at = start;
  while (at + MIN_MATCH <= end) {
    const word = data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24);
    const hash = Math.imul(word, 0x9e3779b1) >>> (32 - HASH_BITS);
    const candidate = positions[hash]!;
    positions[hash] = at;
    let length = 0;
    if (candidate >= 0 && at - candidate <= MAX_OFFSET) {
      while (at + length < end && data[candidate + length] === data[at + length]) length += 1;
    }
    if (length < MIN_MATCH) {
      // The longer nothing is found, the faster it goes.
      at += 1 + ((at - anchor) >> 6);
      continue;
    }
    sequences.push({ literals: at - anchor, offset: at - candidate, length });
    pieces.push(data.subarray(anchor, at));
    at += length;
    anchor = at;
  }
  pieces.push(data.subarray(anchor, end));
  return { sequences, literals: concat(pieces) };
}

function literalSection(literals: Uint8Array): Uint8Array {
  const value = (literals.length << 4) | 0b1100;
  return concat([Uint8Array.of(value & 0xff, (value >> 8) & 0xff, value >> 16), literals]);
}

interface Tables {
  readonly literals: EncodingTable;
  readonly offsets: EncodingTable;
  readonly matches: EncodingTable;
}

function sequenceSection(sequences: readonly Sequence[]): Uint8Array {
  const tables: Tables = {
    literals: encodingTable(PREDEFINED.literalLengths.counts, PREDEFINED.literalLengths.log),
    offsets: encodingTable(PREDEFINED.offsets.counts, PREDEFINED.offsets.log),
    matches: encodingTable(PREDEFINED.matchLengths.counts, PREDEFINED.matchLengths.log),
  };
  const bits = new BitWriter();
  let literalState = 0;
  let offsetState = 0;
  let matchState = 0;
  // Last first, since the reader starts at the end.
  for (let i = sequences.length - 1; i >= 0; i--) {
    const { literals, offset, length } = sequences[i]!;
    const literalCode = codeOf(LITERAL_LENGTHS, literals);
    const matchCode = codeOf(MATCH_LENGTHS, length);
    const offsetValue = offset + 3;
    const offsetCode = 31 - Math.clz32(offsetValue);
    if (i === sequences.length - 1) {
      matchState = firstState(tables.matches, matchCode);
      offsetState = firstState(tables.offsets, offsetCode);
      literalState = firstState(tables.literals, literalCode);
    } else {
      offsetState = nextState(tables.offsets, offsetState, offsetCode, bits);
      matchState = nextState(tables.matches, matchState, matchCode, bits);
      literalState = nextState(tables.literals, literalState, literalCode, bits);
    }
    bits.add(literals - LITERAL_LENGTHS[literalCode]![0], LITERAL_LENGTHS[literalCode]![1]);
    bits.add(length - MATCH_LENGTHS[matchCode]![0], MATCH_LENGTHS[matchCode]![1]);
    bits.add(offsetValue - 2 ** offsetCode, offsetCode);
  }
  bits.add(matchState, tables.matches.log);
  bits.add(offsetState, tables.offsets.log);
  bits.add(literalState, tables.literals.log);
  return concat([sequenceCount(sequences.length), Uint8Array.of(0), bits.finish()]);
}

function sequenceCount(count: number): Uint8Array {
  if (count < 128) return Uint8Array.of(count);
  if (count < 0x7f00) return Uint8Array.of((count >> 8) + 128, count & 0xff);
  return Uint8Array.of(255, (count - 0x7f00) & 0xff, (count - 0x7f00) >> 8);
}

/** The state that costs fewest bits to leave. */
function firstState({ states, deltaBits, deltaStates }: EncodingTable, symbol: number): number {
  const count = (deltaBits[symbol]! + 0x8000) >> 16;
  const value = (count << 16) - deltaBits[symbol]!;
  return states[(value >> count) + deltaStates[symbol]!]!;
}

function nextState(
  { states, deltaBits, deltaStates }: EncodingTable,
  state: number,
  symbol: number,
  bits: BitWriter,
): number {
  const count = (state + deltaBits[symbol]!) >> 16;
  bits.add(state, count);
  return states[(state >> count) + deltaStates[symbol]!]!;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
