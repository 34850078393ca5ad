/** What `runDurably` does, apart so that it is loaded with the journal when it is asked for. */

import { join } from "node:path";
import { setImmediate } from "node:timers";
import { type CancelSignal, CancelToken, HarnError, type Host } from "../../base/index.ts";
import {
  beginJournal,
  checkRunId,
  DriftError,
  type InDoubtDecision,
  type InDoubtEffect,
  type Journal,
  type JournalHost,
  type JournalStore,
  openJournal,
  recordingHost,
  replayHost,
  resumeHost,
} from "../../journal/index.ts";
import { UsageError } from "../context.ts";
import { createNodeHost } from "../node-host/node-host.ts";
import { DEFAULT_RUNS_FOLDER } from "./choices.ts";
import { describeEffect, effectsInDoubt } from "./in-doubt.ts";
import type { DurableOptions } from "./run-durably.ts";
import { runFileIn } from "./run-files.ts";
import { lockRun } from "./run-lock.ts";

export async function workDurably<T>(options: DurableOptions, work: (host: JournalHost) => Promise<T>): Promise<T> {
  const { id, folder = DEFAULT_RUNS_FOLDER, signal } = options;
  checkRunId(id);
  if (signal?.aborted) throw signal.reason;
  const { store } = runFileIn(folder, id);
  const unlock = lock(folder, id);
  const node = options.host === undefined ? createNodeHost() : undefined;
  const world = options.host ?? (node as Host);
  try {
    const journal = await openOrBegin(store, id, world);
    if (journal.info.status !== "running") return await playAgain(journal, work);
    const stop = new CancelToken();
    const reached = signal === undefined ? world : stoppable(world, stop);
    const decide = await settleDoubts(journal, options.decide);
    const host =
      journal.entries.length === 0
        ? recordingHost(reached, journal, { turn })
        : resumeHost(journal, reached, { turn, decide });
    return await unlessLeft(journal, signal, stop, async () => {
      try {
        const result = await work(host);
        // Whoever left does not wait for the result.
        if (!journal.frozen) await journal.finish("completed", world.sync("clock.now", {}));
        return result;
      } catch (error) {
        if (journal.failure !== undefined) throw journal.failure;
        // Another program was started under this id: the run still waits for its own.
        if (!journal.frozen && !isDrift(error)) await journal.finish("failed", world.sync("clock.now", {}));
        throw error;
      }
    });
  } finally {
    await store.close();
    unlock();
    await node?.flush();
    node?.close();
  }
}

const turn = (): Promise<void> => new Promise((done) => setImmediate(done));

function lock(folder: string, id: string): () => void {
  try {
    return lockRun(join(folder, `${id}.lock`), id, Date.now());
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new HarnError("journal.busy", error.message, { cause: error });
  }
}

async function openOrBegin(store: JournalStore, id: string, world: Host): Promise<Journal> {
  try {
    return await openJournal(store, id);
  } catch (error) {
    if (!(error instanceof HarnError) || error.code !== "journal.not_found") throw error;
    return beginJournal(store, { id, createdMs: world.sync("clock.now", {}) });
  }
}

/** Nothing is asked of the world; the result comes of the same answers. */
async function playAgain<T>(journal: Journal, work: (host: JournalHost) => Promise<T>): Promise<T> {
  const replay = replayHost(journal, { turn });
  const result = await work(replay);
  replay.finish();
  return result;
}

async function settleDoubts(
  journal: Journal,
  decide: DurableOptions["decide"],
): Promise<(effect: InDoubtEffect) => InDoubtDecision> {
  const decisions = new Map<number, InDoubtDecision>();
  const refuse = (effect: InDoubtEffect): never => {
    throw new HarnError(
      "journal.in_doubt",
      `${describeEffect(effect)} was under way when the run stopped, and may or may not have happened; look, then say so with \`decide\``,
    );
  };
  for (const effect of effectsInDoubt(journal)) {
    decisions.set(effect.seq, decide === undefined ? refuse(effect) : await decide(effect));
  }
  return (effect) => decisions.get(effect.seq) ?? refuse(effect);
}

function isDrift(error: unknown): boolean {
  return error instanceof DriftError || (error instanceof Error && error.cause !== undefined && isDrift(error.cause));
}

/** `work`, unless `signal` fires first: then nothing more is recorded or done, and the run can be gone on with. */
async function unlessLeft<T>(
  journal: Journal,
  signal: CancelSignal | undefined,
  stop: CancelToken,
  work: () => Promise<T>,
): Promise<T> {
  if (signal === undefined) return work();
  let leave = (): void => {};
  const left = new Promise<never>((_, reject) => {
    leave = () => {
      journal.freeze();
      stop.cancel(signal.reason);
      reject(signal.reason as Error);
    };
  });
  signal.addEventListener("abort", leave);
  try {
    return await Promise.race([work(), left]);
  } finally {
    signal.removeEventListener("abort", leave);
    if (journal.frozen) await journal.flush(true);
  }
}

/** What is under way in it stops when `stop` fires. */
function stoppable(world: Host, stop: CancelSignal): Host {
  return {
    sync: (kind, args) => world.sync(kind, args),
    async perform(kind, args, signal) {
      const { token, release } = firstOf(stop, signal);
      try {
        return await world.perform(kind, args, token);
      } finally {
        release();
      }
    },
    stream: (kind, args, signal) => ({
      async *[Symbol.asyncIterator]() {
        const { token, release } = firstOf(stop, signal);
        try {
          yield* world.stream(kind, args, token);
        } finally {
          release();
        }
      },
    }),
  };
}

function firstOf(stop: CancelSignal, signal: CancelSignal | undefined): { token: CancelSignal; release: () => void } {
  if (signal === undefined) return { token: stop, release: () => {} };
  const { token, release } = CancelToken.childOf(signal);
  const onStop = () => token.cancel(stop.reason);
  if (stop.aborted) onStop();
  else stop.addEventListener("abort", onStop);
  return {
    token,
    release() {
      release();
      stop.removeEventListener("abort", onStop);
    },
  };
}
