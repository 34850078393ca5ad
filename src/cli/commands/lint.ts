/** `harn lint`: what is legal and yet likely wrong; `--fix` mends what needs no decision. `-` is standard input. */

import { applyFixes, createSourceFile, type Diagnostic, lintModule, parse, type SourceFile } from "../../lang/index.ts";
import type { FileDiagnostic } from "../../runtime/index.ts";
import { type CliContext, UsageError } from "../context.ts";
import { diagnosticsToJson, renderFileDiagnostics } from "../engine/render.ts";
import { exitCodes } from "../exit-codes.ts";
import { createProgress } from "../progress.ts";
import { rewriteFile } from "../rewrite-file.ts";
import { counted, findSourceFiles, meansStdin, readSource, readStdin, STDIN_NAME } from "../source-files.ts";

export interface LintCommandOptions {
  readonly fix?: boolean;
  readonly json?: boolean;
}

/** Fixing may uncover more to fix; this ends it should two rules disagree. */
const maxFixRounds = 10;

export async function lintCommand(
  context: CliContext,
  paths: readonly string[],
  options: LintCommandOptions,
): Promise<number> {
  if (meansStdin(paths)) {
    if (options.fix) throw new UsageError("`--fix` changes files, and standard input is none; leave one of them out");
    const file = createSourceFile(STDIN_NAME, await readStdin(context));
    return tell(context, findingsIn(file), 1, undefined, options);
  }
  const files = await findSourceFiles(context, paths);
  const progress = createProgress(context, files.length);
  const found: FileDiagnostic[] = [];
  let mended = 0;
  for (const [done, path] of files.entries()) {
    progress.at(done, path);
    const text = await readSource(context, path);
    const result = options.fix ? fixAll(path, text) : { text, applied: 0 };
    if (result.text !== text) await rewriteFile(context, path, result.text);
    mended += result.applied;
    found.push(...findingsIn(createSourceFile(path, result.text)));
  }
  progress.clear();
  return tell(context, found, files.length, options.fix ? mended : undefined, options);
}

/** @param mended how many were; undefined: nobody asked */
function tell(
  context: CliContext,
  found: readonly FileDiagnostic[],
  fileCount: number,
  mended: number | undefined,
  { json }: LintCommandOptions,
): number {
  if (json) context.outJson(diagnosticsToJson(found, context.cwd));
  else {
    if (found.length > 0)
      context.err(`${renderFileDiagnostics(found, { color: context.colorErrors, cwd: context.cwd })}\n\n`);
    const alsoMended = mended === undefined ? "" : `, ${mended} mended`;
    context.err(`${counted(fileCount, "file")}: ${counted(found.length, "finding")}${alsoMended}\n`);
  }
  return found.length > 0 ? exitCodes.failed : exitCodes.ok;
}

function findingsIn(file: SourceFile): FileDiagnostic[] {
  return lint(file).map((diagnostic) => ({ file, diagnostic }));
}

/** A file that does not parse is not linted: its syntax errors are what to mend first. */
function lint(file: SourceFile): readonly Diagnostic[] {
  const { module, diagnostics } = parse(file);
  return diagnostics.length > 0 ? diagnostics : lintModule({ file, module });
}

function fixAll(path: string, original: string): { text: string; applied: number } {
  let text = original;
  let applied = 0;
  for (let round = 0; round < maxFixRounds; round++) {
    const file = createSourceFile(path, text);
    const { module, diagnostics } = parse(file);
    if (diagnostics.length > 0) break;
    const mended = applyFixes(text, lintModule({ file, module }));
    if (mended.applied === 0) break;
    text = mended.text;
    applied += mended.applied;
  }
  return { text, applied };
}
