/** `harn explain CODE`: what a diagnostic means, a program that gets it, and the same program mended; or a category of errors. */

import type { JsonObject } from "../../base/index.ts";
import { allCodes, type CodeRow, closestName, findCode, fullCode } from "../../lang/index.ts";
import type { ErrorCategory } from "../../llm/index.ts";
import { type CliContext, UsageError } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { ERROR_CATEGORY_ROWS } from "./error-categories.ts";

export async function explainCommand(
  context: CliContext,
  code: string | undefined,
  options: { readonly json?: boolean },
): Promise<number> {
  if (code === undefined) {
    if (options.json) context.outJson(allCodes.map(toJson));
    else {
      for (const row of allCodes) context.out(`${row.code}  ${row.title}\n`);
      context.out(`\nCategories of caught errors: ${categories.join(", ")}\n`);
    }
    return exitCodes.ok;
  }
  const category = findCategory(code);
  if (category !== undefined) return explainCategory(context, category, options);
  const row = findCode(code, allCodes);
  if (row === undefined) throw unknownCode(code);
  if (options.json) context.outJson(toJson(row));
  else {
    const [bad, fixed] = row.file === undefined ? ["Gets it", "Does not"] : [`Gets it, in ${row.file}`, "Does not"];
    const parts = [
      `${row.code} (${row.severity}): ${row.title}`,
      row.explanation,
      ...(row.rule === undefined ? [] : [`Where it is meant so: // lint: allow ${row.rule}`]),
      `${bad}:\n\n${indent(row.bad)}`,
      `${fixed}:\n\n${indent(row.fixed)}`,
    ];
    for (const [path, text] of Object.entries(row.files ?? {})) parts.push(`With ${path}:\n\n${indent(text)}`);
    context.out(`${parts.join("\n\n")}\n`);
  }
  return exitCodes.ok;
}

const categories = Object.keys(ERROR_CATEGORY_ROWS) as readonly ErrorCategory[];

function findCategory(name: string): ErrorCategory | undefined {
  const wanted = name.trim().toLowerCase();
  return categories.find((category) => category === wanted);
}

function explainCategory(context: CliContext, category: ErrorCategory, options: { readonly json?: boolean }): number {
  const { explanation, example } = ERROR_CATEGORY_ROWS[category];
  if (options.json) context.outJson({ category, explanation, example });
  else context.out(`${category}: a category of caught errors\n\n${explanation}\n\nPrints it:\n\n${indent(example)}\n`);
  return exitCodes.ok;
}

function unknownCode(code: string): UsageError {
  const closest =
    closestName(
      fullCode(code),
      allCodes.map((row) => row.code),
    ) ?? closestName(code.trim().toLowerCase(), categories);
  const hint = closest === undefined ? "`harn explain` lists all" : `did you mean \`${closest}\`?`;
  return new UsageError(`There is no diagnostic \`${code}\`; ${hint}`);
}

function toJson({ makeBad: _, files, ...row }: CodeRow): JsonObject {
  return files === undefined ? { ...row } : { ...row, files: { ...files } };
}

const indent = (text: string): string =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => `    ${line}`.trimEnd())
    .join("\n");
