/** Literals coded by Huffman: symbols with a weight, the last of which follows from the others. */

import { BackwardBits, ForwardBits, ZstdError } from "./bit-streams.ts";
import { decodingTable, readCounts } from "./finite-state.ts";

const MAX_BITS = 11;

export interface HuffmanTable {
  /** Bits that are looked at for one symbol. */
  readonly log: number;
  readonly symbols: Uint8Array;
  readonly bitCounts: Uint8Array;
}

export function readHuffmanTable(
  data: Uint8Array,
  start: number,
  end: number,
): { readonly table: HuffmanTable; readonly next: number } {
  const header = data[start] ?? 0;
  if (header >= 128) {
    const count = header - 127;
    const next = start + 1 + Math.ceil(count / 2);
    if (next > end) throw new ZstdError("the data end too early");
    const weights = Array.from({ length: count }, (_, at) => {
      const pair = data[start + 1 + (at >> 1)] ?? 0;
      return at % 2 === 0 ? pair >> 4 : pair & 15;
    });
    return { table: tableOfWeights(weights), next };
  }
  const next = start + 1 + header;
  if (next > end) throw new ZstdError("the data end too early");
  return { table: tableOfWeights(readWeights(data.subarray(0, next), start + 1, next)), next };
}

/** Two states take turns until the bits are used up. */
function readWeights(data: Uint8Array, start: number, end: number): number[] {
  const forward = new ForwardBits(data, start);
  const { counts, log } = readCounts(forward, 6, 255);
  const table = decodingTable(counts, log);
  const bits = new BackwardBits(data, forward.nextByte, end);
  const states = [bits.take(log), bits.take(log)];
  if (bits.left < 0) throw new ZstdError("the data end too early");
  const weights: number[] = [];
  for (let turn = 0; weights.length < 255; turn = 1 - turn) {
    const state = states[turn]!;
    weights.push(table.symbols[state]!);
    const count = table.bitCounts[state]!;
    if (count > bits.left) {
      weights.push(table.symbols[states[1 - turn]!]!);
      return weights;
    }
    states[turn] = table.bases[state]! + bits.take(count);
  }
  throw new ZstdError("a Huffman table has too many symbols");
}

function tableOfWeights(weights: number[]): HuffmanTable {
  let sum = 0;
  for (const weight of weights) if (weight > 0) sum += 2 ** (weight - 1);
  if (sum === 0) throw new ZstdError("a Huffman table is empty");
  const log = 32 - Math.clz32(sum);
  const rest = 2 ** log - sum;
  if (log > MAX_BITS || (rest & (rest - 1)) !== 0) throw new ZstdError("the weights of a Huffman table do not fit");
  const all = [...weights, 32 - Math.clz32(rest)];
  const size = 1 << log;
  const symbols = new Uint8Array(size);
  const bitCounts = new Uint8Array(size);
  let at = 0;
  for (let weight = 1; weight <= log; weight++) {
    for (const [symbol, each] of all.entries()) {
      if (each !== weight) continue;
      const places = 1 << (weight - 1);
      symbols.fill(symbol, at, at + places);
      bitCounts.fill(log + 1 - weight, at, at + places);
      at += places;
    }
  }
  return { log, symbols, bitCounts };
}

export function decodeHuffman(
  table: HuffmanTable,
  data: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  from: number,
  to: number,
): void {
  const bits = new BackwardBits(data, start, end);
  const { log, symbols, bitCounts } = table;
  for (let at = from; at < to; at++) {
    const place = bits.peek(log);
    out[at] = symbols[place]!;
    bits.skip(bitCounts[place]!);
  }
  if (bits.left !== 0) throw new ZstdError("a stream of literals does not end where it should");
}
