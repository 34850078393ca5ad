// A host that answers everything at once, and the stores that the measurements write to. All of it from `dist/`.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostFromHandlers } from "../../dist/base/index.js";
import { openJournalFolder } from "../../dist/cli/journal/journal-folder.js";
import { openSqlite } from "../../dist/cli/journal/sqlite.js";
import { createJsonlStore, createMemoryStore, createSqlStore } from "../../dist/journal/index.js";

export const turn = () => new Promise((resolve) => setImmediate(resolve));

export async function inFreshFolder(work) {
  const folder = mkdtempSync(join(tmpdir(), "harn-bench-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Name to a function that opens it in a folder; stores without a driver are left out. */
export async function availableStores() {
  const stores = {
    memory: () => createMemoryStore(),
    "JSONL, no fsync": (folder) => createJsonlStore(openJournalFolder(folder), { fsync: "never" }),
    JSONL: (folder) => createJsonlStore(openJournalFolder(folder)),
  };
  const probe = await openSqlite(":memory:").catch(() => undefined);
  probe?.close();
  if (probe) stores.SQLite = async (folder) => createSqlStore(await openSqlite(join(folder, "runs.db")));
  return stores;
}

/** @param model the chunks that answer an input */
export function quickHost(model) {
  let elapsedMs = 0;
  let ids = 0;
  const nothing = async () => undefined;
  const known = {
    sync: {
      "clock.now": () => 1_800_000_000_000 + elapsedMs,
      "clock.monotonic": () => ++elapsedMs,
      "random.float": () => 0.5,
      "random.bytes": ({ length }) => new Uint8Array(length),
      "id.next": ({ prefix }) => `${prefix}_${++ids}`,
      "console.write": () => undefined,
      "console.isTty": () => false,
      "env.get": ({ name }) => (name === "ANTHROPIC_API_KEY" ? "a-key-for-measuring" : undefined),
      "env.list": () => ({}),
      "secret.get": () => undefined,
      "log.write": () => undefined,
      "system.info": () => ({
        platform: "linux",
        arch: "x64",
        pid: 1,
        cwd: "/",
        home: "/",
        tempDir: "/",
        hostname: "bench",
        username: "bench",
      }),
    },
    async: {
      sleep: ({ ms }, signal) =>
        ms < 1000
          ? Promise.resolve()
          : new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
      "fs.stat": async () => undefined,
      "fs.read": async () => new Uint8Array(0),
      "fs.write": nothing,
      "process.run": async () => ({
        exitCode: 0,
        signal: null,
        stdout: new Uint8Array(16),
        stderr: new Uint8Array(0),
        timedOut: false,
      }),
    },
    stream: {
      async *"model.stream"(input) {
        for (const chunk of model(input)) yield chunk;
      },
    },
  };
  return hostFromHandlers(known);
}

export const usage = { inputTokens: 100, outputTokens: 10, cacheReadTokens: 0, cacheWriteTokens: 0, exact: true };

export const textAnswer = (text) => [
  { type: "response-start" },
  { type: "text-delta", messageId: "m", delta: text },
  { type: "done", stopReason: "end_turn", usage },
];
