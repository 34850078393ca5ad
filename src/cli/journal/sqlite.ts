/** SQLite for the journal: Node's own module where there is one, else the package with the same interface. */

import { HarnError } from "../../base/index.ts";
import type { SqlDatabase } from "../../journal/index.ts";

/** In order of preference. Names in a list, since neither is there on every installation. */
const DRIVERS: readonly string[] = ["node:sqlite", "@photostructure/sqlite"];
const BUSY_TIMEOUT_MS = 5000;

interface SqliteModule {
  readonly DatabaseSync: new (path: string) => SqlDatabase;
}

/**
 * Opens (and makes) a database file; `:memory:` for one that is gone when it is closed. Waits up to five seconds for
 * other processes.
 *
 * @throws HarnError `journal.no_driver` when no driver is installed; `journal.io` when the file cannot be opened
 */
export async function openSqlite(path: string): Promise<SqlDatabase> {
  const driver = await loadDriver();
  try {
    const database = new driver.DatabaseSync(path);
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    return database;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new HarnError("journal.io", `Expected to open the journal database \`${path}\`: ${reason}`, { cause });
  }
}

async function loadDriver(): Promise<SqliteModule> {
  for (const name of DRIVERS) {
    try {
      const module: unknown = await import(/* @vite-ignore */ name);
      if (isSqliteModule(module)) return module;
    } catch {
      // Not installed, or built for another platform: the next one may do.
    }
  }
  throw new HarnError(
    "journal.no_driver",
    "Expected an SQLite driver, found none; use Node 22.13 or later, or install `@photostructure/sqlite`",
  );
}

function isSqliteModule(module: unknown): module is SqliteModule {
  return typeof module === "object" && module !== null && "DatabaseSync" in module;
}
