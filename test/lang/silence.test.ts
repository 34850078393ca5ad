/** The checker says nothing against programs that are in order: no false error, and no false warning either. */

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { createNodeHost } from "../../src/cli/index.ts";
import { loadProgram } from "../../src/runtime/index.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Programs below `folder` that are not there to fail. */
function programsIn(folder: string): readonly string[] {
  return (
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      // `.harn` itself is the folder in which programs keep state.
      .filter((name) => /[^/\\]\.harn$/.test(name))
      .map((name) => join(root, folder, name))
      .filter((path) => !existsSync(path.replace(/\.harn$/, ".error")))
      .sort()
  );
}

describe("a program in order is checked in silence", () => {
  const host = createNodeHost();

  it.each(["conformance", "examples"])("all of %s", async (folder) => {
    const paths = programsIn(folder);
    expect(paths.length).toBeGreaterThan(0);
    const said: string[] = [];
    for (const path of paths) {
      for (const { file, diagnostic } of (await loadProgram({ host, path })).diagnostics) {
        const { line, column } = file.position(diagnostic.span.start);
        said.push(`${file.path}:${line}:${column}: ${diagnostic.code} ${diagnostic.message}`);
      }
    }
    expect(said).toEqual([]);
  });
});
