import { describe, expect, it } from "vitest";
import { loadModuleGraph } from "../modules/graph.ts";
import { type ProgramManifest, programManifest } from "./persona-manifest.ts";

async function manifestOf(files: Readonly<Record<string, string>> | string): Promise<ProgramManifest> {
  const disk = typeof files === "string" ? { "/main.harn": files } : files;
  const graph = await loadModuleGraph({
    entry: "/main.harn",
    reader: {
      async read(path) {
        const text = disk[path];
        return text === undefined ? { kind: "missing" } : { kind: "text", text };
      },
      kindOf: async (path) => (disk[path] === undefined ? "missing" : "file"),
    },
  });
  expect([...graph.modules.values()].flatMap(({ diagnostics }) => diagnostics)).toEqual([]);
  return programManifest(graph);
}

const names = (manifest: ProgramManifest): readonly string[] =>
  manifest.personas.map(({ name, steps }) => `${name}: ${steps.map((step) => step.name).join(" ")}`);

describe("STEP-T04, STEP-59 the steps of a persona", () => {
  it.each([
    ["first-call order without repeats", "a(1)\n  b(2)\n  a(3)", "a b"],
    ["an argument is called before what takes it", "b(a(1))", "a b"],
    ["blocks, branches and loops", "if true { b(1) } else { for x in [1] { a(x) } }", "b a"],
    ["closures and parallel work", "let f = { x -> a(x) }\n  parallel each [1] { x -> b(x) }", "a b"],
    ["functions handed on", "[1].map(b)\n  1 |> a", "b a"],
    ["helpers are not followed", "helper(1)", ""],
  ])("%s", async (_, body, steps) => {
    const source = `@step fn a(x) { x }\n@step fn b(x) { x }\nfn helper(x) { a(x) }\n@persona fn p() {\n  ${body}\n}`;
    expect(names(await manifestOf(source))).toEqual([`p: ${steps}`]);
  });

  it("come from other files as well; a function of one's own hides an imported one", async () => {
    const manifest = await manifestOf({
      "/main.harn":
        'import "steps"\n@persona(name: lead) fn p() {\n  plan(1)\n  write(2)\n}\nfn write(x) { x }\n@persona fn q() { plan(1) }',
      "/steps.harn": "@step pub fn plan(x) { x }\n@step pub fn write(x) { x }",
    });
    expect(names(manifest)).toEqual(["lead: plan", "q: plan"]);
    expect(manifest.personas[0]?.steps[0]).toMatchObject({ file: "/steps.harn", line: 1 });
    expect(manifest.otherSteps.map(({ name }) => name)).toEqual(["write"]);
  });
});

describe("what is declared", () => {
  it("STEP-60 fills in what a persona does not say", async () => {
    expect((await manifestOf("\n@persona fn captain() { 1 }")).personas).toEqual([
      {
        name: "captain",
        function: "captain",
        file: "/main.harn",
        line: 2,
        description: "Source-declared persona",
        entryWorkflow: "captain",
        tools: [],
        capabilities: ["project.test_commands"],
        autonomy: "suggest",
        receipts: "optional",
        triggers: [],
        stages: [],
        steps: [],
      },
    ]);
  });

  it("STEP-58, STEP-65, STEP-67 reads what a persona says", async () => {
    const [persona] = (
      await manifestOf(
        '@persona(name: "Captain", description: "Leads", tools: [read, "git.log"], capabilities: [code], autonomy: act, receipts: required, triggers: [cron("0 9 * * *")], stages: [{name: plan, allowed_tools: []}], output_style: {name: terse})\nfn captain() { 1 }',
      )
    ).personas;
    expect(persona).toMatchObject({
      name: "Captain",
      function: "captain",
      description: "Leads",
      tools: ["read", "git.log"],
      capabilities: ["code"],
      autonomy: "act",
      receipts: "required",
      triggers: ['cron("0 9 * * *")'],
      stages: [{ name: "plan", allowed_tools: [] }],
      outputStyle: "terse",
    });
  });

  it.each([
    ["", {}],
    ["(name: outline, model: small)", { name: "outline", model: "small" }],
    [
      '(approval: required, receipt: true, error_boundary: "odd")',
      { approval: "required", receipt: true, errorBoundary: "odd" },
    ],
    ["(retry: {max_attempts: 3}, error_boundary: continue)", { retry: { maxAttempts: 3 }, errorBoundary: "continue" }],
    ["(budget: {max_tokens: 5, max_usd: 0})", { budget: { maxTokens: 5, maxUsd: 0 } }],
    ["(budget: {max_tokens: 5.0})", { budget: { maxTokens: 5 } }],
    ["(budget: {max_tokens: 0, max_usd: -1}, retry: {max_attempts: 0}, model: 5, name: nil)", {}],
    ["(budget: 5, retry: [])", {}],
  ])("STEP-61 @step%s", async (attributes, expected) => {
    const { otherSteps } = await manifestOf(`@step${attributes}\nfn plan() { 1 }`);
    expect(otherSteps).toEqual([{ name: "plan", function: "plan", file: "/main.harn", line: 2, ...expected }]);
  });

  it("STEP-20 a generator is no step", async () => {
    expect((await manifestOf("@step gen fn words() { emit 1 }\n@step fn more() { yield 1 }")).otherSteps).toEqual([]);
  });

  it("is empty for a program without either", async () => {
    expect(await manifestOf("println(1)")).toEqual({ personas: [], otherSteps: [] });
  });
});
