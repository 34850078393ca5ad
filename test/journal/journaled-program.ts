/** Runs Harn programs with journals, in tests. */

import { type Host, hostFromHandlers, type SyncEffects } from "../../src/base/index.ts";
import { beginJournal, createMemoryStore, type JournalStore, openJournal } from "../../src/journal/index.ts";
import {
  failureMessage,
  type JournalUse,
  loadProgram,
  type Program,
  type Run,
  startProgram,
} from "../../src/runtime/index.ts";
import { createVirtualHost, type VirtualHost } from "../../src/testing/index.ts";
import { Halted, type RunOutcome } from "../../src/vm/index.ts";

export const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export async function compile(source: string, path = "/home/harn/main.harn", host?: Host): Promise<Program> {
  const loaded = await loadProgram({ host: host ?? createVirtualHost(), path, text: source });
  if (loaded.program === undefined) {
    throw new Error(loaded.diagnostics.map(({ diagnostic }) => diagnostic.message).join("\n"));
  }
  return loaded.program;
}

export interface Played {
  /** What was printed, or would have been. */
  readonly output: string;
  readonly outcome: RunOutcome;
  /** Undefined when the program ended well. */
  readonly error: string | undefined;
  readonly run: Run;
}

export interface PlayOptions {
  readonly host: Host;
  readonly state?: Map<string, unknown>;
  /** Makes time pass while the program rests; for hosts with a virtual clock. */
  readonly whileResting?: () => void;
  /** Asked again and again while the program runs: true when its process is gone. */
  readonly isGone?: () => boolean;
}

/** Runs with a journal and collects what is printed. */
export async function play(program: Program, journal: JournalUse, options: PlayOptions): Promise<Played> {
  const printed: string[] = [];
  const host: Host = {
    ...options.host,
    sync(kind, args) {
      const result = options.host.sync(kind, args);
      if (kind === "console.write") printed.push((args as SyncEffects["console.write"]["args"]).text);
      return result;
    },
  };
  const run = startProgram(program, {
    host,
    journal,
    breathe: tick,
    ...(options.state === undefined ? {} : { state: options.state }),
  });
  let over = false;
  const ended = run.outcome.finally(() => {
    over = true;
  });
  if (options.whileResting || options.isGone) {
    while (!over) {
      // Longer than the journal takes to hand over a result, so that time passes only when nothing else can.
      for (let i = 0; i < 8; i++) await tick();
      if (options.isGone?.()) {
        // Nothing more of it may touch the world.
        run.suspend();
        for (let i = 0; i < 8; i++) await tick();
        const gone = new Halted(new Error("The process is gone"));
        return { output: printed.join(""), outcome: { status: "failed", failure: gone }, error: "gone", run };
      }
      if (run.vm.resting) options.whileResting?.();
    }
  }
  const outcome = await ended;
  const error =
    outcome.status === "ok"
      ? undefined
      : outcome.status === "failed"
        ? failureMessage(outcome.failure)
        : outcome.reason;
  return { output: printed.join(""), outcome, error, run };
}

/** On a virtual host, whose time passes while the program rests. */
export function playVirtually(
  program: Program,
  journal: JournalUse,
  host: VirtualHost,
  state?: Map<string, unknown>,
): Promise<Played> {
  return play(program, journal, {
    host,
    whileResting: () => {
      host.clock.wakeNext();
      // A program that only looks at the clock would wait for ever.
      host.clock.moveTo(host.clock.elapsedMs + 10);
    },
    ...(state === undefined ? {} : { state }),
  });
}

/** A host that can print and nothing else. */
export function isolatedHost(): Host {
  const refuse = (kind: string) => () => {
    throw new Error(`A replay asked the world for \`${kind}\``);
  };
  const table = new Proxy({}, { get: (_target, kind) => refuse(String(kind)) });
  return hostFromHandlers({
    sync: new Proxy({ "console.write": () => undefined, "log.write": () => undefined } as never, {
      get: (target, kind) => Reflect.get(target, kind) ?? refuse(String(kind)),
    }),
    async: table as never,
    stream: table as never,
  });
}

export async function recordInto(store: JournalStore, id = "run"): Promise<JournalUse> {
  return { mode: "record", journal: await beginJournal(store, { id, createdMs: 0 }) };
}

export async function replayFrom(store: JournalStore, id = "run"): Promise<JournalUse> {
  return { mode: "replay", journal: await openJournal(store, id) };
}

export { createMemoryStore };
