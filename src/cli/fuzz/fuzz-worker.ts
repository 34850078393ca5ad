/** The child process of `harn fuzz`. */

import { createFuzzTargets, fuzzInput, runFuzzCases } from "../../testing/index.ts";
import { serveJobs } from "../workers/serve-jobs.ts";
import type { FuzzAnswer, FuzzJob } from "./fuzz-jobs.ts";

/** Resolves when the parent is gone. */
export function serveFuzz(): Promise<void> {
  const targets = createFuzzTargets();
  return serveJobs<FuzzJob, FuzzAnswer>(async (job) => {
    const target = targets[job.target];
    switch (job.kind) {
      case "cases": {
        const endMs = performance.now() + job.budgetMs;
        const goOn = (): boolean => performance.now() < endMs;
        const { seed, count } = job;
        return {
          status: "cases",
          result: await runFuzzCases(target, { seed, count, goOn, known: new Set(job.known) }),
        };
      }
      case "input":
        return { status: "input", input: fuzzInput(target, job.seed) };
      case "judge": {
        const complaint = await target.judge(job.input);
        return { status: "judged", ...(complaint !== undefined && { complaint }) };
      }
    }
  });
}
