/** The `harn` command of our sources in one file, for tests that start it many times: it starts in a tenth of the time. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface BundledHarn {
  /** To be run with Node. */
  readonly main: string;
  /** Code is compiled once for all processes. */
  readonly environment: Readonly<Record<string, string>>;
  remove(): void;
}

export interface BundledFolder {
  readonly bundle: BundledHarn;
  /** Another one for each test, gone afterwards. */
  readonly folder: string;
}

/** For a file of tests: one bundle for all, a folder for each. What a test leaves running is to be stopped by its own `afterEach`. */
export function useBundledHarn(): BundledFolder {
  let bundle: BundledHarn | undefined;
  let folder = "";
  beforeAll(async () => {
    bundle = await bundleHarn();
  }, 60_000);
  afterAll(() => bundle?.remove());
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "harn-bundled-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  return {
    get bundle() {
      return bundle as BundledHarn;
    },
    get folder() {
      return folder;
    },
  };
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
