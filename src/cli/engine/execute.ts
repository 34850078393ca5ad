/** A program from its file to an exit code, with everything the user is told on the way. */

import type { Host } from "../../base/index.ts";
import { DriftError } from "../../journal/index.ts";
import type { SourceFile } from "../../lang/index.ts";
import { closestName, peelAttributes } from "../../lang/index.ts";
import { type JournalUse, type LoadedProgram, loadProgram, type Program } from "../../runtime/index.ts";
import { type ProgramSteps, STEPS_STATE } from "../../stdlib/index.ts";
import { Halted, type RunOutcome } from "../../vm/index.ts";
import { type CliContext, UsageError } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { relocatedHost } from "../journal/relocated-host.ts";
import { exitCodeOf } from "./exit-value.ts";
import { renderFailure, renderFileDiagnostics } from "./render.ts";
import { runProgram } from "./run-program.ts";
import { createRunState } from "./run-state.ts";

export interface ProgramRequest {
  /** Absolute. */
  readonly path: string;
  /** Instead of what the file holds. */
  readonly text?: string;
  readonly pipeline?: string;
  /** What the program sees as `argv`. */
  readonly args: readonly string[];
  /** A file of scripted model answers. */
  readonly llmMock?: string;
  /** Keeps the books of its steps; default: books of its own, which nobody reads. */
  readonly steps?: ProgramSteps;
}

export interface Execution {
  readonly exitCode: number;
  /** Absent when the program did not get to run. */
  readonly outcome?: RunOutcome;
}

export interface ExecuteSettings {
  /** Default: the context's. */
  readonly host?: Host;
  /** Made when the program is known, for one that goes on from a snapshot of it. */
  readonly journal?: JournalUse | ((program: Program) => Promise<JournalUse>);
  /** What Ctrl-C does: ask the program to stop, or leave it to be resumed. Default `stop`. */
  readonly whenAsked?: "stop" | "suspend";
  /** The program lies below `to`, and is to believe that it lies below `from`. */
  readonly moved?: { readonly from: string; readonly to: string };
}

/**
 * @throws the reason of `context.cancel` once it has fired
 * @throws HarnError when the journal ended the run: it cannot be written, or nobody knows how to go on
 */
export async function execute(
  context: CliContext,
  request: ProgramRequest,
  settings: ExecuteSettings = {},
): Promise<Execution> {
  const { host = context.host, journal, whenAsked, moved } = settings;
  const { path, text, pipeline, args, llmMock, steps } = request;
  const shown = { color: context.colorErrors, cwd: context.cwd };
  const inPlace = (rendered: string): string => (moved ? rendered.replaceAll(moved.from, moved.to) : rendered);
  const loaded = await loadProgram({
    host: moved ? relocatedHost(context.host, moved) : context.host,
    path,
    ...(text !== undefined && { text }),
    ...(pipeline !== undefined && { pipeline }),
  });
  if (loaded.diagnostics.length > 0) {
    context.err(`${inPlace(renderFileDiagnostics(loaded.diagnostics, shown))}\n`);
  }
  if (loaded.program === undefined) return { exitCode: exitCodes.failed };
  if (pipeline !== undefined) requirePipeline(loaded, pipeline);

  const state = await createRunState({ host: context.host, ...(llmMock !== undefined && { llmMockFile: llmMock }) });
  if (steps !== undefined) state.set(STEPS_STATE, steps);
  const outcome = await runProgram(loaded.program, {
    host,
    cancel: context.cancel,
    ...(whenAsked !== undefined && { whenAsked }),
    ...(journal !== undefined && { journal: typeof journal === "function" ? await journal(loaded.program) : journal }),
    args,
    state,
  });
  if (outcome.status === "ok") return { exitCode: exitCodeOf(context, outcome.value), outcome };
  if (context.cancel.aborted) throw context.cancel.reason;
  if (outcome.status === "cancelled") throw new UsageError(outcome.reason, exitCodes.failed);
  const { failure } = outcome;
  await context.host.flush();
  const sources = new Map(
    [...loaded.graph.modules.values()].map(({ file }): [string, SourceFile] => [file.path, file]),
  );
  if (!(failure instanceof Halted)) {
    context.err(`${inPlace(renderFailure(failure, sources, shown))}\n`);
  } else if (failure.cause instanceof DriftError) {
    const { renderDrift } = await import("../journal/render-drift.ts");
    context.err(`${inPlace(renderDrift(failure, failure.cause, sources, shown))}\n`);
  } else throw failure.cause;
  return { exitCode: exitCodes.failed, outcome };
}

/** Without this a misspelt name would run another pipeline. */
function requirePipeline({ graph }: LoadedProgram, wanted: string): void {
  const items = graph.modules.get(graph.entry)?.module.items ?? [];
  const names = items.flatMap((item) => {
    const { item: declared } = peelAttributes(item);
    return declared.kind === "PipelineDecl" ? [declared.name.name] : [];
  });
  if (names.includes(wanted)) return;
  const closest = closestName(wanted, names);
  const hint =
    closest !== undefined
      ? `did you mean \`${closest}\`?`
      : names.length > 0
        ? `there is ${names.join(", ")}`
        : "the file has none and is run as a whole, without --pipeline";
  throw new UsageError(`There is no pipeline \`${wanted}\`; ${hint}`);
}
