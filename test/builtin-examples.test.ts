/**
 * What is said about builtins is true: each example runs, prints what its reference page says, and leaves nothing behind;
 * the pages are what the table says.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { builtinAreas, builtinPages, runExample } from "../scripts/reference/builtin-pages.ts";
import { root } from "../scripts/reference/pages.ts";
import { standardBuiltins } from "../src/stdlib/index.ts";

/** Signature up to its parameters. */
const nameOf = (signature: string): string => signature.slice(0, signature.search(/[(<]/));

const areas = await builtinAreas();

describe("what is said about builtins", () => {
  it("names each once, as the VM knows it", () => {
    const names = standardBuiltins.map(({ native }) => native.name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    expect(standardBuiltins.filter(({ signature, native }) => nameOf(signature) !== native.name)).toEqual([]);
  });

  it("starts each summary like a sentence and ends it like a line", () => {
    const odd = standardBuiltins.filter(({ summary }) => !/^[^a-z\s].*[^.\s]$/.test(summary) || summary.includes("\n"));
    expect(odd.map(({ native, summary }) => `${native.name}: ${summary}`)).toEqual([]);
  });

  it("has an example for each", () => {
    expect(standardBuiltins.filter(({ example }) => example === undefined).map(({ native }) => native.name)).toEqual(
      [],
    );
  });

  it("has a place in one area for each", () => {
    const placed = areas.flatMap(({ builtins }) => builtins.map(({ native }) => native.name));
    expect(placed.sort()).toEqual(standardBuiltins.map(({ native }) => native.name).sort());
  });
});

describe("the example of a builtin", () => {
  const outputs = new Map<string, string>();

  it.each(
    standardBuiltins.flatMap(({ native, example }) => (example === undefined ? [] : [[native.name, example] as const])),
  )("%s runs and leaves no task behind", async (name, example) => {
    const { output, error, liveTasks } = await runExample(example);
    expect(error).toBeUndefined();
    expect(liveTasks).toBe(0);
    outputs.set(name, output);
  });

  it.each(areas.map(({ name }) => name))("prints what the reference page says: %s (npm run docs)", (name) => {
    const path = `docs/reference/builtins/${name}.md`;
    const page = builtinPages(areas, outputs).find((each) => each.path === path);
    expect(readFileSync(join(root, path), "utf8")).toBe(page?.text);
  });

  it("can be found from the index (npm run docs)", () => {
    const [index] = builtinPages(areas, outputs);
    expect(readFileSync(join(root, "docs/reference/builtins/README.md"), "utf8")).toBe(index?.text);
  });
});
