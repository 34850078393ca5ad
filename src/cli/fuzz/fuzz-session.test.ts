import { describe, expect, it } from "vitest";
import type { FuzzFinding } from "../../testing/index.ts";
import type { FuzzAnswer, FuzzJob } from "./fuzz-jobs.ts";
import { type FuzzPool, type FuzzSessionOptions, runFuzzSession } from "./fuzz-session.ts";

/** A pool that answers as told, in this process. */
function poolOf(answer: (job: FuzzJob) => Awaited<ReturnType<FuzzPool["run"]>>): FuzzPool {
  return { run: async (job) => answer(job), close: () => {} };
}

async function session(pool: FuzzPool, options: Partial<FuzzSessionOptions> = {}) {
  const findings: FuzzFinding[] = [];
  const progress = await runFuzzSession({
    pool,
    targets: ["lexer", "vm"],
    seed: 100,
    cases: 500,
    jobs: 2,
    goOn: () => true,
    onFinding: async (finding) => void findings.push(finding),
    onProgress: () => {},
    ...options,
  });
  return { findings, ran: Object.fromEntries(progress.ran), repeated: progress.repeated };
}

const allRan = (job: FuzzJob): FuzzAnswer => {
  if (job.kind === "cases") return { status: "cases", result: { ran: job.count, findings: [], repeated: 0 } };
  return job.kind === "input"
    ? { status: "input", input: { kind: "damaged", text: `one\ntwo ${job.seed}\nthree\n` } }
    : { status: "judged" };
};

describe("a fuzz session", () => {
  it("runs every seed of every target once, in series", async () => {
    const seeds: number[] = [];
    const pool = poolOf((job) => {
      if (job.kind === "cases" && job.target === "vm") {
        // A series may run out of its time: the rest comes in the next.
        const ran = Math.min(job.count, 30);
        for (let at = 0; at < ran; at++) seeds.push(job.seed + at);
        return { status: "cases", result: { ran, findings: [], repeated: 0 } };
      }
      return allRan(job);
    });
    expect((await session(pool)).ran).toEqual({ lexer: 500, vm: 500 });
    expect(seeds.sort((a, b) => a - b)).toEqual(Array.from({ length: 500 }, (_, index) => 100 + index));
  });

  it("tells a finding once, whichever process finds it", async () => {
    const finding: FuzzFinding = { target: "vm", seed: 1, kind: "damaged", input: "x", signature: "S", detail: "S" };
    const pool = poolOf((job) =>
      job.kind === "cases" && job.target === "vm"
        ? { status: "cases", result: { ran: job.count, findings: [finding], repeated: 0 } }
        : allRan(job),
    );
    const { findings, repeated } = await session(pool);
    expect(findings).toEqual([finding]);
    expect(repeated).toBe(1);
  });

  it.each([
    ["hangs", { status: "timeout", afterMs: 5000 }, "Does not end"],
    [
      "dies",
      { status: "crash", detail: "exit code 1\nFatal error 0x7ff at 12\n" },
      "The process dies: Fatal error # at #",
    ],
  ] as const)("finds the case that %s, makes it small and goes on behind it", async (_name, failure, signature) => {
    const isGuilty = (job: Extract<FuzzJob, { kind: "cases" }>): boolean =>
      job.target === "vm" && job.seed <= 333 && 333 < job.seed + job.count;
    const pool = poolOf((job) => {
      if (job.kind === "cases" && isGuilty(job)) return failure;
      if (job.kind === "judge" && job.input.text.includes("two")) return failure;
      return allRan(job);
    });
    const { findings, ran } = await session(pool);
    expect(findings).toEqual([
      { target: "vm", seed: 333, kind: "damaged", signature, detail: expect.any(String), input: "two" },
    ]);
    expect(ran).toEqual({ lexer: 500, vm: 500 });
  });

  it("ends when it is asked to", async () => {
    let series = 0;
    const { ran } = await session(
      poolOf((job) => {
        series++;
        return allRan(job);
      }),
      { cases: 1_000_000, jobs: 1, goOn: () => series < 3 },
    );
    expect(Object.values(ran).reduce((sum, count) => sum + count, 0)).toBe(1200);
  });
});
