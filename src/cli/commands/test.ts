/**
 * `harn test`: every pipeline named `test_…` or marked `@test` is a test; it passes when it ends without an error. Each
 * runs on a machine and host of its own, with the `mock` model provider unless the environment names another.
 */

import { resolve } from "node:path";
import { CancelToken, type Json } from "../../base/index.ts";
import { type Module, peelAttributes } from "../../lang/index.ts";
import { type LoadedProgram, loadProgram } from "../../runtime/index.ts";
import { compileFilter } from "../../testing/index.ts";
import type { CliContext } from "../context.ts";
import { UsageError } from "../context.ts";
import { renderFailure, renderFileDiagnostics } from "../engine/render.ts";
import { runProgram } from "../engine/run-program.ts";
import { exitCodes } from "../exit-codes.ts";
import { failureOfRecording, isRecordingTest } from "../journal/recording-tests.ts";
import { createModelTraffic } from "../model-traffic.ts";
import { createNodeHost } from "../node-host/node-host.ts";
import { findSourceFiles, readSource } from "../source-files.ts";

export interface TestOptions {
  readonly filter?: string;
  /** Milliseconds for each test. */
  readonly timeout: number;
  readonly json?: boolean;
}

interface TestResult {
  readonly file: string;
  readonly name: string;
  readonly passed: boolean;
  readonly durationMs: number;
  /** What the test printed. */
  readonly output: string;
  /** Why it failed. */
  readonly reason?: string;
}

export async function testCommand(
  context: CliContext,
  paths: readonly string[],
  options: TestOptions,
): Promise<number> {
  const isWanted = compileFilter(options.filter ?? "");
  const results: TestResult[] = [];
  for (const file of await findSourceFiles(context, paths, isTestFile)) {
    if (isRecordingTest(file)) {
      if (!isWanted(file)) continue;
      const result = await replayTest(context, file);
      results.push(result);
      if (!options.json) tell(context, result);
      continue;
    }
    // Most files hold no test; the text says so more quickly than the tree.
    const text = await readSource(context, file);
    if (!/\btest_|@test\b/.test(text)) continue;
    const loaded = await loadProgram({ host: context.host, path: resolve(context.cwd, file), text });
    const entry = loaded.graph.modules.get(loaded.graph.entry);
    for (const name of testNames(entry?.module)) {
      if (!isWanted(name)) continue;
      if (context.cancel.aborted) throw context.cancel.reason;
      const result = await runTest(context, file, text, name, loaded, options.timeout);
      results.push(result);
      if (!options.json) tell(context, result);
    }
  }
  const failed = results.filter(({ passed }) => !passed).length;
  if (options.json) context.outJson(results.map((result): Json => ({ ...result })));
  else if (results.length === 0)
    throw new UsageError("There is no test; tests are pipelines named `test_…` or marked `@test`");
  else context.out(`\n${results.length - failed} passed, ${failed} failed\n`);
  return failed > 0 ? exitCodes.failed : exitCodes.ok;
}

const isTestFile = (name: string): boolean => name.endsWith(".harn") || isRecordingTest(name);

/** A recording passes when the program does again what it did then; see `harn runs to-test`. */
async function replayTest(context: CliContext, file: string): Promise<TestResult> {
  const started = context.host.sync("clock.monotonic", {});
  const reason = await failureOfRecording(context, file);
  return {
    file,
    name: "replays",
    passed: reason === undefined,
    durationMs: context.host.sync("clock.monotonic", {}) - started,
    output: "",
    ...(reason !== undefined && { reason }),
  };
}

/** In the order they stand in the file. */
function testNames(module: Module | undefined): string[] {
  return (module?.items ?? []).flatMap((outer) => {
    const { item, attributes } = peelAttributes(outer);
    if (item.kind !== "PipelineDecl") return [];
    const isMarked = attributes.some((attribute) => attribute.name === "test");
    return isMarked || item.name.name.startsWith("test_") ? [item.name.name] : [];
  });
}

async function runTest(
  context: CliContext,
  file: string,
  text: string,
  name: string,
  checked: LoadedProgram,
  timeoutMs: number,
): Promise<TestResult> {
  const settings = { color: context.colorErrors, cwd: context.cwd };
  const started = context.host.sync("clock.monotonic", {});
  const parts: string[] = [];
  const end = (reason?: string): TestResult => ({
    file,
    name,
    passed: reason === undefined,
    durationMs: context.host.sync("clock.monotonic", {}) - started,
    output: parts.join(""),
    ...(reason !== undefined && { reason }),
  });
  if (checked.program === undefined) return end(renderFileDiagnostics(checked.diagnostics, settings));
  const { program, graph } = await loadProgram({
    host: context.host,
    path: resolve(context.cwd, file),
    text,
    pipeline: name,
  });
  if (program === undefined) return end("The program could not be compiled");

  const environment = { HARN_LLM_PROVIDER: "mock", ...(context.hostOptions.environment ?? process.env) };
  const host = createNodeHost({ ...context.hostOptions, modelStream: createModelTraffic(), environment });
  const { token, release } = CancelToken.childOf(context.cancel);
  const timer = setTimeout(() => token.cancel("timeout"), timeoutMs);
  try {
    const outcome = await runProgram(program, { host, cancel: token, output: { write: (part) => parts.push(part) } });
    if (token.aborted) return end(token.reason === "timeout" ? `No end within ${timeoutMs} ms` : "Stopped");
    if (outcome.status === "ok") return end();
    if (outcome.status === "cancelled") return end(outcome.reason);
    const sources = new Map([...graph.modules.values()].map(({ file: source }) => [source.path, source]));
    return end(renderFailure(outcome.failure, sources, settings));
  } finally {
    clearTimeout(timer);
    release();
    host.close();
  }
}

function tell(context: CliContext, { file, name, passed, durationMs, output, reason }: TestResult): void {
  context.out(`${passed ? "ok  " : "FAIL"} ${file} ${name} (${durationMs.toFixed(0)} ms)\n`);
  if (passed) return;
  const shown = [reason ?? "", ...(output === "" ? [] : ["It printed:", output.trimEnd()])].join("\n");
  context.out(`${shown.replace(/^/gm, "    ")}\n`);
}
