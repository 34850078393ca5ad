/** Pages that are made from tables are up to date; those of builtins are looked at with their examples. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cliPage } from "../../scripts/reference/cli-page.ts";
import { diagnosticsPage } from "../../scripts/reference/diagnostics-page.ts";
import { fenced, root } from "../../scripts/reference/pages.ts";
import { ERROR_CATEGORY_ROWS } from "../../src/cli/commands/error-categories.ts";
import { runHarn } from "../support/run-harn.ts";

const pages = [diagnosticsPage(), cliPage()];

describe("a category of caught errors", () => {
  it.each(Object.entries(ERROR_CATEGORY_ROWS))("%s is what its example prints", async (category, { example }) => {
    expect(await runHarn(example)).toMatchObject({ output: `${category}\n` });
  });
});

describe("reference pages (npm run docs)", () => {
  it.each(pages)("$path is what the tables say", ({ path, text }) => {
    expect(readFileSync(join(root, path), "utf8")).toBe(text);
  });

  it("link only to places that are there", () => {
    const folder = join(root, "docs/reference");
    const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".md"));
    const broken = names.flatMap((name) => {
      const text = readFileSync(join(folder, name), "utf8");
      return [...text.matchAll(/\]\(([^)#\s]+\.md)(?:#([^)]*))?\)/g)].flatMap(([link, path = "", anchor]) => {
        const target = join(folder, name, "..", path);
        if (!existsSync(target)) return [link];
        const headings = [...readFileSync(target, "utf8").matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
          heading.toLowerCase().replaceAll(" ", "-"),
        );
        return anchor === undefined || headings.includes(anchor) ? [] : [link];
      });
    });
    expect(names.length).toBeGreaterThan(3);
    expect(broken).toEqual([]);
  });

  it("fence what holds fences", () => {
    expect(fenced("text", "a\n```\nb\n")).toBe("````text\na\n```\nb\n````");
  });
});
