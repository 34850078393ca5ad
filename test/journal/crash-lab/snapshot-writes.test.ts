/**
 * The process is gone around the writing of each snapshot: when the log is stored and the snapshot is not, between its two
 * files, and when it is stored and nothing that follows it is. On real files, and in a real database.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Json } from "../../../src/base/index.ts";
import { openJournalFolder } from "../../../src/cli/journal/journal-folder.ts";
import { openSqlite } from "../../../src/cli/journal/sqlite.ts";
import {
  beginJournal,
  createJsonlStore,
  createSqlStore,
  type FaultPoints,
  type JournalStore,
  openJournal,
} from "../../../src/journal/index.ts";
import type { ModelInput } from "../../../src/llm/index.ts";
import { createVirtualHost, type ScriptStep, type VirtualHost } from "../../../src/testing/index.ts";
import { compile, isolatedHost, play } from "../journaled-program.ts";

const TURNS = 6;
const program = await compile(`
@step
fn turn(i) {
  let answer = llm_call("turn \${i}", nil, {provider: "anthropic", model: "claude-sonnet-4-20250514"}).text
  append_file("notes.txt", "\${i} \${answer}\\n")
  sleep(1)
  return answer
}
for i in 1 to ${TURNS} { println(turn(i)) }
println(llm_session_cost().call_count)
println(read_file("notes.txt"))
`);

/** Outlives the processes. */
function openWorld(): { readonly host: VirtualHost; readonly billed: () => number } {
  let billed = 0;
  const host = createVirtualHost({
    env: { ANTHROPIC_API_KEY: "a-key-for-tests-only" },
    *model(raw): Iterable<ScriptStep<Json>> {
      billed += 1;
      const [message] = (raw as unknown as ModelInput).messages;
      const usage = { inputTokens: 10, outputTokens: 10, cacheReadTokens: 0, cacheWriteTokens: 0, exact: true };
      yield { waitMs: 2 };
      yield {
        item: {
          type: "text-delta",
          messageId: "m",
          delta: `done: ${String(message && "content" in message ? message.content : "")}`,
        },
      };
      yield { item: { type: "done", stopReason: "end_turn", usage } };
    },
  });
  host.files.write("notes.txt", "");
  return { host, billed: () => billed };
}

type World = ReturnType<typeof openWorld>;

const whileResting =
  ({ host }: World) =>
  () => {
    host.clock.wakeNext();
    host.clock.moveTo(host.clock.elapsedMs + 10);
  };

/** @returns what it printed, and the places of its snapshots; the last one is where it was stopped */
async function firstLife(world: World, store: JournalStore, faults: FaultPoints) {
  const places: number[] = [];
  const journal = await beginJournal(store, { id: "r", createdMs: 0 }, { snapshots: "keep", faults });
  const { output } = await play(
    program,
    {
      mode: "record",
      journal,
      keepOutput: true,
      snapshots: { everyEntries: 8, onSnapshot: ({ type, seq }) => type === "taken" && places.push(seq) },
    },
    { host: world.host, isGone: () => journal.crashed, whileResting: whileResting(world) },
  );
  return { output, places, crashed: journal.crashed };
}

async function secondLife(world: World, store: JournalStore) {
  const journal = await openJournal(store, "r", { snapshots: "use" });
  const opened = { snapshot: journal.snapshot?.seq, position: journal.position };
  const { output, error } = await play(
    program,
    {
      mode: "resume",
      journal,
      keepOutput: true,
      decide: () => expect.unreachable("nothing is under way where a snapshot is taken"),
    },
    { host: world.host, whileResting: whileResting(world) },
  );
  expect(error).toBeUndefined();
  return { output, opened };
}

const expected = await (async () => {
  const answers = Array.from({ length: TURNS }, (_, i) => `done: turn ${i + 1}`);
  const notes = answers.map((answer, i) => `${i + 1} ${answer}\n`).join("");
  return { printed: `${[...answers, String(TURNS), notes].join("\n")}\n`, notes };
})();

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "harn-snapshot-writes-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const hasSqlite = await openSqlite(":memory:").then(
  (database) => {
    database.close();
    return true;
  },
  () => false,
);

