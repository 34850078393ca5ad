/** `docs/reference/diagnostics.md`: every code, as `harn explain` tells it. */

import { ERROR_CATEGORY_ROWS } from "../../src/cli/commands/error-categories.ts";
import { allCodes, type CodeRow } from "../../src/lang/index.ts";
import { fenced, type Page } from "./pages.ts";

const areas: readonly { readonly letter: string; readonly title: string }[] = [
  { letter: "P", title: "Syntax" },
  { letter: "N", title: "Names and modules" },
  { letter: "T", title: "Types" },
  { letter: "C", title: "Compiling" },
  { letter: "L", title: "Lint" },
];

const intro = `Every code that \`harn check\` and \`harn lint\` give. A code keeps its meaning for ever. \`harn explain CODE\` shows the same at
the command line. The comment \`// lint: allow RULE\` silences a lint rule
on its line and the next, \`// lint: allow-file RULE\` in the whole file.`;

export function diagnosticsPage(): Page {
  const sections = areas.map(({ letter, title }) => {
    const rows = allCodes.filter(({ code }) => code.startsWith(`HARN-${letter}`));
    return `## ${title}\n\n${rows.map(section).join("\n\n")}`;
  });
  const text = `# Diagnostics\n\n${intro}\n\n${sections.join("\n\n")}\n\n${categories()}\n`;
  return { path: "docs/reference/diagnostics.md", text };
}

/** What a running program can catch has no code but a category. */
function categories(): string {
  const sections = Object.entries(ERROR_CATEGORY_ROWS).map(
    ([category, { explanation, example }]) => `### ${category}\n\n${explanation}\n\n${fenced("harn", example)}`,
  );
  const about = "What a program catches has a category instead of a code: `error_category(e)` names it.";
  return `## Categories of caught errors\n\n${about}\n\n${sections.join("\n\n")}`;
}

function section({ code, severity, rule, title, explanation, file, bad, fixed, files }: CodeRow): string {
  const language = file === undefined ? "harn" : "text";
  const parts = [
    `### ${code}`,
    `**${title}** (${severity}${rule === undefined ? "" : `, rule \`${rule}\``})`,
    explanation,
    `Gets it${file === undefined ? "" : `, in \`${file}\``}:`,
    fenced(language, bad),
    "Does not:",
    fenced(language, fixed),
  ];
  for (const [path, text] of Object.entries(files ?? {})) parts.push(`With \`${path}\`:`, fenced("harn", text));
  return parts.join("\n\n");
}
