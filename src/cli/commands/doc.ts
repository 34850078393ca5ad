/** `harn doc NAME`: a builtin's signature and what it does. */

import type { Json } from "../../base/index.ts";
import { closestName } from "../../lang/index.ts";
import { standardBuiltins } from "../../stdlib/index.ts";
import { type CliContext, UsageError } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";

export async function docCommand(
  context: CliContext,
  name: string | undefined,
  options: { readonly json?: boolean },
): Promise<number> {
  const pages = standardBuiltins
    .map(({ native: _, ...page }) => page)
    .sort((a, b) => (a.signature < b.signature ? -1 : 1));
  const nameOf = ({ signature }: { signature: string }): string => /^[^(<]*/.exec(signature)?.[0] ?? signature;
  if (name === undefined) {
    if (options.json) context.outJson(pages.map((page): Json => ({ name: nameOf(page), ...page })));
    else for (const page of pages) context.out(`${page.signature}\n    ${page.summary}\n`);
    return exitCodes.ok;
  }
  const page = pages.find((each) => nameOf(each) === name);
  if (page === undefined) {
    throw unknownBuiltin(name, pages.map(nameOf));
  }
  if (options.json) context.outJson({ name: nameOf(page), ...page });
  else {
    const parts = [page.signature, page.summary];
    if (page.options !== undefined) parts.push(wrapped(`Options: ${page.options.join(", ")}`));
    if (page.errors !== undefined) parts.push(`Errors: ${page.errors}`);
    if (page.effects.length > 0) parts.push(`Effects: ${page.effects.join(", ")}`);
    if (page.example !== undefined) parts.push(`Example:\n\n${page.example.trimEnd()}`);
    context.out(`${parts.join("\n\n")}\n`);
  }
  return exitCodes.ok;
}

/** Lines of at most 100 columns, those after the first indented. */
function wrapped(text: string): string {
  return text.replace(/(.{1,98})(?: |$)/g, "$1\n  ").trimEnd();
}

function unknownBuiltin(name: string, names: readonly string[]): UsageError {
  const alike = names.filter((other) => other.includes(name) || name.includes(other)).slice(0, 8);
  const closest = closestName(name, names);
  const hint =
    closest !== undefined && !alike.includes(closest)
      ? `did you mean \`${closest}\`?`
      : alike.length > 0
        ? `there is ${alike.join(", ")}`
        : "`harn doc` lists all";
  return new UsageError(`There is no builtin \`${name}\`; ${hint}`);
}
