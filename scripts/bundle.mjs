// Makes `dist/bin/harn.js` of `dist/cli`: a few files instead of hundreds, which halves the start of every command.
// Whatever a command loads lazily stays in a file of its own.

import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { root } from "./run-command.mjs";

const finished = join(root, "dist", "bin");
const fresh = join(root, "dist", ".bin-fresh");

rmSync(fresh, { recursive: true, force: true });
const bundle = await rolldown({
  input: { harn: join(root, "dist", "cli", "main.js") },
  platform: "node",
  external: [/^node:/],
  // Our modules do nothing when they are imported, so what is not used need not be loaded.
  treeshake: { moduleSideEffects: (id) => id.includes("node_modules") },
  logLevel: "warn",
});
// Names stay: an internal error tells where it happened.
await bundle.write({
  dir: fresh,
  format: "esm",
  minify: { mangle: false, compress: false, codegen: { removeWhitespace: true } },
});
await bundle.close();
if (!existsSync(join(fresh, "harn.js"))) throw new Error("The bundle has no harn.js");
// Swapped at once: a command that starts meanwhile finds the old one or the new one.
rmSync(finished, { recursive: true, force: true });
renameSync(fresh, finished);
