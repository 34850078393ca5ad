/** The examples run as they are, offline, and say what they should. */

import { readdirSync } from "node:fs";
import { PassThrough } from "node:stream";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { runCli } from "../src/cli/cli.ts";
import { createCliContext } from "../src/cli/context.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

async function harn(...argv: string[]) {
  let out = "";
  let err = "";
  const stdout = new PassThrough().on("data", (chunk) => (out += chunk));
  const stderr = new PassThrough().on("data", (chunk) => (err += chunk));
  const stdin = new PassThrough();
  const context = createCliContext(new URL("../src/cli/main.ts", import.meta.url), {
    cwd: root,
    environment: { HARN_LLM_CALLS_DISABLED: "1" },
    terminal: { stdin, stdout, stderr },
  });
  const code = await runCli(context, argv);
  await context.host.flush();
  context.host.close();
  return { code, out, err };
}

describe("examples", () => {
  it("log-report: the agent looks before it judges", async () => {
    const { code, out, err } = await harn("run", "examples/log-report.harn");
    expect([code, err]).toEqual([0, ""]);
    expect(out).toContain("The deploy of 4.3.0 at 03:03:02 (line 40) set `pool_size` from 20 to 2");
    expect(out).toContain("(3 model calls, tools used: search, search, lines, status: done)");
  });

  it("structured-output: an answer that does not fit is asked for again", async () => {
    const { code, out, err } = await harn("run", "examples/structured-output.harn");
    expect([code, err]).toEqual([0, ""]);
    expect(out).toBe(
      [
        "3 x torque wrench 40-200 Nm      89",
        "2 x bit set, 32 pieces           24.5",
        "1 x workshop lamp                61.9",
        "total 449.7 EUR, computed 449.7: right",
        "(2 attempts)",
        "",
      ].join("\n"),
    );
  });

  it("parallel-agents: the budget stops one and keeps the work of the others", async () => {
    const { code, out, err } = await harn("run", "examples/parallel-agents.harn");
    expect([code, err]).toEqual([0, ""]);
    expect(out).toContain("a lawyer: “guaranteed to answer within 200 milliseconds”");
    // Which of the last two comes too late depends on the disk.
    expect(out.match(/^a (customer|journalist): \(budget_exhausted\)$/gm)).toHaveLength(1);
    // Three agents of two calls, and one whose second call was refused: $0.0075 each, and $0.003.
    expect(out).toContain("3 of 4 reviews, 7 calls, $0.0255 of $0.032");
  });

  it("are laid out, checked and clean", async () => {
    expect((await harn("fmt", "--check", "examples")).code).toBe(0);
    expect((await harn("check", "--strict", "examples")).err).toContain(" 0 errors, 0 warnings");
    expect((await harn("lint", "examples")).code).toBe(0);
  });

  it("none is missing here", () => {
    const programs = readdirSync(`${root}/examples`).filter((name) => /\.(harn|ts)$/.test(name));
    expect(programs.sort()).toEqual([
      "log-report.harn",
      "parallel-agents.harn",
      "steps.harn",
      "structured-output.harn",
    ]);
  });
});