const stores: Readonly<Record<string, () => JournalStore | Promise<JournalStore>>> = {
  "JSONL files": () => createJsonlStore(openJournalFolder(folder), { fsync: "never" }),
  ...(hasSqlite && { SQLite: async () => createSqlStore(await openSqlite(join(folder, "runs.db"))) }),
};

interface Case {
  readonly kind: string;
  readonly moment: "before-snapshot" | "after-snapshot";
}

const cases = Object.keys(stores).flatMap((kind): readonly Case[] => [
  { kind, moment: "before-snapshot" },
  { kind, moment: "after-snapshot" },
]);

async function expectWhole(world: World, printed: string, point: string): Promise<void> {
  expect(printed, point).toBe(expected.printed);
  expect(world.host.files.readText("notes.txt"), point).toBe(expected.notes);
  expect(world.billed(), point).toBe(TURNS);
}

describe("the crash lab at each snapshot", () => {
  it.each(cases)("$kind: the process is gone, $moment", { timeout: 120_000 }, async ({ kind, moment }) => {
    let at = 0;
    for (; ; at++) {
      rmSync(folder, { recursive: true });
      folder = mkdtempSync(join(tmpdir(), "harn-snapshot-writes-"));
      const world = openWorld();
      const dying = await stores[kind]!();
      let seen = 0;
      let lastSeq = -1;
      const first = await firstLife(world, dying, (now, context) => {
        if (now !== moment || seen++ !== at) return undefined;
        lastSeq = context.lastSeq;
        return { kind: "crash" };
      });
      if (!first.crashed) {
        await dying.close();
        await expectWhole(world, first.output, "undisturbed");
        break;
      }
      const store = await stores[kind]!();
      const second = await secondLife(world, store);
      const point = `snapshot ${at}`;
      // Nothing behind the snapshot is in the log; the one that was not stored leaves the one before it.
      expect(second.opened.position, point).toBe(lastSeq + 1);
      expect(second.opened.snapshot, point).toBe(moment === "after-snapshot" ? lastSeq + 1 : first.places.at(-2));
      await expectWhole(world, first.output + second.output, point);
      const replayed = await play(
        program,
        { mode: "replay", journal: await openJournal(store, "r") },
        { host: isolatedHost() },
      );
      expect({ output: replayed.output, error: replayed.error }, point).toEqual({
        output: expected.printed,
        error: undefined,
      });
      await Promise.all([store.close(), dying.close()]);
    }
    expect(at).toBeGreaterThan(5);
  });

  const decoder = new TextDecoder();

  it("JSONL files: the process is gone when the parts of a snapshot are written and the snapshot is not", {
    timeout: 120_000,
  }, async () => {
    let at = 0;
    for (; ; at++) {
      rmSync(folder, { recursive: true });
      folder = mkdtempSync(join(tmpdir(), "harn-snapshot-writes-"));
      const world = openWorld();
      const files = openJournalFolder(folder);
      let seen = 0;
      let gone = false;
      const dying = createJsonlStore(
        {
          ...files,
          snapshots: {
            ...files.snapshots!,
            replace(name, bytes) {
              // Why there is none yet is written there too.
              const isSnapshot = decoder.decode(bytes.subarray(0, 2000)).includes('"digest"');
              if (isSnapshot && seen++ === at) gone = true;
              if (!gone) return files.snapshots!.replace(name, bytes);
              return new Promise<void>(() => {});
            },
          },
        },
        { fsync: "never" },
      );
      const first = await firstLife(world, dying, () => (gone ? { kind: "crash" } : undefined));
      if (!first.crashed) break;
      const store = createJsonlStore(openJournalFolder(folder), { fsync: "never" });
      const second = await secondLife(world, store);
      expect(second.opened.snapshot, `snapshot ${at}`).toBe(at === 0 ? undefined : first.places[at - 1]);
      await expectWhole(world, first.output + second.output, `snapshot ${at}`);
      await store.close();
    }
    expect(at).toBeGreaterThan(5);
  });
});
