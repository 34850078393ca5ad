import { describe, expect, it } from "vitest";
// @ts-expect-error a plain script without declarations
import { checkLayers } from "../scripts/check-layers.mjs";

const cases: { name: string; files: Record<string, string>; complaints: string[] }[] = [
  {
    name: "a downward import through the index passes",
    files: { "src/vm/a.ts": 'import { x } from "../bytecode/index.ts";' },
    complaints: [],
  },
  {
    name: "an upward import",
    files: { "src/vm/a.ts": 'import { x } from "../stdlib/index.ts";' },
    complaints: ["src/vm/a.ts:1 The layer vm may not import stdlib"],
  },
  {
    name: "an upward import of a type",
    files: { "src/base/a.ts": '\nimport type { X } from "../vm/index.ts";' },
    complaints: ["src/base/a.ts:2 The layer base may not import vm"],
  },
  {
    name: "the inside of another layer",
    files: { "src/vm/a.ts": 'import { x } from "../base/cancel.ts";' },
    complaints: ["src/vm/a.ts:1 Import base through its index.ts, not `../base/cancel.ts`"],
  },
  {
    name: "Node outside cli",
    files: { "src/llm/a.ts": 'import { readFile } from "node:fs/promises";' },
    complaints: ["src/llm/a.ts:1 `node:fs/promises` may be imported only by cli; take the effect from the Host"],
  },
  {
    name: "a package in a layer that has none, imported lazily over several lines",
    files: {
      "src/agent/a.ts": 'import {\n  a,\n} from "./b.ts";\nconst z = await import("zod");',
      "src/agent/b.ts": "",
    },
    complaints: ["src/agent/a.ts:4 The layer agent may not import the package `zod`"],
  },
  {
    name: "an import of a Harn program in a template string is none of ours",
    files: { "src/stdlib/a.ts": 'const code = `\nimport "std/text"\n\\`\n`;\nimport { x } from "zod";' },
    complaints: ["src/stdlib/a.ts:5 The layer stdlib may not import the package `zod`"],
  },
  {
    name: "a star export",
    files: { "src/base/index.ts": 'export * from "./a.ts";' },
    complaints: ["src/base/index.ts:1 `export *` hides what is public; name the exports"],
  },
  {
    name: "a cycle at run time",
    files: { "src/base/a.ts": 'import { b } from "./b.ts";', "src/base/b.ts": 'export { a } from "./a.ts";' },
    complaints: ["src/base/a.ts:1 Import cycle: src/base/a.ts → src/base/b.ts → src/base/a.ts"],
  },
  {
    name: "a cycle of types only, or through a lazy import, is none",
    files: {
      "src/base/a.ts": 'import type { B } from "./b.ts";',
      "src/base/b.ts": 'import { a } from "./a.ts"; const c = () => import("./c.ts");',
      "src/base/c.ts": 'import { b } from "./b.ts";',
    },
    complaints: [],
  },
];

describe("layer check", () => {
  it.each(cases)("$name", ({ files, complaints }) => {
    const sources = Object.entries(files).map(([path, source]) => ({ path, source }));
    expect(checkLayers(sources)).toEqual(complaints);
  });
});
