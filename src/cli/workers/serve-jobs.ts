import { READY, type WorkAnswer, type WorkRequest } from "./worker-pool.ts";

/**
 * The child process of a pool: does one job after the other and answers. Resolves when the parent is gone.
 * @param work must not reject for what a job holds; when it does, the process ends and the job counts as crashed
 */
export function serveJobs<Job, Answer>(work: (job: Job) => Promise<Answer>): Promise<void> {
  process.on("message", (message) => {
    const { id, job } = message as WorkRequest<Job>;
    work(job).then(
      (answer) => process.send?.({ id, answer } satisfies WorkAnswer<Answer>),
      (error: unknown) => {
        // The pool reports what was last said here.
        process.stderr.write(
          error instanceof Error ? `${error.stack}\n` : "The worker threw something that is no error\n",
        );
        process.exit(1);
      },
    );
  });
  process.send?.(READY);
  return new Promise((resolve) => process.on("disconnect", () => resolve()));
}
