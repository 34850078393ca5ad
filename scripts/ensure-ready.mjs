// Makes `npm run demo` and `npm test` work on a fresh clone: installs when what is installed is not what the lock
// file says, then builds. Offline, and about a second, when both are up to date.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root, run, tool } from "./run-command.mjs";

function readJson(path) {
  try {
    return JSON.parse(readFileSync(join(root, path), "utf8"));
  } catch {
    return undefined;
  }
}

/** Whether every package that this platform needs is installed in the version of the lock file. */
function isInstalled() {
  const wanted = readJson("package-lock.json")?.packages ?? {};
  const present = readJson("node_modules/.package-lock.json")?.packages;
  if (!present) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === "" || entry.link || !path.startsWith("node_modules/")) return true;
    if (entry.optional || entry.peer) return present[path] === undefined || present[path].version === entry.version;
    return present[path]?.version === entry.version;
  });
}

async function step(what, command) {
  const { code, output } = await run(command);
  if (code === 0) return;
  process.stderr.write(`${output}\n${what} failed (exit code ${code})\n`);
  process.exit(1);
}

if (!isInstalled()) {
  process.stderr.write("Installing dependencies\n");
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ["npm"];
  await step("npm ci", [...npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
}
await step("The build", [...tool("tsc"), "-b", "src/cli"]);
await step("The bundle", [process.execPath, "scripts/bundle.mjs"]);
await step("The library", [process.execPath, "scripts/bundle-library.mjs"]);
