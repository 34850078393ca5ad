/** A database whose disk fails where a fault says so: at each row that is inserted, and at each commit. */

import type { FaultMoment, FaultPoints, SqlDatabase, SqlStatement } from "../../src/journal/index.ts";

/** In the words of SQLite. */
const WORDS: Readonly<Record<string, string>> = {
  "short-write": "disk I/O error",
  "disk-full": "database or disk is full",
  "sync-error": "disk I/O error",
};

export function fallibleDatabase(database: SqlDatabase, faults: FaultPoints): SqlDatabase {
  const pass = (moment: FaultMoment): void => {
    const fault = faults(moment, { firstSeq: -1, lastSeq: -1, bytes: 2 });
    const words = fault && WORDS[fault.kind];
    if (words !== undefined) throw new Error(words);
  };
  return {
    exec(sql) {
      if (sql === "COMMIT") pass("sync");
      database.exec(sql);
    },
    prepare(sql): SqlStatement {
      const statement = database.prepare(sql);
      if (!sql.startsWith("INSERT")) return statement;
      return {
        run(...values) {
          pass("write");
          return statement.run(...values);
        },
        get: (...values) => statement.get(...values),
        all: (...values) => statement.all(...values),
      };
    },
    close: () => database.close(),
  };
}
