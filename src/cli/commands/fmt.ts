/** `harn fmt`: canonical layout, in place; `--check` only tells; `-` reads stdin and writes stdout. */

import { HostError } from "../../base/index.ts";
import { createSourceFile, formatSource } from "../../lang/index.ts";
import { type CliContext, UsageError } from "../context.ts";
import { renderFileDiagnostics } from "../engine/render.ts";
import { exitCodes } from "../exit-codes.ts";
import { createProgress } from "../progress.ts";
import { rewriteFile } from "../rewrite-file.ts";
import { counted, findSourceFiles, meansStdin, readSource, readStdin, STDIN_NAME } from "../source-files.ts";

export interface FmtOptions {
  /** Change nothing; fail when something would change. */
  readonly check?: boolean;
  readonly json?: boolean;
}

export async function fmtCommand(context: CliContext, paths: readonly string[], options: FmtOptions): Promise<number> {
  if (meansStdin(paths)) {
    if (options.json)
      throw new UsageError("`--json` tells of files, and standard input is none; leave one of them out");
    return formatStdin(context, options);
  }
  const failed: string[] = [];
  const changed: string[] = [];
  const files = await findSourceFiles(context, paths);
  const progress = createProgress(context, files.length);
  for (const [done, path] of files.entries()) {
    progress.at(done, path);
    const text = await readSource(context, path).catch((error: unknown) => unread(context, error));
    if (text === undefined) {
      failed.push(path);
      continue;
    }
    const result = formatSource(text);
    if ("diagnostics" in result) {
      failed.push(path);
      progress.clear();
      tell(context, path, text, result.diagnostics);
    } else if (result.text !== text) {
      changed.push(path);
      if (!options.check) await rewriteFile(context, path, result.text);
      else if (!options.json) {
        progress.clear();
        context.out(`${path} is not formatted\n`);
      }
    }
  }
  progress.clear();
  const what = options.check ? "would change" : "changed";
  if (options.json) context.outJson({ files: files.length, changed, failed });
  else {
    const counts = `${changed.length} ${what}, ${failed.length} could not be formatted`;
    context.err(`${counted(files.length, "file")}: ${counts}\n`);
  }
  return failed.length > 0 || (options.check && changed.length > 0) ? exitCodes.failed : exitCodes.ok;
}

async function formatStdin(context: CliContext, { check }: FmtOptions): Promise<number> {
  const text = await readStdin(context);
  const result = formatSource(text);
  if ("diagnostics" in result) {
    tell(context, STDIN_NAME, text, result.diagnostics);
    return exitCodes.failed;
  }
  if (!check) context.out(result.text);
  else if (result.text !== text) {
    context.out(`${STDIN_NAME} is not formatted\n`);
    return exitCodes.failed;
  }
  return exitCodes.ok;
}

/** One file that cannot be read must not keep the others as they are. */
function unread(context: CliContext, error: unknown): undefined {
  if (!(error instanceof HostError)) throw error;
  context.err(`harn: ${error.message}\n`);
}

type Failure = Extract<ReturnType<typeof formatSource>, { diagnostics: unknown }>;

function tell(context: CliContext, path: string, text: string, diagnostics: Failure["diagnostics"]): void {
  const file = createSourceFile(path, text);
  const found = diagnostics.map((diagnostic) => ({ file, diagnostic }));
  context.err(`${renderFileDiagnostics(found, { color: context.colorErrors, cwd: context.cwd })}\n`);
}
