/**
 * Runs one test on a machine and host of its own, with the `mock` model provider unless the environment names another. It
 * passes when it ends without an error.
 */

import { resolve } from "node:path";
import { CancelToken } from "../../base/index.ts";
import { isError, loadProgram } from "../../runtime/index.ts";
import type { CliContext } from "../context.ts";
import { renderFailure, renderFileDiagnostics } from "../engine/render.ts";
import { runProgram } from "../engine/run-program.ts";
import { failureOfRecording } from "../journal/recording-tests.ts";
import { createModelTraffic } from "../model-traffic.ts";
import { createNodeHost } from "../node-host/node-host.ts";
import type { UserTest, UserTestResult } from "./user-test.ts";

const TIMEOUT = { kind: "timeout" } as const;

/**
 * @param timeoutMs after which it is asked to stop, and has failed
 * @throws the reason of `context.cancel` once that has fired
 */
export async function runTest(context: CliContext, test: UserTest, timeoutMs: number): Promise<UserTestResult> {
  const startedMs = context.host.sync("clock.monotonic", {});
  const failure = test.kind === "recording" ? await replay(context, test) : await runPipeline(context, test, timeoutMs);
  if (context.cancel.aborted) throw context.cancel.reason;
  return {
    file: test.file,
    name: test.name,
    passed: failure.reason === undefined,
    durationMs: context.host.sync("clock.monotonic", {}) - startedMs,
    output: "",
    ...failure,
  };
}

type Failure = Partial<Pick<UserTestResult, "reason" | "place" | "output">>;

/** A recording passes when the program does again what it did then; see `harn runs to-test`. */
async function replay(context: CliContext, test: UserTest): Promise<Failure> {
  const reason = await failureOfRecording(context, test.file);
  return reason === undefined ? {} : { reason };
}

async function runPipeline(context: CliContext, test: UserTest, timeoutMs: number): Promise<Failure> {
  const settings = { color: context.colorErrors, cwd: context.cwd };
  const { program, graph, diagnostics } = await loadProgram({
    host: context.host,
    path: resolve(context.cwd, test.file),
    pipeline: test.name,
  });
  if (program === undefined) return { reason: renderFileDiagnostics(diagnostics.filter(isError), settings) };

  const environment = { HARN_LLM_PROVIDER: "mock", ...(context.hostOptions.environment ?? process.env) };
  const host = createNodeHost({ ...context.hostOptions, modelStream: createModelTraffic(), environment });
  const { token, release } = CancelToken.childOf(context.cancel);
  const timer = setTimeout(() => token.cancel(TIMEOUT), timeoutMs);
  const parts: string[] = [];
  const failed = (reason: string): Failure => ({ reason, output: parts.join("") });
  try {
    const outcome = await runProgram(program, { host, cancel: token, output: { write: (part) => parts.push(part) } });
    if (token.aborted) return failed(`No end within ${timeoutMs} ms`);
    switch (outcome.status) {
      case "ok":
        return { output: parts.join("") };
      case "cancelled":
        return failed(outcome.reason);
      case "failed": {
        const sources = new Map([...graph.modules.values()].map(({ file }) => [file.path, file]));
        const place = outcome.failure.trace?.find(({ file }) => sources.has(file));
        return {
          ...failed(renderFailure(outcome.failure, sources, settings)),
          ...(place !== undefined && { place: { file: place.file, line: place.line } }),
        };
      }
    }
  } finally {
    clearTimeout(timer);
    release();
    host.close();
  }
}
