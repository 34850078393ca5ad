/**
 * What every store must do when the disk under it fails: whoever writes is told, everything that was acknowledged is
 * there, what is there is a prefix with all that it refers to, and the run can go on.
 */

import { describe, expect, it } from "vitest";
import { HarnError } from "../../src/base/index.ts";
import {
  beginJournal,
  createRedactor,
  type Fault,
  type FaultMoment,
  type FaultPoints,
  type Journal,
  type JournalStore,
  openJournal,
} from "../../src/journal/index.ts";

export interface FallibleStore {
  readonly store: JournalStore;
  /** The same runs, on a disk that is well again. */
  reopen(): JournalStore | Promise<JournalStore>;
}

interface Trouble {
  readonly name: string;
  readonly moment: FaultMoment;
  readonly fault: (bytes: number) => Fault;
}

const troubles: readonly Trouble[] = [
  {
    name: "a short write",
    moment: "write",
    fault: (bytes) => ({ kind: "short-write", bytes: Math.max(1, bytes >> 1) }),
  },
  { name: "a full disk", moment: "write", fault: () => ({ kind: "disk-full" }) },
  { name: "an error on sync", moment: "sync", fault: () => ({ kind: "sync-error" }) },
  { name: "a duplicate delivery", moment: "after-append", fault: () => ({ kind: "duplicate-delivery" }) },
];

const BATCHES = 5;
const ROWS = 3;
const redactor = createRedactor();

/** Rows that refer to blobs, each batch to one of its own and one that all share. */
function appendBatch(journal: Journal, batch: number): void {
  for (let row = 0; row < ROWS; row++) {
    const args = journal.encode({ own: `${batch}`.repeat(5000), shared: "s".repeat(5000), row }, redactor);
    journal.append({ type: "sync", task: "t", kind: "log.write", digest: journal.digest(args), args }, batch);
  }
}

const argsOf = (journal: Journal): unknown[] =>
  journal.entries.map((entry) => (entry.type === "sync" ? journal.decode(entry.args) : entry.type));

/** Writes batches until one fails; gives how many were acknowledged, and what was told. */
async function writeFrom(journal: Journal, first: number): Promise<{ acknowledged: number; told: unknown }> {
  for (let batch = first; batch < BATCHES; batch++) {
    appendBatch(journal, batch);
    try {
      await journal.flush(true);
    } catch (told) {
      return { acknowledged: batch, told };
    }
  }
  try {
    await journal.finish("completed", 99);
  } catch (told) {
    return { acknowledged: BATCHES, told };
  }
  return { acknowledged: BATCHES, told: undefined };
}

export function describeFaultContract(
  name: string,
  makeStore: (faults: FaultPoints) => FallibleStore | Promise<FallibleStore>,
): void {
  describe(`${name} store on a failing disk`, () => {
    it.each(troubles)("$name, at every moment it can come", async ({ moment, fault }) => {
      const whole = await makeStore(() => undefined);
      await writeFrom(await beginJournal(whole.store, { id: "r", createdMs: 0 }), 0);
      const expected = argsOf(await openJournal(whole.store, "r"));
      expect(expected).toHaveLength(BATCHES * ROWS);

      let struck = true;
      for (let at = 0; struck; at++) {
        struck = false;
        let seen = 0;
        const faults: FaultPoints = (now, { bytes }) => {
          if (now !== moment || seen++ !== at) return undefined;
          struck = true;
          return fault(bytes);
        };
        const fallible = await makeStore(faults);
        let acknowledged = 0;
        try {
          const journal = await beginJournal(fallible.store, { id: "r", createdMs: 0 }, { faults });
          const written = await writeFrom(journal, 0);
          acknowledged = written.acknowledged;
          if (written.told !== undefined) {
            expect(written.told, `${at}`).toBeInstanceOf(HarnError);
            expect((written.told as HarnError).code, `${at}`).toMatch(/^journal\.(write_failed|io)$/);
            expect((written.told as HarnError).message, `${at}`).toMatch(/^Expected /);
          }
        } catch (error) {
          expect(error, `${at}`).toMatchObject({ code: "journal.io" });
        }
        await fallible.store.close();

        const store = await fallible.reopen();
        if ((await store.load("r")) === undefined) await beginJournal(store, { id: "r", createdMs: 0 });
        const journal = await openJournal(store, "r");
        const stored = argsOf(journal);
        expect(stored.length, `${at}`).toBeGreaterThanOrEqual(acknowledged * ROWS);
        expect(stored, `${at}`).toEqual(expected.slice(0, stored.length));
        if (journal.info.status === "running") {
          // A batch that was not acknowledged may be there in part: whoever resumes goes on behind it.
          for (let row = stored.length % ROWS; row !== 0 && row < ROWS; row++) {
            const args = journal.encode(expected[journal.position], redactor);
            journal.append({ type: "sync", task: "t", kind: "log.write", digest: journal.digest(args), args }, 0);
          }
          expect(await writeFrom(journal, Math.ceil(stored.length / ROWS)), `${at}`).toMatchObject({ told: undefined });
        }
        const last = await openJournal(store, "r");
        expect(argsOf(last), `${at}`).toEqual(expected);
        expect(last.info.status, `${at}`).toBe("completed");
        await store.close();
        if (!struck) expect(at, "moments at which it came").toBeGreaterThanOrEqual(BATCHES);
      }
    });
  });
}
