// `npm run check`: everything that must hold before a commit. Static checks run side by side, then the tests, since
// both fill the machine. Quiet when all is well; a failed check shows its whole output.

import { root, run, tool } from "./run-command.mjs";

const staticChecks = [
  { name: "format and lint (biome)", command: [...tool("biome"), "check", "--no-errors-on-unmatched", "."] },
  { name: "promises and switches (oxlint)", command: [...tool("oxlint"), "--type-aware", "src", "test"] },
  { name: "types (tsc -b)", command: [...tool("tsc"), "-b"] },
  { name: "layers and cycles", command: [process.execPath, "scripts/check-layers.mjs"] },
  { name: "no state in modules", command: [process.execPath, "scripts/check-module-state.mjs"] },
];

const red = process.stdout.isTTY ? (text) => `\u001b[31m${text}\u001b[0m` : (text) => text;

async function check({ name, command }) {
  const { code, output, seconds } = await run(command);
  const mark = code === 0 ? "ok  " : red("FAIL");
  const counts = /^\d+ passed, \d+ failed$/m.exec(output)?.[0] ?? "";
  console.log(`${mark} ${name.padEnd(34)} ${seconds.toFixed(1)} s  ${counts}`.trimEnd());
  if (code !== 0) console.log(output.trimEnd().replaceAll(root, ""));
  return code === 0;
}

/** Two at a time: one per core of the smallest machine this runs on. */
async function inPairs(checks) {
  const queue = [...checks];
  let good = true;
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) good = (await check(next)) && good;
  };
  await Promise.all([worker(), worker()]);
  return good;
}

const staticOk = await inPairs(staticChecks);
const testsOk =
  process.argv.includes("--static") ||
  (await check({ name: "tests (unit, corpus, README)", command: [process.execPath, "scripts/test.mjs"] }));
process.exitCode = staticOk && testsOk ? 0 : 1;
