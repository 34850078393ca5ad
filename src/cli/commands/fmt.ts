/** `harn fmt`: canonical layout, in place; `--check` only tells; `-` reads stdin and writes stdout. */

import { createSourceFile, formatSource } from "../../lang/index.ts";
import type { CliContext } from "../context.ts";
import { renderFileDiagnostics } from "../engine/render.ts";
import { exitCodes } from "../exit-codes.ts";
import { counted, findSourceFiles, readSource } from "../source-files.ts";

export interface FmtOptions {
  /** Change nothing; fail when something would change. */
  readonly check?: boolean;
}

export async function fmtCommand(context: CliContext, paths: readonly string[], options: FmtOptions): Promise<number> {
  if (paths.length === 1 && paths[0] === "-") return formatStdin(context);
  let failed = 0;
  let changed = 0;
  const files = await findSourceFiles(context, paths);
  for (const path of files) {
    const text = await readSource(context, path);
    const result = formatSource(text);
    if ("diagnostics" in result) {
      failed++;
      tell(context, path, text, result.diagnostics);
    } else if (result.text !== text) {
      changed++;
      if (options.check) context.out(`${path} is not formatted\n`);
      else await context.host.perform("fs.write", { path, data: result.text }, context.cancel);
    }
  }
  const what = options.check ? "would change" : "changed";
  context.err(`${counted(files.length, "file")}: ${changed} ${what}, ${failed} could not be read\n`);
  return failed > 0 || (options.check && changed > 0) ? exitCodes.failed : exitCodes.ok;
}

async function formatStdin(context: CliContext): Promise<number> {
  const text = await context.host.perform("console.readAll", {}, context.cancel);
  const result = formatSource(text);
  if ("diagnostics" in result) {
    tell(context, "<stdin>", text, result.diagnostics);
    return exitCodes.failed;
  }
  context.out(result.text);
  return exitCodes.ok;
}

type Failure = Extract<ReturnType<typeof formatSource>, { diagnostics: unknown }>;

function tell(context: CliContext, path: string, text: string, diagnostics: Failure["diagnostics"]): void {
  const file = createSourceFile(path, text);
  const found = diagnostics.map((diagnostic) => ({ file, diagnostic }));
  context.err(`${renderFileDiagnostics(found, { color: context.colorErrors, cwd: context.cwd })}\n`);
}
