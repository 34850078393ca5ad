/** `harn inspect` and the receipts of `harn run`, as a user sees them. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runCli } from "./cli.ts";
import { createCliContext, type StopRequest } from "./context.ts";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "harn-steps-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function harn(argv: readonly string[], extra: { terminal?: boolean; stopAfter?: string } = {}) {
  const written = { out: "", err: "" };
  const stdin = new PassThrough();
  stdin.end();
  const capture = (name: "out" | "err") => {
    const stream = new PassThrough();
    if (extra.terminal) Object.assign(stream, { isTTY: true });
    stream.on("data", (chunk) => {
      written[name] += chunk;
      if (extra.stopAfter && written.out.includes(extra.stopAfter)) {
        context.cancel.cancel({ kind: "interrupt" } satisfies StopRequest);
      }
    });
    return stream;
  };
  const context = createCliContext(new URL("./main.ts", import.meta.url), {
    cwd: folder,
    environment: { NO_COLOR: "1" },
    terminal: { stdin, stdout: capture("out"), stderr: capture("err") },
  });
  const code = await runCli(context, argv);
  await context.host.flush();
  context.host.close();
  return { code, ...written };
}

const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
const json = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), "utf8"));

describe("harn inspect", () => {
  const steps = `@step(model: small, budget: {max_tokens: 2000, max_usd: 0.05}, error_boundary: continue)
pub fn plan(goal) { goal }
@step(name: draft, retry: {max_attempts: 3})
pub fn write(plan) { plan }
@step(budget: {max_tokens: 1}, approval: required)
pub fn unused() { 1 }
`;
  const captain = `import "steps"
@persona(name: "Captain", description: "Writes letters", tools: [read], stages: [{name: plan, allowed_tools: []}])
fn captain(goal) { write(plan(goal)) }
@persona
fn idle() { 1 }
println("this must not run")
`;

  it("STEP-59, STEP-60, STEP-61 shows personas with their steps, models and budgets, without running anything", async () => {
    write("steps.harn", steps);
    write("captain.harn", captain);
    expect(await harn(["inspect", "captain.harn"])).toEqual({
      code: 0,
      err: "",
      out: `Captain: Writes letters  (captain.harn:3)
  autonomy suggest · receipts optional · tools read · capabilities project.test_commands · stages plan
  plan   model small  budget 2000 tokens, $0.05  on breach continue              steps.harn:2
  draft                                                              attempts 3  steps.harn:4

idle: Source-declared persona  (captain.harn:5)
  autonomy suggest · receipts optional · capabilities project.test_commands
  no steps

Steps of no persona
  unused  budget 1 token  approval required  steps.harn:6
`,
    });
  });

  it("as JSON", async () => {
    write("steps.harn", steps);
    write("captain.harn", captain);
    const { code, out } = await harn(["inspect", "captain.harn", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      version: 1,
      personas: [
        {
          name: "Captain",
          function: "captain",
          declared_at: "captain.harn:3",
          entry_workflow: "captain",
          autonomy: "suggest",
          receipts: "optional",
          steps: [
            {
              name: "plan",
              function: "plan",
              declared_at: "steps.harn:2",
              model: "small",
              approval: null,
              receipt: null,
              error_boundary: "continue",
              retry: null,
              budget: { max_tokens: 2000, max_usd: 0.05 },
            },
            { name: "draft", retry: { max_attempts: 3 }, budget: null, model: null },
          ],
        },
        { name: "idle", steps: [] },
      ],
      other_steps: [{ name: "unused", budget: { max_tokens: 1, max_usd: null } }],
    });
  });

  it("says so when there is nothing, and when there is something wrong", async () => {
    write("plain.harn", "println(1)\n");
    expect(await harn(["inspect", "plain.harn"])).toEqual({ code: 0, out: "No personas and no steps\n", err: "" });
    expect(await harn(["inspect", "missing.harn"])).toEqual({
      code: 2,
      out: "",
      err: "harn: Cannot find missing.harn\n",
    });
    write("broken.harn", "@step fn (");
    const { code, out, err } = await harn(["inspect", "broken.harn"]);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain("HARN-P002");
  });
});

describe("receipts of harn run", () => {
  const program = `@step(name: outline)
fn plan() {
  llm_mock({text: "ok", input_tokens: 12, output_tokens: 3})
  return llm_call("x", nil, {provider: "mock", model: "house"}).text
}
println(plan())
println(len(completed_steps(true)))
`;

  it("--receipt FILE writes JSON, of all steps although the program has emptied the log", async () => {
    write("a.harn", program);
    expect(await harn(["run", "--receipt", "r.json", "a.harn"])).toEqual({ code: 0, out: "ok\n1\n", err: "" });
    const usage = { input_tokens: 12, output_tokens: 3, llm_calls: 1, cost_usd: expect.any(Number) };
    expect(json("r.json")).toEqual({
      version: 1,
      program: "a.harn",
      steps: [
        {
          name: "outline",
          function: "plan",
          model: expect.any(String),
          status: "completed",
          error: null,
          duration_ms: expect.any(Number),
          ...usage,
        },
      ],
      total: usage,
      unattributed: { input_tokens: 0, output_tokens: 0, cost_usd: 0, llm_calls: 0 },
    });
  });

  const heading = /^step +status +model +calls +in +out +cost +time +error$/m;

  it("on a terminal, a program with steps ends with a table on stderr; others do not", async () => {
    write("a.harn", program);
    const { out, err } = await harn(["run", "a.harn"], { terminal: true });
    expect(out).toBe("ok\n1\n");
    expect(err).toMatch(heading);
    expect(err).toMatch(/^outline +completed +\S+ +1 +12 +3 +\$\d\.\d{4} +\d+ms$/m);
    expect((await harn(["run", "-e", "println(1)"], { terminal: true })).err).toBe("");
    expect((await harn(["run", "a.harn"])).err, "no terminal, no table").toBe("");
  });

  it("--receipt - asks for the table", async () => {
    write("a.harn", program);
    const { code, out, err } = await harn(["run", "--receipt", "-", "a.harn"]);
    expect([code, out]).toEqual([0, "ok\n1\n"]);
    expect(err).toMatch(heading);
    expect((await harn(["run", "--receipt", "-", "-e", "println(1)"])).err).toContain("total");
  });

  it("comes after the error of a program that fails", async () => {
    write("a.harn", '@step fn plan() { throw "no" }\nplan()\n');
    const { code, err } = await harn(["run", "--receipt", "-", "a.harn"]);
    expect(code).toBe(1);
    expect(err.indexOf("error: Thrown: no")).toBeLessThan(err.search(heading));
    expect(err).toMatch(/^plan +failed/m);
  });

  it("tells what was paid when the program is stopped", async () => {
    write("a.harn", '@step fn plan() {\n  println("in")\n  sleep(60000)\n}\nplan()\n');
    const { code } = await harn(["run", "--receipt", "r.json", "a.harn"], { stopAfter: "in" });
    expect(code).toBe(130);
    expect(json("r.json")).toMatchObject({ steps: [{ name: "plan", status: "failed" }] });
  });

  it("fails, with a word, when the file cannot be written", async () => {
    write("a.harn", program);
    const { code, out, err } = await harn(["run", "--receipt", "no/such/r.json", "a.harn"]);
    expect([code, out]).toEqual([1, "ok\n1\n"]);
    expect(err).toBe("harn: cannot write the receipt to no/such/r.json: not found\n");
  });

  it("works for recorded and durable runs, also when those go on", async () => {
    write("a.harn", program);
    expect((await harn(["run", "--record", "runs", "--receipt", "r1.json", "a.harn"])).code).toBe(0);
    expect(json("r1.json")).toMatchObject({ steps: [{ name: "outline" }] });

    write("b.harn", '@step fn plan() {\n  println("in")\n  sleep(300)\n  return 1\n}\nprintln(plan())\n');
    const durable = ["run", "--durable", "one", "--runs-dir", "runs", "--receipt"];
    expect((await harn([...durable, "r2.json", "b.harn"], { stopAfter: "in" })).code).toBe(130);
    expect(json("r2.json")).toMatchObject({
      steps: [{ name: "plan", status: "failed", error: "The run was stopped" }],
    });
    expect((await harn([...durable, "r3.json", "b.harn"])).code).toBe(0);
    expect(json("r3.json")).toMatchObject({ steps: [{ name: "plan", status: "completed" }] });
  });
});
