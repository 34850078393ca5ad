/** Listing runs and branching off from them; starts nothing. Looking at one is in `run-tree.ts`. */

import { HarnError, type JsonObject } from "../base/index.ts";
import { blobsBehind } from "./blob-references.ts";
import { beginJournal, type Journal, type NewRun, openJournal } from "./journal.ts";
import { andThen } from "./maybe-promise.ts";
import { checkVersion, migrateEntry } from "./migrations.ts";
import { JOURNAL_VERSION, type JournalStore, type MaybePromise, type RunInfo } from "./spec.ts";
import { parseStoredJson } from "./value-codec.ts";

export function listRuns(store: JournalStore): MaybePromise<readonly RunInfo[]> {
  return store.list();
}

/**
 * Copies the first entries of a run into a new one, up to and including `atSeq`, for resuming it from there. What was in
 * flight at that point is in doubt in the fork, like after a crash.
 *
 * @param atSeq -1 takes over nothing
 * @throws HarnError `journal.not_found`, `journal.exists`, `journal.out_of_range`
 */
export function forkRun(
  store: JournalStore,
  source: string,
  atSeq: number,
  fork: Omit<NewRun, "parent">,
): MaybePromise<Journal> {
  return andThen(store.load(source), (stored) => {
    if (!stored)
      throw new HarnError("journal.not_found", `Expected a run with id \`${source}\` in the store, found none`);
    if (!Number.isSafeInteger(atSeq) || atSeq < -1 || atSeq >= stored.rows.length) {
      throw new HarnError(
        "journal.out_of_range",
        `Expected an entry from -1 to ${stored.rows.length - 1} of run \`${source}\`, found ${atSeq}`,
      );
    }
    checkVersion(stored.info.version);
    const rows = stored.rows
      .slice(0, atSeq + 1)
      .map((row) =>
        stored.info.version === JOURNAL_VERSION ? row : { seq: row.seq, body: migrated(row.body, stored.info.version) },
      );
    const blobs = blobsBehind(
      rows.map(({ body }) => body),
      stored.blobs,
    );
    const inherited: Partial<NewRun> = {
      ...(stored.info.program === undefined ? {} : { program: stored.info.program }),
      ...(stored.info.meta === undefined ? {} : { meta: stored.info.meta }),
    };
    return andThen(beginJournal(store, { ...inherited, ...fork, parent: { run: source, seq: atSeq } }), () =>
      andThen(store.append(fork.id, { rows, blobs, durable: true }), () => openJournal(store, fork.id)),
    );
  });
}

function migrated(body: string, version: number): string {
  const entry: JsonObject = migrateEntry(parseStoredJson(body, "a journal entry"), version);
  return JSON.stringify(entry);
}
