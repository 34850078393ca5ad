import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { opcodes } from "../../bytecode/index.ts";

test("every case of the interpreter carries the number that the opcode table gives its name", () => {
  const source = readFileSync(new URL("./interpreter.ts", import.meta.url), "utf8");
  const cases = [...source.matchAll(/(\d+) \/\* (\w+) \*\//g)].map(([, code, name]) => ({ name, code: Number(code) }));
  const expected = new Map(opcodes.map((info) => [info.name, info.code]));
  for (const { name, code } of cases) expect(code, name).toBe(expected.get(name ?? ""));
  const handled = new Set(cases.map(({ name }) => name));
  expect(opcodes.filter((info) => !handled.has(info.name)).map((info) => info.name)).toEqual([]);
});
