// Makes `dist/lib`: what a program gets that imports the package. A file for each entry of the exports, what several of
// them need in files of its own, and what is loaded on demand apart. One build for all entries, so that a class is one
// class whichever way it came. Loading hundreds of modules takes several times as long; types stay where `tsc` puts them.

import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { rolldown } from "rolldown";
import { escapeNonAscii } from "./escape-non-ascii.mjs";
import { root } from "./run-command.mjs";

const finished = join(root, "dist", "lib");
const fresh = mkdtempSync(join(root, "dist", ".lib-"));

const { exports: entries } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const bundle = await rolldown({
  input: Object.fromEntries(
    Object.values(entries).map(({ types, default: file }) => [
      basename(file, ".js"),
      join(root, types.replace(/\.d\.ts$/, ".js")),
    ]),
  ),
  platform: "neutral",
  resolve: { mainFields: ["module", "main"] },
  // The database is native code; everything else that we use is small and plain.
  external: [/^node:/, /^@photostructure\//],
  treeshake: { moduleSideEffects: (id) => id.includes("node_modules") },
  logLevel: "warn",
});
await bundle.write({
  dir: fresh,
  format: "esm",
  entryFileNames: "[name].js",
  chunkFileNames: "chunks/[name]-[hash].js",
});
await bundle.close();
for (const name of readdirSync(fresh, { recursive: true })) {
  if (!name.endsWith(".js")) continue;
  const file = join(fresh, name);
  writeFileSync(file, escapeNonAscii(readFileSync(file, "utf8"), name));
}

// Swapped at once: who imports meanwhile finds the old files or the new ones.
rmSync(finished, { recursive: true, force: true });
renameSync(fresh, finished);
