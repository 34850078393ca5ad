/**
 * Finite state entropy: a symbol and some bits lead from one state to the next; probable symbols need few bits. A table
 * follows from the *counts* of the symbols, which sum to its size; −1 stands for "less than one".
 */

import { type ForwardBits, ZstdError } from "./bit-streams.ts";

export interface DecodingTable {
  readonly log: number;
  readonly symbols: Uint8Array;
  readonly bitCounts: Uint8Array;
  readonly bases: Uint16Array;
}

/** Which symbol each state stands for: rare ones at the end, the others spread evenly. */
function spreadSymbols(counts: readonly number[], log: number): Uint8Array {
  const size = 1 << log;
  const symbols = new Uint8Array(size);
  let high = size - 1;
  for (const [symbol, count] of counts.entries()) if (count === -1) symbols[high--] = symbol;
  const step = (size >> 1) + (size >> 3) + 3;
  let at = 0;
  for (const [symbol, count] of counts.entries()) {
    for (let i = 0; i < count; i++) {
      symbols[at] = symbol;
      do at = (at + step) & (size - 1);
      while (at > high);
    }
  }
  if (at !== 0) throw new ZstdError("the counts of a table do not fit its size");
  return symbols;
}

const highBit = (value: number): number => 31 - Math.clz32(value);

export function decodingTable(counts: readonly number[], log: number): DecodingTable {
  const size = 1 << log;
  const symbols = spreadSymbols(counts, log);
  const next = counts.map((count) => (count === -1 ? 1 : count));
  const bitCounts = new Uint8Array(size);
  const bases = new Uint16Array(size);
  for (let state = 0; state < size; state++) {
    const symbol = symbols[state]!;
    const number = next[symbol]!++;
    const bits = log - highBit(number);
    bitCounts[state] = bits;
    bases[state] = (number << bits) - size;
  }
  return { log, symbols, bitCounts, bases };
}

/** A table with one symbol. */
export function constantTable(symbol: number): DecodingTable {
  return { log: 0, symbols: Uint8Array.of(symbol), bitCounts: Uint8Array.of(0), bases: Uint16Array.of(0) };
}

/** The counts of a table as they are written in a block. */
export function readCounts(
  bits: ForwardBits,
  maxLog: number,
  maxSymbol: number,
): { readonly counts: readonly number[]; readonly log: number } {
  const log = bits.take(4) + 5;
  if (log > maxLog) throw new ZstdError(`a table of 2^${log} states is too large`);
  const counts: number[] = [];
  let remaining = (1 << log) + 1;
  let threshold = 1 << log;
  let width = log + 1;
  while (remaining > 1 && counts.length <= maxSymbol) {
    // Small values need one bit less.
    const most = 2 * threshold - 1 - remaining;
    let value = bits.peek(width - 1);
    if (value < most) bits.skip(width - 1);
    else {
      value = bits.take(width);
      if (value >= threshold) value -= most;
    }
    const count = value - 1;
    remaining -= Math.abs(count);
    counts.push(count);
    while (remaining < threshold && width > 1) {
      width -= 1;
      threshold >>= 1;
    }
    if (count === 0) {
      for (let repeat = bits.take(2); ; repeat = bits.take(2)) {
        for (let i = 0; i < repeat; i++) counts.push(0);
        if (repeat < 3) break;
      }
    }
  }
  if (remaining !== 1 || counts.length > maxSymbol + 1) throw new ZstdError("the counts of a table do not fit");
  return { counts, log };
}

export interface EncodingTable {
  readonly log: number;
  readonly states: Uint16Array;
  readonly deltaBits: Int32Array;
  readonly deltaStates: Int32Array;
}

export function encodingTable(counts: readonly number[], log: number): EncodingTable {
  const size = 1 << log;
  const symbols = spreadSymbols(counts, log);
  const starts: number[] = [];
  let sum = 0;
  for (const count of counts) {
    starts.push(sum);
    sum += Math.abs(count);
  }
  const states = new Uint16Array(size);
  const at = [...starts];
  for (let state = 0; state < size; state++) states[at[symbols[state]!]!++] = size + state;
  const deltaBits = new Int32Array(counts.length);
  const deltaStates = new Int32Array(counts.length);
  for (const [symbol, count] of counts.entries()) {
    if (count === 0) continue;
    const number = Math.abs(count);
    const most = number === 1 ? log : log - highBit(number - 1);
    deltaBits[symbol] = (most << 16) - (number << most);
    deltaStates[symbol] = starts[symbol]! - number;
  }
  return { log, states, deltaBits, deltaStates };
}
