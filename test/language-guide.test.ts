/** Every program of the language guide runs as it stands, prints what the guide says, and is laid out as `harn fmt` would. */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { formatSource } from "../src/lang/index.ts";
import { standardMethods } from "../src/stdlib/index.ts";
import { runHarn } from "./support/run-harn.ts";

const guide = readFileSync(new URL("../docs/language.md", import.meta.url), "utf8");

const programs = [...guide.matchAll(/^```harn\n([\s\S]*?)^```$(?:\n\n^```text\n([\s\S]*?)^```$)?/gm)].map(
  ([, program = "", output = ""]) => ({ title: program.trim().split("\n")[0], program, output }),
);

describe("the language guide", () => {
  it("has a program for each part", () => expect(programs.length).toBeGreaterThanOrEqual(18));

  it.each(programs)("$title …", async ({ program, output }) => {
    const run = await runHarn(program);
    expect(run.error).toBeUndefined();
    // Programs of tests are for `harn test`.
    if (!/^pipeline test_/m.test(program)) expect(run.output).toBe(output);
    expect(formatSource(program)).toMatchObject({ text: program });
  });

  it("lists the methods there are", () => {
    const rows = [...guide.matchAll(/^\| (\w+) \| (`.*`) \|$/gm)].map(([, type = "", names = ""]) => [
      type,
      [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name),
    ]);
    expect(rows).toHaveLength(6);
    for (const [type, names] of rows) {
      const known = standardMethods[type as keyof typeof standardMethods]?.map(({ name }) => name);
      expect(names, `${type}`).toEqual(known?.filter((name) => !name.endsWith("?")));
    }
    const namesOf = (type: "iter" | "stream") => standardMethods[type]?.map(({ name }) => name) ?? [];
    expect(namesOf("stream")).toEqual(expect.arrayContaining(namesOf("iter")));
  });

  it("links to its own parts", () => {
    const parts = [...guide.matchAll(/^## (.+)$/gm)].map(([, title = ""]) =>
      title.toLowerCase().replace(/,/g, "").replace(/ /g, "-"),
    );
    expect([...guide.matchAll(/\]\(#([\w-]+)\)/g)].map(([, part]) => part)).toEqual(expect.arrayContaining(parts));
    for (const [, part] of guide.matchAll(/\]\(#([\w-]+)\)/g)) expect(parts).toContain(part);
  });
});
