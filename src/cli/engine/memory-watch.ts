/**
 * A program that takes all memory ends with a word of ours: the platform's way is a dump of its own stack and a signal.
 * Looked at whenever the program lets the event loop have its turn, which is often enough for what grows bit by bit.
 */

import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { HarnError } from "../../base/index.ts";

/** Share of the heap at which garbage is collected, to see what is really held. */
const SUSPICIOUS = 0.85;
/** Share of the heap that a program may hold. What is missing is room for one more turn, and for the end. */
const ALLOWED = 0.8;

/** Bytes in use, and bytes there may be. */
export interface HeapUse {
  readonly used: number;
  readonly limit: number;
}

export interface Heap {
  read(): HeapUse;
  collect(): void;
}

/** What is wrong when the program holds too much; undefined while there is room. Costs microseconds while there is. */
export function outOfMemory(heap: Heap = processHeap): HarnError | undefined {
  const before = heap.read();
  if (before.used < before.limit * SUSPICIOUS) return undefined;
  heap.collect();
  const { used, limit } = heap.read();
  if (used < limit * ALLOWED) return undefined;
  return new HarnError(
    "run.memory",
    `The program holds ${megabytes(used)} MB of memory, and there are ${megabytes(limit)} MB in all`,
    { data: { hint: "keep less at a time, or give it more with NODE_OPTIONS=--max-old-space-size=<MB>" } },
  );
}

const processHeap: Heap = {
  read() {
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
    return { used, limit };
  },
  collect() {
    setFlagsFromString("--expose-gc");
    const collect: unknown = runInNewContext("gc");
    if (typeof collect === "function") collect();
  },
};

function megabytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
