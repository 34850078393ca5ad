/** `docs/reference/builtins/`: a page for each area of the standard library, from the builtin table. */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { compressionHandlers as compression } from "../../src/cli/node-host/compression.ts";
import { cryptoHandlers as crypto } from "../../src/cli/node-host/signatures.ts";
import { type Builtin, standardBuiltins } from "../../src/stdlib/index.ts";
import { type HarnRun, runHarn } from "../../test/support/run-harn.ts";
import { fenced, type Page, root } from "./pages.ts";

export interface Area {
  /** Name of the folder that holds it. */
  readonly name: string;
  readonly builtins: readonly Builtin[];
}

/** What the example of a builtin printed, by the builtin's name. */
export type ExampleOutputs = ReadonlyMap<string, string>;

const stdlib = join(root, "src/stdlib");

/** Every builtin belongs to the folder whose `index.ts` lists it. */
export async function builtinAreas(): Promise<readonly Area[]> {
  const areas: Area[] = [];
  const standard = new Set(standardBuiltins);
  for (const entry of readdirSync(stdlib, { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name === "modules") continue;
    const module: unknown = await import(pathToFileURL(join(stdlib, entry.name, "index.ts")).href);
    const builtins = Object.values(module as Readonly<Record<string, unknown>>)
      .flatMap((value): unknown[] => (Array.isArray(value) ? value : []))
      .filter((value): value is Builtin => standard.has(value as Builtin));
    if (builtins.length > 0) areas.push({ name: entry.name, builtins: [...new Set(builtins)].sort(byName) });
  }
  return areas.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function byName(a: Builtin, b: Builtin): number {
  return a.native.name < b.native.name ? -1 : 1;
}

/** Runs the example of a builtin in a virtual world: no network, no disk, a clock and dice that begin the same way. */
export function runExample(example: string): Promise<HarnRun> {
  return runHarn(example, { crypto, compression, process: () => ({ exitCode: 0 }) });
}

export function builtinPages(areas: readonly Area[], outputs: ExampleOutputs): readonly Page[] {
  return [
    { path: "docs/reference/builtins/README.md", text: indexPage(areas) },
    ...areas.map((area) => ({ path: `docs/reference/builtins/${area.name}.md`, text: areaPage(area, outputs) })),
  ];
}

function indexPage(areas: readonly Area[]): string {
  const count = areas.reduce((sum, { builtins }) => sum + builtins.length, 0);
  const sections = areas.map(({ name, builtins }) => {
    const links = builtins.map(({ native }) => `[\`${native.name}\`](${name}.md#${anchor(native.name)})`);
    return `## [${title(name)}](${name}.md)\n\n${links.join(", ")}`;
  });
  const intro = `The ${count} functions that every program finds without importing anything. \`harn doc NAME\` shows the same at the command line.`;
  return `# Builtins\n\n${intro}\n\n${sections.join("\n\n")}\n`;
}

function areaPage({ name, builtins }: Area, outputs: ExampleOutputs): string {
  const sections = builtins.map((builtin) => section(builtin, outputs.get(builtin.native.name)));
  return `# ${title(name)}\n\n[All builtins](README.md)\n\n${sections.join("\n\n")}\n`;
}

function section(builtin: Builtin, output: string | undefined): string {
  const { native, signature, summary, options, effects, errors, example } = builtin;
  const parts = [`## ${native.name}`, fenced("harn", signature), `${summary}.`];
  if (options !== undefined) parts.push(`Options: ${options.map((name) => `\`${name}\``).join(", ")}.`);
  if (effects.length > 0) parts.push(`Effects: ${effects.join(", ")}.`);
  if (errors !== undefined) parts.push(`Errors: ${errors}.`);
  if (example !== undefined) parts.push(fenced("harn", example));
  if (output !== undefined && output !== "") parts.push(`prints\n\n${fenced("text", output)}`);
  return parts.join("\n\n");
}

function title(area: string): string {
  const special: Readonly<Record<string, string>> = { llm: "Model calls", ids: "Ids", json: "JSON", csv: "CSV" };
  const [first = "", ...rest] = special[area] ?? area;
  return first.toUpperCase() + rest.join("");
}

function anchor(name: string): string {
  return name.toLowerCase();
}
