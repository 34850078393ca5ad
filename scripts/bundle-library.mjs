// Makes `dist/lib`: what a program gets that imports the package. A file for each entry of the exports, what several of
// them need in files of its own, and what is loaded on demand apart. One build for all entries, so that a class is one
// class whichever way it came. Loading hundreds of modules takes several times as long; types stay where `tsc` puts them.
//
// As a module: `bundleLibrary`, which tests use to have the same of the sources, in a folder of theirs.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { rolldown } from "rolldown";
import { escapeNonAscii } from "./escape-non-ascii.mjs";
import { root } from "./run-command.mjs";
import { swapFolder } from "./swap-folder.mjs";

/**
 * @param {"built" | "source"} from what `tsc` made, or the sources themselves
 * @param {string} folder where to; it is there
 */
export async function bundleLibrary(from, folder) {
  const { exports: entries } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const bundle = await rolldown({
    input: Object.fromEntries(
      Object.values(entries).map(({ source, types, default: file }) => [
        basename(file, ".js"),
        join(root, from === "source" ? source : types.replace(/\.d\.ts$/, ".js")),
      ]),
    ),
    platform: "neutral",
    resolve: { mainFields: ["module", "main"] },
    // The database is native code; everything else that we use is small and plain.
    external: [/^node:/, /^@photostructure\//],
    treeshake: { moduleSideEffects: (id) => id.includes("node_modules") },
    logLevel: "warn",
  });
  try {
    await bundle.write({
      dir: folder,
      format: "esm",
      entryFileNames: "[name].js",
      chunkFileNames: "chunks/[name]-[hash].js",
    });
  } finally {
    await bundle.close();
  }
  for (const name of readdirSync(folder, { recursive: true })) {
    if (!name.endsWith(".js")) continue;
    const file = join(folder, name);
    writeFileSync(file, escapeNonAscii(readFileSync(file, "utf8"), name));
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const finished = join(root, "dist", "lib");
  const fresh = mkdtempSync(join(root, "dist", ".lib-"));
  try {
    await bundleLibrary("built", fresh);
    swapFolder(fresh, finished);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}
