// Writes the numbers of the opcode table into the interpreter's cases: `case 12 /* Add */:`. Run after changing the
// table; `src/vm/core/interpreter.test.ts` fails when it was forgotten.
import { readFileSync, writeFileSync } from "node:fs";

const table = readFileSync(new URL("../src/bytecode/opcodes.ts", import.meta.url), "utf8");
const names = [...table.matchAll(/^ {2}\["(\w+)", "[^"]*"/gm)].map((match) => match[1]);
const path = new URL("../src/vm/core/interpreter.ts", import.meta.url);
const source = readFileSync(path, "utf8");
const numbered = source.replace(/\d+ \/\* (\w+) \*\//g, (_, name) => {
  const code = names.indexOf(name);
  if (code < 0) throw new Error(`The interpreter has a case for \`${name}\`, which is no opcode`);
  return `${code} /* ${name} */`;
});
if (numbered === source) console.log("Nothing to change");
else {
  writeFileSync(path, numbered);
  console.log("Renumbered src/vm/core/interpreter.ts");
}
