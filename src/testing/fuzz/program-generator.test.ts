import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createSourceFile, type Module, parse } from "../../lang/index.ts";
import { generateProgram, type ProgramOptions } from "./program-generator.ts";

const KINDS = ["grammar", "runnable", "constructs", "lintable"] as const satisfies readonly NonNullable<
  ProgramOptions["kind"]
>[];

function parsed(text: string): Module {
  const { module, diagnostics } = parse(createSourceFile("generated.harn", text));
  if (diagnostics.length > 0) throw new Error(`${diagnostics[0]!.message}\n${text}`);
  return module;
}

function collectKinds(value: unknown, kinds: Set<string>): void {
  if (Array.isArray(value)) for (const element of value) collectKinds(element, kinds);
  else if (typeof value === "object" && value !== null) {
    const { kind } = value as { kind?: unknown };
    if (typeof kind === "string") kinds.add(kind);
    for (const field of Object.values(value)) collectKinds(field, kinds);
  }
}

describe.each(KINDS)("generated %s programs", (kind) => {
  it("parse without diagnostics", () => {
    for (let seed = 0; seed < 400; seed++) parsed(generateProgram({ seed, kind }));
  });

  it("are the same for the same seed, and different for another", () => {
    expect(generateProgram({ seed: 42, kind })).toBe(generateProgram({ seed: 42, kind }));
    expect(generateProgram({ seed: 42, kind })).not.toBe(generateProgram({ seed: 43, kind }));
  });

  it("grow with their size", () => {
    const lengthAt = (size: number): number =>
      Array.from({ length: 20 }, (_, seed) => generateProgram({ seed, kind, size }).length).reduce((a, b) => a + b);
    expect(lengthAt(30)).toBeGreaterThan(lengthAt(3) * 1.5);
  });
});

/** How many of 250 programs of each sort have a node of a kind. */
function programsWith(kind: (typeof KINDS)[number]): Map<string, number> {
  const counts = new Map<string, number>();
  for (let seed = 0; seed < 250; seed++) {
    const kinds = new Set<string>();
    collectKinds(parsed(generateProgram({ seed, kind })), kinds);
    for (const each of kinds) counts.set(each, (counts.get(each) ?? 0) + 1);
  }
  return counts;
}

describe("of a thousand programs", () => {
  const tables = KINDS.map((kind) => [kind, programsWith(kind)] as const);
  const source = readFileSync(new URL("../../lang/syntax/ast.ts", import.meta.url), "utf8");
  const treeKinds = [...new Set([...source.matchAll(/kind: "([A-Z]\w+)"/g)].map(([, kind]) => kind!))];
  const never = new Set(["ErrorNode", "BlockExpr"]);

  it.each(treeKinds.filter((kind) => !never.has(kind)))("at least ten have a %s", (kind) => {
    const total = tables.reduce((sum, [, counts]) => sum + (counts.get(kind) ?? 0), 0);
    expect(total).toBeGreaterThanOrEqual(10);
  });

  it("those that run have all but what only other files or the checker read", () => {
    const running = new Set(tables.flatMap(([name, counts]) => (name === "grammar" ? [] : [...counts.keys()])));
    expect(treeKinds.filter((kind) => !never.has(kind) && !running.has(kind)).sort()).toEqual(
      ["EvalPackDecl", "FnType", "ImportDecl", "LiteralType"].sort(),
    );
  });
});

it.each([
  ["a race", /parallel_race\(/],
  ["results as they come", /\} as stream\b/],
  ["parallel settle", /parallel settle\b/],
  ["a limit of tasks at once", /max_concurrent/],
  ["a select with a timeout", /timeout \d+ms \{/],
  ["a select with a default", /default \{ println/],
  ["cancelled tasks", /^\s*cancel\(/m],
  ["politely cancelled tasks", /cancel_graceful\(/],
  ["a deadline that passes", /deadline \dms \{/],
  ["a supervisor", /supervisor_start\(/],
  ["a channel that is closed", /close_channel\(/],
  ["streams", /gen fn /],
  ["generators that are left early", /if n == 2 \{ break \}/],
  ["pipelines that extend", / extends /],
  ["pipelines that override", /^override /m],
  ["tools", /^tool /m],
  ["skills", /^skill /m],
  ["methods", /^impl /m],
  ["bounds", / where T: /],
  ["guard", /guard /],
  ["try*", /try\* /],
  ["the question mark", /\)\?$/m],
  ["retry", /retry 3 \{/],
  ["defer", /defer \{/],
  ["or-patterns", /0 \| 1 ->/],
  ["arms with a condition", / if n > 3 ->/],
  ["slices", /\[1:3\]/],
  ["spread in calls", /\(1, \.\.\./],
  ["attributes", /^@deprecated/m],
  ["pipes with a place", /\|> _/],
  ["optional chains", /\?\[0\]/],
  ["deep recursion", /down\d\(\d{4}\)/],
])("programs that run use %s", (_name, pattern) => {
  const found = Array.from({ length: 300 }, (_, seed) => generateProgram({ seed, kind: "constructs" })).filter((text) =>
    pattern.test(text),
  );
  expect(found.length).toBeGreaterThanOrEqual(5);
});
