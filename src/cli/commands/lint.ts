/** `harn lint`: what is legal and yet likely wrong; `--fix` mends what needs no decision. */

import { applyFixes, createSourceFile, lintModule, parse } from "../../lang/index.ts";
import type { FileDiagnostic } from "../../runtime/index.ts";
import type { CliContext } from "../context.ts";
import { diagnosticsToJson, renderFileDiagnostics } from "../engine/render.ts";
import { exitCodes } from "../exit-codes.ts";
import { counted, findSourceFiles, readSource } from "../source-files.ts";

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
  const found: FileDiagnostic[] = [];
  let fixed = 0;
  const files = await findSourceFiles(context, paths);
  for (const path of files) {
    let text = await readSource(context, path);
    if (options.fix) {
      const mended = fixAll(path, text);
      if (mended.text !== text) await context.host.perform("fs.write", { path, data: mended.text }, context.cancel);
      text = mended.text;
      fixed += mended.applied;
    }
    found.push(...lint(path, text));
  }
  if (options.json) context.outJson(diagnosticsToJson(found));
  else {
    if (found.length > 0)
      context.err(`${renderFileDiagnostics(found, { color: context.colorErrors, cwd: context.cwd })}\n\n`);
    context.err(
      `${counted(files.length, "file")}: ${counted(found.length, "finding")}${options.fix ? `, ${fixed} mended` : ""}\n`,
    );
  }
  return found.length > 0 ? exitCodes.failed : exitCodes.ok;
}

/** A file that does not parse is not linted: its syntax errors are what to mend first. */
function lint(path: string, text: string): FileDiagnostic[] {
  const file = createSourceFile(path, text);
  const { module, diagnostics } = parse(file);
  const all = diagnostics.length > 0 ? diagnostics : lintModule({ file, module });
  return all.map((diagnostic) => ({ file, diagnostic }));
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
