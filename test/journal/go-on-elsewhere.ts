/** The other process of `corpus-snapshots.test.ts`: goes on with stored runs from each of their snapshots. */

import { readFileSync } from "node:fs";
import { createMemoryStore, type RunInfo, type StoredRow, type StoredSnapshot } from "../../src/journal/index.ts";
import { compile, isolatedHost, play } from "./journaled-program.ts";
import { openAt } from "./snapshots.ts";

interface Exported {
  readonly path: string;
  readonly source: string;
  readonly info: RunInfo;
  readonly rows: readonly StoredRow[];
  readonly blobs: readonly (readonly [string, string])[];
  readonly snapshots: readonly StoredSnapshot[];
  readonly output: string;
  readonly error?: string;
}

const runs = JSON.parse(readFileSync(process.argv[2]!, "utf8")) as Exported[];
let same = 0;
const different: string[] = [];
for (const { path, source, info, rows, blobs, snapshots, output, error } of runs) {
  const store = createMemoryStore();
  await store.begin(info);
  await store.append(info.id, { rows, blobs: blobs.map(([digest, body]) => ({ digest, body })), durable: false });
  const program = await compile(source, path);
  for (const snapshot of snapshots) {
    const journal = await openAt(store, info.id, snapshot);
    const rest = await play(program, { mode: "replay", journal }, { host: isolatedHost() });
    if (journal.snapshot && rest.error === error && output.endsWith(rest.output)) same += 1;
    else different.push(`${path} from entry ${snapshot.seq}: ${rest.error ?? rest.output}`);
  }
}
process.stdout.write(JSON.stringify({ same, different }));
