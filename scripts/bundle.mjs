// Makes `dist/bin` of `dist/cli`: the command in a few files, with their compiled code beside them. Loading hundreds of
// modules would take several times as long as running a small program.

import { chmodSync, copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { escapeNonAscii } from "./escape-non-ascii.mjs";
import { root, run } from "./run-command.mjs";
import { swapFolder } from "./swap-folder.mjs";

const finished = join(root, "dist", "bin");
// A folder of its own: two builds at once do not take each other's files away.
const fresh = mkdtempSync(join(root, "dist", ".bin-"));

const bundle = await rolldown({
  input: { command: join(root, "dist", "cli", "main.js") },
  platform: "node",
  external: [/^node:/],
  // Our modules do nothing when they are imported, so what is not used need not be kept.
  treeshake: { moduleSideEffects: (id) => id.includes("node_modules") },
  logLevel: "warn",
});
await bundle.write({
  // A file for each part that is loaded on demand: a small program needs neither HTTP nor the formatter.
  dir: fresh,
  entryFileNames: "[name].cjs",
  chunkFileNames: "[name].cjs",
  format: "cjs",
  // Names stay: an internal error tells where it happened.
  minify: { mangle: false, compress: false, codegen: { removeWhitespace: true } },
});
await bundle.close();
for (const name of readdirSync(fresh)) {
  const file = join(fresh, name);
  writeFileSync(file, escapeNonAscii(readFileSync(file, "utf8"), name));
}
copyFileSync(join(root, "scripts", "bundle-loader.cjs"), join(fresh, "harn.cjs"));
// A linked package is run from here; npm has made only the first build's file one that can be run.
chmodSync(join(fresh, "harn.cjs"), 0o755);

// What these compile is what the code caches hold; the first has its say where two use the same file.
const program = join(fresh, "first.harn");
writeFileSync(program, "println(6 * 7)\n");
await expectOutput(["run", program], "42\n");
await expectOutput(["check", program], undefined);
await expectOutput(["--version"], undefined);
rmSync(program);

async function expectOutput(args, expected) {
  const command = [process.execPath, join(fresh, "harn.cjs"), ...args];
  const { code, output } = await run(command, { env: { HARN_WRITE_CODE_CACHE: "1" } });
  if (code === 0 && (expected === undefined || output === expected)) return;
  process.stderr.write(`The bundle does not run \`${args.join(" ")}\`:\n${output}\n`);
  rmSync(fresh, { recursive: true, force: true });
  process.exit(1);
}

swapFolder(fresh, finished);
