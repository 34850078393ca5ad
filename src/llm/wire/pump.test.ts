import { describe, expect, it } from "vitest";
import { CancelToken } from "../../base/index.ts";
import { createPump, type PumpControl, type PumpSource } from "./pump.ts";

interface Probe {
  readonly iterable: AsyncIterable<number>;
  readonly control: () => PumpControl;
  readonly closes: () => number;
}

/** Bursts are lists, `"hang"` never answers, an Error is thrown after the items before it. */
function probe(bursts: (number[] | "hang" | Error | [number[], Error])[], signal?: CancelToken): Probe {
  let control: PumpControl | undefined;
  let closes = 0;
  const queue = [...bursts];
  const source: PumpSource<number> = {
    async pull(out) {
      const burst = queue.shift();
      if (burst === undefined) return false;
      if (burst === "hang") return new Promise<boolean>(() => {});
      if (burst instanceof Error) throw burst;
      if (burst[1] instanceof Error) {
        out.push(...(burst[0] as number[]));
        throw burst[1];
      }
      out.push(...(burst as number[]));
      return true;
    },
    close() {
      closes++;
    },
  };
  const iterable = createPump<number>({
    signal,
    cancelled: (reason) => new Error(`cancelled: ${String(reason)}`),
    open(opened) {
      control = opened;
      return source;
    },
  });
  return { iterable, control: () => control!, closes: () => closes };
}

async function collect(iterable: AsyncIterable<number>): Promise<{ items: number[]; error?: string }> {
  const items: number[] = [];
  try {
    for await (const item of iterable) items.push(item);
    return { items };
  } catch (error) {
    return { items, error: (error as Error).message };
  }
}

describe("pump", () => {
  it("hands out bursts one by one, then ends and closes once", async () => {
    const pump = probe([[1, 2], [3]]);
    expect(await collect(pump.iterable)).toEqual({ items: [1, 2, 3] });
    expect(pump.closes()).toBe(1);
    expect(pump.control().token.aborted).toBe(true);
  });

  it("opens nothing before the first next", () => {
    const pump = probe([[1]]);
    pump.iterable[Symbol.asyncIterator]();
    expect(pump.control()).toBeUndefined();
  });

  it("hands out what came before a failure, then the failure, then nothing", async () => {
    const pump = probe([[1], [[2, 3], new Error("broken")]]);
    const iterator = pump.iterable[Symbol.asyncIterator]();
    expect(await iterator.next()).toMatchObject({ value: 1 });
    expect(await iterator.next()).toMatchObject({ value: 2 });
    expect(await iterator.next()).toMatchObject({ value: 3 });
    await expect(iterator.next()).rejects.toThrow("broken");
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(pump.closes()).toBe(1);
  });

  it("a cancel answers a waiting next at once", async () => {
    const token = new CancelToken();
    const pump = probe([[1], "hang"], token);
    const run = collect(pump.iterable);
    await Promise.resolve();
    setImmediate(() => token.cancel("enough"));
    expect(await run).toEqual({ items: [1], error: "cancelled: enough" });
    expect(pump.closes()).toBe(1);
    expect(token.listenerCount).toBe(0);
  });

  it("a cancel between two nexts drops what is queued", async () => {
    const token = new CancelToken();
    const pump = probe([[1, 2, 3]], token);
    const iterator = pump.iterable[Symbol.asyncIterator]();
    await iterator.next();
    token.cancel("enough");
    await expect(iterator.next()).rejects.toThrow("cancelled: enough");
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  it("a signal that has fired before opens nothing", async () => {
    const token = new CancelToken();
    token.cancel("early");
    const pump = probe([[1]], token);
    expect(await collect(pump.iterable)).toEqual({ items: [], error: "cancelled: early" });
    expect(pump.control()).toBeUndefined();
  });

  it("an interruption fails a waiting next; after the end it does nothing", async () => {
    const pump = probe(["hang"]);
    const run = collect(pump.iterable);
    await Promise.resolve();
    pump.control().interrupt(new Error("deadline"));
    expect(await run).toEqual({ items: [], error: "deadline" });

    const over = probe([[1]]);
    expect(await collect(over.iterable)).toEqual({ items: [1] });
    over.control().interrupt(new Error("late"));
  });

  it("an early return settles a waiting next and closes", async () => {
    const pump = probe([[1], "hang"]);
    const iterator = pump.iterable[Symbol.asyncIterator]();
    await iterator.next();
    const waiting = iterator.next();
    await iterator.return!();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(pump.closes()).toBe(1);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  it("serves those who ask ahead in order", async () => {
    const pump = probe([[1], [2, 3], [4]]);
    const iterator = pump.iterable[Symbol.asyncIterator]();
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => iterator.next()));
    expect(answers.map((answer) => answer.value)).toEqual([1, 2, 3, 4, undefined]);
  });
});
