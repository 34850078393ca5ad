/** `harn check`: everything that can be known about a program without running it. */

import { join, resolve } from "node:path";
import { type FileDiagnostic, isError, loadProgram } from "../../runtime/index.ts";
import type { CliContext } from "../context.ts";
import { diagnosticsToJson, renderFileDiagnostics } from "../engine/render.ts";
import { exitCodes } from "../exit-codes.ts";
import { createProgress } from "../progress.ts";
import { counted, findSourceFiles, meansStdin, readStdin, STDIN_NAME } from "../source-files.ts";
import { type SeenFiles, watchLoop } from "../watch/watch-loop.ts";

export interface CheckOptions {
  readonly json?: boolean;
  /** Warnings fail too. */
  readonly strict?: boolean;
  readonly watch?: boolean;
}

export async function checkCommand(
  context: CliContext,
  paths: readonly string[],
  options: CheckOptions,
): Promise<number> {
  if (meansStdin(paths)) {
    const path = join(context.cwd, STDIN_NAME);
    const { diagnostics } = await loadProgram({ host: context.host, path, text: await readStdin(context) });
    return tell(context, diagnostics, 1, options);
  }
  if (!options.watch) return checkFiles(context, paths, options);
  return watchLoop(context, paths, (current, seen) => checkFiles(current, paths, options, seen));
}

async function checkFiles(
  context: CliContext,
  paths: readonly string[],
  options: CheckOptions,
  seen?: SeenFiles,
): Promise<number> {
  const files = await findSourceFiles(context, paths);
  const progress = createProgress(context, files.length);
  // A module that several files import is reported once.
  const found = new Map<string, FileDiagnostic>();
  for (const [done, path] of files.entries()) {
    if (context.cancel.aborted) throw context.cancel.reason;
    progress.at(done, path);
    const { graph, diagnostics } = await loadProgram({ host: context.host, path: resolve(context.cwd, path) });
    seen?.add([...graph.modules.values()].map(({ file }) => file.path));
    for (const each of diagnostics) {
      const { span, code, message } = each.diagnostic;
      found.set(`${each.file.path}:${span.start}:${span.end}:${code}:${message}`, each);
    }
  }
  progress.clear();
  return tell(context, [...found.values()], files.length, options);
}

function tell(
  context: CliContext,
  found: readonly FileDiagnostic[],
  fileCount: number,
  { json, strict }: CheckOptions,
): number {
  const errors = found.filter(isError).length;
  if (json) context.outJson(diagnosticsToJson(found, context.cwd));
  else {
    if (found.length > 0)
      context.err(`${renderFileDiagnostics(found, { color: context.colorErrors, cwd: context.cwd })}\n\n`);
    context.err(
      `${counted(fileCount, "file")}: ${counted(errors, "error")}, ${counted(found.length - errors, "warning")}\n`,
    );
  }
  return errors > 0 || (strict && found.length > 0) ? exitCodes.failed : exitCodes.ok;
}
