/** `harn check`: everything that can be known about a program without running it. */

import { resolve } from "node:path";
import type { FileDiagnostic } from "../../runtime/index.ts";
import { isError, loadProgram } from "../../runtime/index.ts";
import type { CliContext } from "../context.ts";
import { diagnosticsToJson, renderFileDiagnostics } from "../engine/render.ts";
import { exitCodes } from "../exit-codes.ts";
import { counted, findSourceFiles } from "../source-files.ts";

export interface CheckOptions {
  readonly json?: boolean;
  /** Warnings fail too. */
  readonly strict?: boolean;
}

export async function checkCommand(
  context: CliContext,
  paths: readonly string[],
  options: CheckOptions,
): Promise<number> {
  const files = await findSourceFiles(context, paths);
  // A module that several files import is reported once.
  const found = new Map<string, FileDiagnostic>();
  for (const path of files) {
    const { diagnostics } = await loadProgram({ host: context.host, path: resolve(context.cwd, path) });
    for (const each of diagnostics) {
      const { span, code, message } = each.diagnostic;
      found.set(`${each.file.path}:${span.start}:${span.end}:${code}:${message}`, each);
    }
  }
  const all = [...found.values()];
  const errors = all.filter(isError).length;
  if (options.json) context.outJson(diagnosticsToJson(all));
  else {
    if (all.length > 0)
      context.err(`${renderFileDiagnostics(all, { color: context.colorErrors, cwd: context.cwd })}\n\n`);
    context.err(
      `${counted(files.length, "file")}: ${counted(errors, "error")}, ${counted(all.length - errors, "warning")}\n`,
    );
  }
  return errors > 0 || (options.strict && all.length > 0) ? exitCodes.failed : exitCodes.ok;
}
