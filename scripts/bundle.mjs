// Makes `dist/bin` of `dist/cli`: the command in one file, with its compiled code beside it. Loading hundreds of modules
// would take twice as long as running a small program.

import { copyFileSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { root, run } from "./run-command.mjs";

const finished = join(root, "dist", "bin");
// A folder of its own: two builds at once do not take each other's files away.
const fresh = mkdtempSync(join(root, "dist", ".bin-"));

const bundle = await rolldown({
  input: join(root, "dist", "cli", "main.js"),
  platform: "node",
  external: [/^node:/],
  // Our modules do nothing when they are imported, so what is not used need not be kept.
  treeshake: { moduleSideEffects: (id) => id.includes("node_modules") },
  logLevel: "warn",
});
await bundle.write({
  file: join(fresh, "command.cjs"),
  format: "cjs",
  codeSplitting: false,
  // Names stay: an internal error tells where it happened.
  minify: { mangle: false, compress: false, codegen: { removeWhitespace: true } },
});
await bundle.close();
copyFileSync(join(root, "scripts", "bundle-loader.cjs"), join(fresh, "harn.cjs"));

const first = await run([process.execPath, join(fresh, "harn.cjs"), "run", "-e", "println(6 * 7)"], {
  env: { HARN_WRITE_CODE_CACHE: "1" },
});
if (first.output !== "42\n") {
  process.stderr.write(`The bundle does not run:\n${first.output}\n`);
  rmSync(fresh, { recursive: true, force: true });
  process.exit(1);
}
// Swapped at once: a command that starts meanwhile finds the old one or the new one.
rmSync(finished, { recursive: true, force: true });
renameSync(fresh, finished);
