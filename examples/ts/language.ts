// A Harn program inside a TypeScript program: what it prints and gives, and what it may touch, are up to the host.

import { loadProgram, startProgram } from "harn";
import { createVirtualHost } from "harn/testing";

const host = createVirtualHost({ files: { "notes.txt": "milk\nbread\n" } });
const text = `
let notes = read_lines("notes.txt")
println("\${len(notes)} notes for \${argv[0]}")
`;
const { program, diagnostics } = await loadProgram({ host, path: "list.harn", text });
for (const { file, diagnostic } of diagnostics) console.log(`${file.path}: ${diagnostic.message}`);
if (program !== undefined) {
  const { status } = await startProgram(program, { host, args: ["Ada"] }).outcome;
  console.log(`${host.stdout().trim()} (${status})`);
}
