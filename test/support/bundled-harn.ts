/** The `harn` command of our sources in one file, for tests that start it many times: it starts in a tenth of the time. */

import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface BundledHarn {
  /** To be run with Node. */
  readonly main: string;
  /** Code is compiled once for all processes. */
  readonly environment: Readonly<Record<string, string>>;
  remove(): void;
}

export async function bundleHarn(): Promise<BundledHarn> {
  const folder = mkdtempSync(join(root, "dist", ".test-"));
  const bundle = await rolldown({
    input: { harn: join(root, "src", "cli", "main.ts") },
    platform: "node",
    external: [/^node:/, "@photostructure/sqlite"],
    resolve: { conditionNames: ["source", "node", "import", "default"] },
    logLevel: "silent",
  });
  await bundle.write({ dir: folder, format: "esm", entryFileNames: "[name].mjs", chunkFileNames: "[name].mjs" });
  await bundle.close();
  const environment = { NODE_COMPILE_CACHE: join(folder, "cache") };
  return {
    main: join(folder, "harn.mjs"),
    environment,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
