// Compiles a program of `programs/` once and runs it again and again, each time on a new machine: `harn.mjs <program>`.
import { readFileSync } from "node:fs";
import { createNodeHost } from "../../dist/cli/node-host/node-host.js";
import { loadSource, startProgram } from "../../dist/runtime/index.js";
import { measureAsync } from "./measure.mjs";

const path = new URL(`../programs/${process.argv[2]}.harn`, import.meta.url).pathname;
const { program, diagnostics } = loadSource(path, readFileSync(path, "utf8"));
if (program === undefined) throw new Error(diagnostics.map(({ diagnostic }) => diagnostic.message).join("\n"));
const host = createNodeHost();
let result = "";
const times = await measureAsync(async () => {
  result = "";
  const { outcome } = startProgram(program, { host, output: { write: (text) => (result += text) } });
  const { status, failure } = await outcome;
  if (status !== "ok") throw new Error(failure?.display() ?? status);
});
console.log(JSON.stringify({ result: result.trim(), times }));
