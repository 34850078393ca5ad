/** Everything the README shows is run, and does what the README says. */

import { execFile } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");
const scripts = (JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: Record<string, string> })
  .scripts;
// Inside the package, so that it finds itself by name.
const scratch = join(root, "dist", ".readme-test");

const tsx = import.meta.resolve("tsx");

interface Block {
  readonly language: string;
  readonly text: string;
  /** The `text` block that follows directly, or after a line that says how to run it: what it prints. */
  readonly output: string | undefined;
}

const blocks: Block[] = [
  ...readme.matchAll(
    /^```(\w+)\n([\s\S]*?)^```$(?:\s+(?:`harn run agent\.harn` prints\s+)?^```text\n([\s\S]*?)^```$)?/gm,
  ),
].map(([, language = "", text = "", output]) => ({ language, text, output }));
const inLanguage = (language: string): Block[] => blocks.filter((block) => block.language === language);

/** Node on our sources, as `harn` and as a program. */
const node = (...args: string[]): Promise<string> => nodeIn(root, ...args);

async function nodeIn(cwd: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", tsx, "--conditions=source", ...args], {
    cwd,
    env: { ...process.env, HARN_LLM_CALLS_DISABLED: "1" },
  });
  return stdout;
}

function scratchFile(name: string, text: string): string {
  mkdirSync(scratch, { recursive: true });
  const path = join(scratch, name);
  writeFileSync(path, text);
  return path;
}

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe("README", () => {
  it("has two set-up commands, each a script that readies itself first", () => {
    const commands = inLanguage("sh").map(({ text }) => text.split("#")[0]?.trim());
    expect(commands).toEqual(["npm run demo", "npm test"]);
    for (const script of ["demo", "test"]) {
      expect(scripts[script]).toBeDefined();
      expect(scripts[`pre${script}`]).toBe("node scripts/ensure-ready.mjs");
    }
  });

  it("the demo runs and reports", async () => {
    const [program, ...args] = scripts["demo"]?.split(" ").slice(1) ?? [];
    expect(program).toBe("dist/bin/harn.cjs");
    const out = await node("src/cli/main.ts", ...args);
    expect(out).toContain("## Checkout outage");
    expect(out).toContain("status: done");
  });

  it.each(inLanguage("harn").map((block, index) => ({ index, ...block })))(
    "Harn program $index prints what it says",
    async (block) => {
      expect(block.output).toBeDefined();
      const file = scratchFile(`program-${block.index}.harn`, block.text);
      expect(await node("src/cli/main.ts", "run", file)).toBe(block.output);
      expect(await node("src/cli/main.ts", "fmt", "--check", file)).toBe("");
    },
  );

  it.each(inLanguage("ts").map((block, index) => ({ index, ...block })))(
    "TypeScript program $index prints what it says",
    async (block) => {
      expect(block.output).toBeDefined();
      expect(await node(scratchFile(`program-${block.index}.ts`, block.text))).toBe(block.output);
    },
  );

  it("the commands of a run work one after the other", { timeout: 60_000 }, async () => {
    const commands = inLanguage("console")
      .flatMap(({ text }) => text.trimEnd().split("\n"))
      .map((line) => (line.split("#")[0] ?? "").trim().split(" "));
    expect(commands).toHaveLength(6);
    mkdirSync(scratch, { recursive: true });
    cpSync(join(root, "examples"), join(scratch, "examples"), { recursive: true });
    const outputs: string[] = [];
    for (const [command, ...args] of commands) {
      expect(command).toBe("harn");
      outputs.push(await nodeIn(scratch, join(root, "src/cli/main.ts"), ...args));
    }
    const [recorded, replayed, durable, shown, made, tested] = outputs;
    expect(recorded).not.toBe("");
    expect([replayed, durable]).toEqual([recorded, recorded]);
    expect(shown).toMatch(/^run report {2}completed/);
    expect(made).toContain("tests/report.recording.jsonl");
    expect(tested).toContain("1 passed, 0 failed");
  });

  it("names files and commands that exist", async () => {
    for (const [, path] of readme.matchAll(/`((?:examples|conformance|docs|bench)\/[\w./-]*|[A-Z]+\.md)`/g)) {
      expect(() => readFileSync(join(root, path ?? "", path?.endsWith("/") ? "." : "")), path).not.toThrow(/ENOENT/);
    }
    const help = await node("src/cli/main.ts", "--help");
    for (const [, command] of readme.matchAll(
      /`(?:harn )?(run|replay|resume|runs|check|fmt|lint|test|explain|doc)\b/g,
    )) {
      expect(help).toMatch(new RegExp(`^ {2}${command}\\b`, "m"));
    }
  });
});

it("the index of the decisions names each page once", () => {
  const folder = join(root, "docs", "decisions");
  const index = readFileSync(join(folder, "README.md"), "utf8");
  const named = [...index.matchAll(/^\| \[[^\]]+\]\(([^)]+)\) \|/gm)].map(([, name]) => name);
  expect(named.sort()).toEqual(readdirSync(folder).filter((name) => name !== "README.md"));
});
