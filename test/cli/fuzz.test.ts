import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runHarnProcess } from "../support/harn-process.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "harn-fuzz-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("harn fuzz", { timeout: 120_000 }, () => {
  it("runs the cases of a seed and tells how many", async () => {
    const args = ["fuzz", "--target", "lexer,parser", "--cases", "30", "--seed", "5", "--jobs", "1"];
    const { code, out, err } = await runHarnProcess(args, { cwd: folder });
    expect([code, err]).toEqual([0, "Seed 5, lexer, parser\n"]);
    expect(out).toMatch(/^lexer +30 cases\nparser +30 cases\n0 findings in \d+\.\d s\n$/);
    expect(existsSync(join(folder, "fuzz-findings"))).toBe(false);
  });

  it("gives JSON, and stops when the time is over", async () => {
    const args = ["fuzz", "--target", "lexer", "--seconds", "1", "--jobs", "1", "--json"];
    const { code, out, err } = await runHarnProcess(args, { cwd: folder });
    expect([code, err]).toEqual([0, ""]);
    expect(JSON.parse(out)).toMatchObject({ seed: expect.any(Number), findings: [], repeated: 0 });
  });

  it("judges inputs as they are", async () => {
    writeFileSync(join(folder, "a.harn"), "let x = (\n");
    writeFileSync(join(folder, "b.json"), '{"version": 1}');
    const { code, out } = await runHarnProcess(["fuzz", "a.harn", "b.json", "--jobs", "1"], { cwd: folder });
    expect([code, out]).toEqual([0, "2 files, 0 findings\n"]);
  });

  it("knows its targets", async () => {
    const { code, err } = await runHarnProcess(["fuzz", "--target", "kernel"], { cwd: folder });
    expect(code).toBe(2);
    expect(err).toContain("There is no target `kernel`; there is lexer, parser,");
  });
});
