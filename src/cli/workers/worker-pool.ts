/**
 * Does jobs in child processes, so that one that loops for ever, eats all memory or takes the process down costs only
 * itself. A process does many jobs one after the other; after a time-out or crash it is replaced.
 *
 * Messages: the child says `ready` once, then the parent sends a `WorkRequest` at a time, and the child answers with a
 * `WorkAnswer` of the same id. A job's time starts when it is sent, so that a slow start costs it nothing. Jobs and
 * answers travel as JSON; `serve-jobs.ts` is the child's side.
 */

import { type ChildProcess, fork } from "node:child_process";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

export interface WorkRequest<Job> {
  readonly id: number;
  readonly job: Job;
}

export interface WorkAnswer<Answer> {
  readonly id: number;
  readonly answer: Answer;
}

/** What became of a job that was not answered. */
export type WorkFailure =
  | { readonly status: "timeout"; readonly afterMs: number }
  /** The last that the process said on stderr, and how it ended. */
  | { readonly status: "crash"; readonly detail: string };

export const READY = "ready";

/** Milliseconds that a child process may take until it is ready. */
const startLimitMs = 60_000;

export interface WorkerPoolOptions {
  /** The module that the child processes run. */
  readonly worker: URL;
  /** Its arguments. Default none. */
  readonly workerArgs?: readonly string[];
  readonly jobs: number;
  /** Milliseconds that a job may take. */
  readonly timeoutMs: number;
  /** Working folder of the children. */
  readonly cwd: string;
  /** Replaces the environment of the children. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

export interface WorkerPool<Job, Answer> {
  /**
   * Never rejects. At most `jobs` are done at once; further ones wait.
   * @param timeoutMs for this job; default the pool's
   */
  run(job: Job, timeoutMs?: number): Promise<Answer | WorkFailure>;
  close(): void;
}

interface Worker<Answer> {
  readonly child: ChildProcess;
  /** Resolves when the child can take work. */
  readonly ready: Promise<void>;
  current: { readonly id: number; readonly settle: (outcome: Answer | WorkFailure) => void } | undefined;
}

export function createWorkerPool<Job, Answer>(options: WorkerPoolOptions): WorkerPool<Job, Answer> {
  const idle: Worker<Answer>[] = [];
  const all = new Set<Worker<Answer>>();
  const queue: (() => void)[] = [];
  let busy = 0;
  let nextId = 1;

  const discard = (worker: Worker<Answer>): void => {
    all.delete(worker);
    const at = idle.indexOf(worker);
    if (at >= 0) idle.splice(at, 1);
    worker.child.kill("SIGKILL");
  };

  const start = (): Worker<Answer> => {
    const child = fork(options.worker, [...(options.workerArgs ?? [])], {
      cwd: options.cwd,
      env: { ...(options.environment ?? process.env) },
      // From source, the children need what compiles TypeScript as this process has it.
      execArgv: options.worker.pathname.endsWith(".ts") ? ["--import", tsxUrl(), "--conditions=source"] : [],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      serialization: "json",
    });
    let words = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      words = (words + chunk.toString()).slice(-2000);
    });
    let isUp: () => void = () => {};
    const ready = new Promise<void>((resolve) => {
      isUp = resolve;
    });
    const worker: Worker<Answer> = { child, ready, current: undefined };
    all.add(worker);
    child.on("message", (message) => {
      if (message === READY) {
        isUp();
        return;
      }
      const { id, answer } = message as WorkAnswer<Answer>;
      if (worker.current?.id === id) worker.current.settle(answer);
    });
    child.on("error", () => discard(worker));
    child.on("close", (code, signal) => {
      discard(worker);
      const detail = `${signal === null ? `exit code ${code}` : `signal ${signal}`}${words === "" ? "" : `\n${words.trim()}`}`;
      worker.current?.settle({ status: "crash", detail });
    });
    return worker;
  };

  const runOn = (worker: Worker<Answer>, job: Job, timeoutMs: number): Promise<Answer | WorkFailure> =>
    new Promise((resolve) => {
      const id = nextId++;
      let timer: NodeJS.Timeout | undefined;
      const settle = (outcome: Answer | WorkFailure) => {
        clearTimeout(timer);
        worker.current = undefined;
        resolve(outcome);
      };
      const limit = (ms: number) => {
        clearTimeout(timer);
        timer = setTimeout(() => {
          discard(worker);
          settle({ status: "timeout", afterMs: ms });
        }, ms);
      };
      worker.current = { id, settle };
      limit(startLimitMs);
      void worker.ready.then(() => {
        if (worker.current?.id !== id) return;
        limit(timeoutMs);
        const request: WorkRequest<Job> = { id, job };
        worker.child.send(request, (error) => {
          if (error !== null && worker.current?.id === id) settle({ status: "crash", detail: error.message });
        });
      });
    });

  return {
    async run(job, timeoutMs = options.timeoutMs) {
      if (busy < options.jobs) busy++;
      else await new Promise<void>((resolve) => queue.push(resolve));
      const worker = idle.pop() ?? start();
      const outcome = await runOn(worker, job, timeoutMs);
      if (all.has(worker)) idle.push(worker);
      // A place is handed on rather than given back, so that nobody slips in between.
      const next = queue.shift();
      if (next === undefined) busy--;
      else next();
      return outcome;
    },
    close() {
      for (const worker of all) discard(worker);
    },
  };
}

/** Found from here, since the children may run in a folder that knows nothing of our packages. */
function tsxUrl(): string {
  return pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
}
