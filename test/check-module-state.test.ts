import { describe, expect, it } from "vitest";
// @ts-expect-error a plain script without declarations
import { checkModuleState } from "../scripts/check-module-state.mjs";

const found = (line: number, message: string): string => `src/a.ts:${line} ${message}`;

const cases: { name: string; source: string; complaints: string[] }[] = [
  { name: "a variable", source: "\nlet count = 0;", complaints: [found(2, "`let count` is module state")] },
  { name: "an exported one", source: "export let a = 0;", complaints: [found(1, "`let a` is module state")] },
  {
    name: "a weak collection",
    source: "const known = new WeakMap<object, number>();",
    complaints: [found(1, "`known` is module state")],
  },
  {
    name: "a collection that a function fills, once for all writes",
    source: "const seen = new Set();\nfunction f(x) {\n  seen.add(x);\n  seen.delete(x);\n}",
    complaints: [found(3, "`seen`, a constant of the module, is written to")],
  },
  {
    name: "a member, also behind a cast and a chain",
    source: "const s = { on: false, in: { n: 0 } };\nconst f = () => {\n  (s as Any).on = true;\n};",
    complaints: [found(3, "`s`, a constant of the module, is written to")],
  },
  {
    name: "a deep member that is counted up",
    source: "const s = { in: { n: 0 } };\nconst f = () => s.in.n++;",
    complaints: [found(2, "`s`, a constant of the module, is written to")],
  },
  {
    name: "an entry that is deleted",
    source: "const s = {};\nconst f = (k) => delete s[k];",
    complaints: [found(2, "`s`, a constant of the module, is written to")],
  },
  {
    name: "what another module exports",
    source: 'import { table } from "./b.ts";\ntable.push(1);',
    complaints: [found(2, "`table`, of another module, is written to")],
  },
  {
    name: "a closure over state",
    source: "export const log = createLog();",
    complaints: [found(1, "`log` is module state")],
  },
  {
    name: "static fields, unless they are constants",
    source:
      "export class A {\n  static last = 0;\n  static readonly max = 3;\n  static readonly all = new WeakSet();\n}",
    complaints: [
      found(2, "The static field `A.last` is module state"),
      found(4, "The static field `A.all` is module state"),
    ],
  },
  {
    name: "tables that are read, and things made by a call of something else, are none",
    source: "const words = new Set(['a']);\nconst f = (w) => words.has(w);\nconst all = Object.freeze([1]);",
    complaints: [],
  },
  {
    name: "what functions, loops, cases and handlers keep is theirs, also by the name of a constant",
    source: [
      "const items = [];",
      "const f = (items) => items.push(1);",
      "function g() { const items = []; items.push(1); }",
      "function h({ items }) { for (const x of items) { items.push(x); } }",
      "for (const items of [[1]]) items.push(2);",
      "try { h(); } catch (items) { items.message = ''; }",
      "switch (1) { case 1: const items = []; items.push(1); }",
    ].join("\n"),
    complaints: [],
  },
  {
    name: "a method of what a table gives is not a write to the table",
    source: "const by = new Map();\nconst f = (k) => by.get(k).push(1);",
    complaints: [],
  },
  {
    name: "the place of a sticky pattern is set before each use",
    source: "const word = /a/y;\nconst f = (at) => {\n  word.lastIndex = at;\n  return word;\n};",
    complaints: [],
  },
];

describe("module state check", () => {
  it.each(cases)("$name", ({ source, complaints }) => {
    expect(checkModuleState([{ path: "src/a.ts", source }])).toEqual(complaints);
  });

  it("lets a named constant pass, and tells of a name that is of no use any more", () => {
    const files = [{ path: "src/a.ts", source: "let a = 0;\nlet b = 0;" }];
    expect(checkModuleState(files, { "src/a.ts a": "why", "src/b.ts gone": "why" })).toEqual([
      found(2, "`let b` is module state"),
      "src/b.ts gone is allowed as module state, but there is none",
    ]);
  });
});
