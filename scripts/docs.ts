/**
 * `npm run docs` writes the reference pages from the tables of builtins, codes and commands. `--check` writes nothing and
 * fails when a page is not what the tables say; the test suite holds the same.
 */

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { builtinAreas, builtinPages, runExample } from "./reference/builtin-pages.ts";
import { cliPage } from "./reference/cli-page.ts";
import { diagnosticsPage } from "./reference/diagnostics-page.ts";
import { type Page, root } from "./reference/pages.ts";

const folder = "docs/reference";

async function allPages(): Promise<readonly Page[]> {
  const areas = await builtinAreas();
  const outputs = new Map<string, string>();
  for (const { native, example } of areas.flatMap(({ builtins }) => builtins)) {
    if (example === undefined) continue;
    const { output, error } = await runExample(example);
    if (error !== undefined) throw new Error(`The example of ${native.name} fails: ${error}`);
    outputs.set(native.name, output);
  }
  return [diagnosticsPage(), cliPage(), ...builtinPages(areas, outputs)];
}

function read(path: string): string | undefined {
  try {
    return readFileSync(join(root, path), "utf8");
  } catch {
    return undefined;
  }
}

function strayPages(pages: readonly Page[]): readonly string[] {
  const known = new Set(pages.map(({ path }) => path));
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => `${folder}/${name.replaceAll("\\", "/")}`)
    .filter((path) => !known.has(path));
}

mkdirSync(join(root, folder), { recursive: true });
const pages = await allPages();
const stale = pages.filter(({ path, text }) => read(path) !== text);
const stray = strayPages(pages);

if (process.argv.includes("--check")) {
  for (const path of [...stale.map((page) => page.path), ...stray]) console.error(`${path} is stale`);
  if (stale.length + stray.length > 0) {
    console.error("Run `npm run docs`");
    process.exitCode = 1;
  }
} else {
  for (const { path, text } of stale) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  for (const path of stray) rmSync(join(root, path));
  console.log(`${pages.length} pages, ${stale.length} changed, ${stray.length} removed`);
}
