import { afterEach, describe, expect, it } from "vitest";
import { createWorkerPool, type WorkerPool } from "./worker-pool.ts";

type Pool = WorkerPool<{ readonly source: string }, { readonly status: "ok"; readonly output: string }>;
type Outcome = Awaited<ReturnType<Pool["run"]>>;

let pool: Pool | undefined;

afterEach(() => pool?.close());

function start(jobs: number, timeoutMs = 10_000): (source: string) => Promise<Outcome> {
  const created: Pool = createWorkerPool({
    worker: new URL("./__fixtures__/misbehaving-worker.mjs", import.meta.url),
    jobs,
    timeoutMs,
    cwd: process.cwd(),
  });
  pool = created;
  return (source) => created.run({ source });
}

const outputOf = (outcome: Outcome): string => (outcome.status === "ok" ? outcome.output : outcome.status);
const workerOf = (outcome: Outcome): string => outputOf(outcome).split(" by ")[1] ?? "none";

describe("worker pool", () => {
  it("runs one program after the other in the same process", async () => {
    const run = start(1);
    const [a, b] = await Promise.all([run("a"), run("b")]);
    expect(outputOf(a)).toMatch(/^a by \d+$/);
    expect(workerOf(b)).toBe(workerOf(a));
  });

  it.each(["loop", "hang"])("stops a program that does not end (%s), and goes on in a new process", async (source) => {
    const run = start(1, 700);
    const before = await run("before");
    const [bad, after] = await Promise.all([run(source), run("after")]);
    expect(bad).toEqual({ status: "timeout", afterMs: 700 });
    expect(outputOf(after)).toMatch(/^after by/);
    expect(workerOf(after)).not.toBe(workerOf(before));
  });

  it.each([
    ["exit", "exit code 7"],
    ["throw", "thrown in the worker"],
    ["abort", "last words"],
  ])("reports a process that dies (%s), and goes on", async (source, words) => {
    const run = start(1);
    const [bad, after] = await Promise.all([run(source), run("after")]);
    expect(bad).toMatchObject({ status: "crash", detail: expect.stringContaining(words) });
    expect(outputOf(after)).toMatch(/^after by/);
  });

  it("runs several at once, each in its own process", async () => {
    const run = start(2, 1500);
    const [stuck, quick] = await Promise.all([run("hang"), run("quick")]);
    expect([stuck.status, outputOf(quick).split(" ")[0]]).toEqual(["timeout", "quick"]);
  });

  it("reports a worker that cannot start", async () => {
    pool = createWorkerPool({
      worker: new URL("./nowhere.mjs", import.meta.url),
      jobs: 1,
      timeoutMs: 10_000,
      cwd: process.cwd(),
    });
    const outcome = await pool.run({ source: "x" });
    expect(outcome).toMatchObject({ status: "crash", detail: expect.stringContaining("nowhere.mjs") });
  });
});
