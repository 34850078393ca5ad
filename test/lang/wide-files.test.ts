/**
 * Files of a size that people do not write but generators do: each stage goes through them without running out of stack.
 */

import { describe, expect, it } from "vitest";
import {
  BUILTIN_SIGNATURES,
  checkModule,
  compileModule,
  createBuiltinTable,
  createSourceFile,
  formatSource,
  lintModule,
  parse,
} from "../../src/lang/index.ts";

const repeat = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, i) => line(i)).join("\n");

const wideFiles: readonly { readonly name: string; readonly text: string }[] = [
  { name: "125,000 statements at the top", text: `${repeat(125_000, () => "1")}\n` },
  { name: "125,000 statements in a function", text: `fn f() {\n${repeat(125_000, () => "  1")}\n}\n` },
  {
    name: "20,000 arms",
    text: `fn f(x) {\n  match x {\n${repeat(20_000, (i) => `    ${i} -> { log(${i}) }`)}\n  }\n}\n`,
  },
  { name: "a comment of 125,000 lines", text: `/**\n${repeat(125_000, () => " text")}\n*/\nfn f() {\n}\n` },
  {
    name: "15,000 functions in an impl block",
    text: `struct S {}\nimpl S {\n${repeat(15_000, (i) => `  fn m${i}(self) { return ${i} }`)}\n}\n`,
  },
  {
    name: "5,000 members and an arm for each",
    text: `type U = ${repeat(5_000, (i) => `"m${i}"`).replaceAll("\n", " | ")}\nfn f(u: U) {\n  match u {\n${repeat(5_000, (i) => `    "m${i}" -> { log(u) }`)}\n  }\n}\n`,
  },
  {
    name: "5,000 values in an attribute",
    text: `@acp_tool(name: "f", tags: [${repeat(5_000, (i) => `{a: ${i}}`).replaceAll("\n", ", ")}])\nfn f() {\n  log(1)\n}\n`,
  },
  {
    name: "900 conditions in one",
    text: `fn f(${repeat(900, (i) => `p${i}: int | nil`).replaceAll("\n", ", ")}) {\n  if ${repeat(900, (i) => `p${i} != nil`).replaceAll("\n", " && ")} { log(p0 + p899) }\n}\n`,
  },
];

const builtins = createBuiltinTable([...BUILTIN_SIGNATURES]);

describe("wide files", () => {
  it.each(wideFiles)(
    "$name",
    ({ text }) => {
      const file = createSourceFile("wide.harn", text);
      const { module, diagnostics } = parse(file);
      expect(diagnostics).toEqual([]);
      expect(checkModule({ file, module, builtins }).diagnostics).toEqual([]);
      expect(
        compileModule({ file, module, id: "wide", isEntry: true, imports: [], dependencies: [] }).diagnostics,
      ).toEqual([]);
      expect(() => lintModule({ file, module })).not.toThrow();
      const formatted = formatSource(text);
      expect("text" in formatted && formatSource(formatted.text)).toEqual(formatted);
    },
    60_000,
  );
});
