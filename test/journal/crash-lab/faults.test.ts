/**
 * The journal is a file, and the disk under it fails at each write and each synchronisation: the file gets a part of
 * what was to be written, the disk is full, it reports an error, the acknowledgement is lost, the power goes. Afterwards
 * the disk is well again and the same run goes on.
 */

import { describe, expect, it } from "vitest";
import { createJsonlStore, type Fault, type FaultPoints, openJournal } from "../../../src/journal/index.ts";
import { createFakeFolder, type FakeFolder } from "../fake-folder.ts";
import { compile } from "../journaled-program.ts";
import { labSource, openLab } from "./lab-program.ts";
import { begin, expectUndisturbed, goOn, RUN, undisturbed, unsentCalls } from "./processes.ts";
import { type StoppableHost, stoppable } from "./stop-points.ts";

const FILE = `${RUN}.jsonl`;

interface Trouble {
  readonly name: string;
  readonly moment: "write" | "sync" | "after-append";
  /** What happens at the n-th such moment; `bytes` were about to be written. */
  readonly strike: (process: StoppableHost, bytes: number, at: number) => Fault | undefined;
  /** What becomes of the file when the process has gone. */
  readonly afterwards?: (folder: FakeFolder, at: number) => void;
  readonly leastMoments: number;
}

const gone = (process: StoppableHost): Fault => {
  process.stop();
  return { kind: "crash" };
};

/** Only what was synchronised is sure to survive; the rest is there in part, not at all, or as blocks of nothing. */
function cutPower(folder: FakeFolder, at: number): void {
  const bytes = folder.files.get(FILE) ?? new Uint8Array();
  const sure = folder.synchronised.get(FILE) ?? 0;
  const unsure = bytes.length - sure;
  if (at % 3 === 0) folder.files.set(FILE, bytes.slice(0, sure));
  else if (at % 3 === 1) folder.files.set(FILE, bytes.slice(0, sure + Math.floor(unsure / 2)));
  else folder.files.set(FILE, bytes.slice().fill(0, sure));
}

const troubles: readonly Trouble[] = [
  {
    name: "the process is gone after one byte of a write",
    moment: "write",
    strike(process) {
      process.stop();
      return { kind: "short-write", bytes: 1, crash: true };
    },
    leastMoments: 40,
  },
  {
    name: "the process is gone in the middle of a write",
    moment: "write",
    strike(process, bytes) {
      process.stop();
      return { kind: "short-write", bytes: Math.max(1, bytes >> 1), crash: true };
    },
    leastMoments: 40,
  },
  {
    name: "the process is gone when all but the end of the line is written",
    moment: "write",
    strike(process, bytes) {
      process.stop();
      return { kind: "short-write", bytes: Math.max(1, bytes - 1), crash: true };
    },
    leastMoments: 40,
  },
  {
    name: "a write takes a part of the bytes",
    moment: "write",
    strike: (_process, bytes) => ({ kind: "short-write", bytes: Math.max(1, bytes >> 1) }),
    leastMoments: 40,
  },
  { name: "the disk is full", moment: "write", strike: () => ({ kind: "disk-full" }), leastMoments: 40 },
  { name: "the disk fails to synchronise", moment: "sync", strike: () => ({ kind: "sync-error" }), leastMoments: 30 },
  {
    name: "the acknowledgement is lost",
    moment: "after-append",
    strike: () => ({ kind: "duplicate-delivery" }),
    leastMoments: 40,
  },
  { name: "the power goes at a write", moment: "write", strike: gone, afterwards: cutPower, leastMoments: 40 },
  {
    name: "the power goes at a synchronisation",
    moment: "sync",
    strike: gone,
    afterwards: cutPower,
    leastMoments: 30,
  },
];

describe("the crash lab on a file", () => {
  it.each(troubles)("$name", { timeout: 300_000 }, async ({ moment, strike, afterwards, leastMoments }) => {
    const program = await compile(labSource);
    const whole = await undisturbed(program);
    for (let at = 0; ; at++) {
      const lab = openLab();
      const folder = createFakeFolder(at % 2 === 1);
      const process = stoppable(lab.host);
      let seen = 0;
      const faults: FaultPoints = (now, { bytes }) => {
        if (process.isGone()) return { kind: "crash" };
        return now === moment && seen++ === at ? strike(process, bytes, at) : undefined;
      };
      const dying = createJsonlStore(folder, { faults });
      let printed = "";
      try {
        printed = await begin(program, dying, lab, process, faults);
      } catch (error) {
        // The disk failed before the run had begun; whoever began it was told.
        expect(error).toMatchObject({ code: "journal.io" });
      }
      if (seen <= at) {
        expect(at).toBeGreaterThan(leastMoments);
        return;
      }
      afterwards?.(folder, at);
      const store = createJsonlStore(folder);
      const stored = await store.load(RUN);
      let unsent = 0;
      if (stored === undefined) printed += await begin(program, store, lab);
      else {
        unsent = unsentCalls(await openJournal(store, RUN), lab);
        if (stored.info.status === "running") printed += (await goOn(program, store, lab)).output;
      }
      await expectUndisturbed(program, whole, { lab, store, printed, unsent }, `moment ${at}`);
    }
  });
});
