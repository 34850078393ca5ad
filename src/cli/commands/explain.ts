/** `harn explain CODE`: what a diagnostic means and how to mend it. */

import type { JsonObject } from "../../base/index.ts";
import { CHECK_CODES, type CodeRow, findCode, MODULE_CODES, PARSE_CODES } from "../../lang/index.ts";
import { type CliContext, UsageError } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";

const allCodes: readonly CodeRow[] = [...PARSE_CODES, ...MODULE_CODES, ...CHECK_CODES];

export async function explainCommand(
  context: CliContext,
  code: string | undefined,
  options: { readonly json?: boolean },
): Promise<number> {
  if (code === undefined) {
    if (options.json) context.outJson(allCodes.map((row) => ({ ...row }) satisfies JsonObject));
    else for (const row of allCodes) context.out(`${row.code}  ${row.title}\n`);
    return exitCodes.ok;
  }
  const row = findCode(code, allCodes);
  if (row === undefined) throw new UsageError(`There is no diagnostic \`${code}\`; \`harn explain\` lists all`);
  if (options.json) context.outJson({ ...row });
  else {
    const parts = [`${row.code} (${row.severity}): ${row.title}`, row.explanation];
    if (row.bad !== undefined) parts.push(`Gets it:\n\n${indent(row.bad)}`);
    if (row.fixed !== undefined) parts.push(`Does not:\n\n${indent(row.fixed)}`);
    context.out(`${parts.join("\n\n")}\n`);
  }
  return exitCodes.ok;
}

const indent = (text: string): string =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => `    ${line}`.trimEnd())
    .join("\n");
