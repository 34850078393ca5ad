/**
 * A round of fuzzing: hands series of cases to child processes, target after target, until the time or the cases are used
 * up. A series that hangs or kills its process is gone through case by case until the guilty one is found.
 */

import { type FuzzFinding, type FuzzInput, type FuzzTargetName, minimize } from "../../testing/index.ts";
import type { WorkerPool, WorkFailure } from "../workers/worker-pool.ts";
import type { FuzzAnswer, FuzzJob } from "./fuzz-jobs.ts";

export type FuzzPool = WorkerPool<FuzzJob, FuzzAnswer>;

export interface FuzzSessionOptions {
  readonly pool: FuzzPool;
  readonly targets: readonly FuzzTargetName[];
  /** Of the first case of each target. */
  readonly seed: number;
  /** Cases of each target at most. Default: no limit. */
  readonly cases?: number;
  /** Series at once. */
  readonly jobs: number;
  readonly goOn: () => boolean;
  readonly onFinding: (finding: FuzzFinding) => Promise<void>;
  readonly onProgress: (progress: FuzzProgress) => void;
}

export interface FuzzProgress {
  /** Cases run, by target. */
  readonly ran: ReadonlyMap<FuzzTargetName, number>;
  readonly findings: number;
  /** Cases that showed a fault already found. */
  readonly repeated: number;
}

const seriesLength = 400;
const seriesMs = 1_000;
/** Milliseconds that one case may take before it counts as endless. */
const caseLimitMs = 5_000;
/** Inputs tried to make one smaller that hangs or kills its process: each try may cost a process. */
const slowTries = 40;

export async function runFuzzSession(options: FuzzSessionOptions): Promise<FuzzProgress> {
  const { pool, targets, seed, cases = Number.POSITIVE_INFINITY, jobs, goOn, onFinding, onProgress } = options;
  const begun = new Map(targets.map((target) => [target, 0]));
  const ran = new Map(targets.map((target) => [target, 0]));
  const known = new Set<string>();
  let findings = 0;
  let repeated = 0;
  let turn = 0;

  const progress = (): FuzzProgress => ({ ran, findings, repeated });
  const add = (target: FuzzTargetName, count: number): void => {
    ran.set(target, (ran.get(target) ?? 0) + count);
    onProgress(progress());
  };
  const tell = async (finding: FuzzFinding): Promise<void> => {
    const key = `${finding.target} ${finding.signature}`;
    if (known.has(key)) {
      repeated++;
      return;
    }
    known.add(key);
    findings++;
    await onFinding(finding);
  };
  const knownOf = (target: FuzzTargetName): string[] =>
    [...known].flatMap((key) => (key.startsWith(`${target} `) ? [key.slice(target.length + 1)] : []));

  /** The next series of the target whose turn it is; undefined when all have had their cases. */
  const nextSeries = (): { target: FuzzTargetName; first: number; count: number } | undefined => {
    for (let tries = 0; tries < targets.length; tries++) {
      const target = targets[turn++ % targets.length]!;
      const first = begun.get(target) ?? 0;
      const count = Math.min(seriesLength, cases - first);
      if (count <= 0) continue;
      begun.set(target, first + count);
      return { target, first, count };
    }
    return undefined;
  };

  const runSeries = async (target: FuzzTargetName, first: number, count: number): Promise<void> => {
    // A series that ran out of its time is gone on with, so that a number of cases means the same cases everywhere.
    for (let done = 0; done < count && goOn(); ) {
      const start = seed + first + done;
      const job = { kind: "cases", target, budgetMs: seriesMs, known: knownOf(target) } as const;
      const answer = await pool.run({ ...job, seed: start, count: count - done });
      if (answer.status === "cases") {
        done += answer.result.ran;
        repeated += answer.result.repeated;
        for (const finding of answer.result.findings) await tell(finding);
        add(target, answer.result.ran);
        continue;
      }
      if (!goOn()) return;
      const culprit = await findCulprit(pool, target, start, count - done, goOn);
      if (culprit.failure !== undefined) await tell(await slowFinding(pool, target, culprit.seed, culprit.failure));
      const judged = culprit.seed + 1 - start;
      done += judged;
      add(target, judged);
    }
  };

  const work = async (): Promise<void> => {
    while (goOn()) {
      const series = nextSeries();
      if (series === undefined) return;
      await runSeries(series.target, series.first, series.count);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return progress();
}

/** The first case that hangs or kills its process when it is alone; else the last, without a failure. */
async function findCulprit(
  pool: FuzzPool,
  target: FuzzTargetName,
  start: number,
  count: number,
  goOn: () => boolean,
): Promise<{ seed: number; failure?: WorkFailure }> {
  let seed = start;
  for (; seed < start + count && goOn(); seed++) {
    const answer = await pool.run({ kind: "cases", target, seed, count: 1, budgetMs: 1, known: [] }, caseLimitMs);
    if (answer.status === "timeout" || answer.status === "crash") return { seed, failure: answer };
  }
  return { seed: seed - 1 };
}

async function slowFinding(
  pool: FuzzPool,
  target: FuzzTargetName,
  seed: number,
  failure: WorkFailure,
): Promise<FuzzFinding> {
  const detail = failure.status === "timeout" ? `No end within ${failure.afterMs} ms` : failure.detail;
  const signature = failure.status === "timeout" ? "Does not end" : `The process dies: ${crashLine(failure.detail)}`;
  const made = await pool.run({ kind: "input", target, seed }, caseLimitMs);
  // What made it hang may be the making; the seed is then all there is.
  const input: FuzzInput = made.status === "input" ? made.input : { kind: "damaged", text: "" };
  const text = await minimize(input.text, {
    maxTries: slowTries,
    async fails(smaller) {
      const answer = await pool.run({ kind: "judge", target, input: { ...input, text: smaller } }, caseLimitMs);
      return answer.status === failure.status;
    },
  });
  return { target, seed, kind: input.kind, signature, detail: `${signature}\n${detail}`, input: text };
}

/** The line that says what happened; the rest differs from time to time. */
function crashLine(detail: string): string {
  const lines = detail.split("\n");
  const telling = lines.find((line) => /fatal|out of memory|error/i.test(line)) ?? lines[0] ?? "";
  return telling
    .replace(/0x[0-9a-f]+|\d+/g, "#")
    .trim()
    .slice(0, 120);
}
