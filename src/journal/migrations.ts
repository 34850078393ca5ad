/**
 * How old journals are read. A run is migrated when it is opened, one version at a time, and never rewritten; nothing
 * else in the layer asks for a version.
 *
 * Versions:
 * - 1: first.
 * - 2: notes. A run that was begun in version 1 and gone on with may hold them too; the other entries are the same.
 */

import { HarnError, isJsonObject, type JsonObject } from "../base/index.ts";
import { JOURNAL_VERSION } from "./spec.ts";

/** Turns an entry of one version into the next. Blobs have had one form so far. */
export interface Migration {
  /** The version it reads; it writes the next one. */
  readonly from: number;
  entry(entry: JsonObject): JsonObject;
}

export const MIGRATIONS: readonly Migration[] = [{ from: 1, entry: (entry) => entry }];

/**
 * Brings an entry of `version` to the current version.
 *
 * @throws HarnError `journal.version` for a version from the future or without a way forward, `journal.corrupt` for an
 *   entry that is no object
 */
export function migrateEntry(
  entry: unknown,
  version: number,
  migrations: readonly Migration[] = MIGRATIONS,
  target: number = JOURNAL_VERSION,
): JsonObject {
  if (!isJsonObject(entry)) throw new HarnError("journal.corrupt", "Expected an object as journal entry");
  checkVersion(version, migrations, target);
  let current = entry;
  for (let at = version; at < target; at++) {
    current = migrations.find((migration) => migration.from === at)!.entry(current);
  }
  return current;
}

/** @throws HarnError `journal.version` when no chain of migrations leads from `version` to `target` */
export function checkVersion(
  version: number,
  migrations: readonly Migration[] = MIGRATIONS,
  target: number = JOURNAL_VERSION,
): void {
  if (!Number.isSafeInteger(version) || version < 1 || version > target) {
    throw new HarnError(
      "journal.version",
      `Expected a journal of version 1 to ${target}, found version ${version}; read it with the release that wrote it`,
    );
  }
  for (let at = version; at < target; at++) {
    if (!migrations.some((migration) => migration.from === at)) {
      throw new HarnError("journal.version", `Expected a migration from journal version ${at}, found none`);
    }
  }
}
