/**
 * `examples/ts/` as somebody has it who installed the package: packed, unpacked into a folder of its own, imported by
 * name, compiled by strict settings, run by plain Node. What is missing from the exports or the tarball shows here.
 */

import { execFile } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const examples = readdirSync(join(root, "examples/ts")).filter((name) => name.endsWith(".ts"));
const project = mkdtempSync(join(tmpdir(), "harn-installed-"));
const tsc = join(root, "node_modules/typescript/bin/tsc");

/** What each example prints. */
const OUTPUT: Readonly<Record<string, string>> = {
  "language.ts": "2 notes for Ada (ok)\n",
  "llm.ts": "Paris has 2.1 million people.\n",
  "agent.ts": "Three lamps are left.\n(done after 2 model calls, tools: stock)\n",
  "testing.ts": "ok: one retry, 30 seconds of virtual time\n",
  "journal.ts": "2026-01-01T00:00:00.000Z: Yes. (and the same again)\n",
  "resume.ts": "Stopped after the order\nA lamp is on its way.\nOrdered: lamp\n",
  "steps.ts": [
    "Dear reader, …",
    "step   status     model           calls  in  out     cost  error",
    "-----  ---------  --------------  -----  --  ---  -------  -----",
    "plan   completed  scripted-small      1  34    0  $0.0000",
    "write  completed  scripted            1  31    0  $0.0000",
    "total                                 2  65    0  $0.0000",
    "",
    "",
  ].join("\n"),
};

async function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(command, args, { cwd });
    return stdout;
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${args.join(" ")} failed\n${stdout}${stderr}`);
  }
}

const node = (...args: readonly string[]): Promise<string> => run(process.execPath, args, project);

async function install(): Promise<void> {
  const tarball = (
    await run("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", project], root)
  ).trim();
  const modules = join(project, "node_modules");
  mkdirSync(join(modules, "harn"), { recursive: true });
  await run("tar", ["-xzf", join(project, tarball), "-C", join(modules, "harn"), "--strip-components", "1"], project);
  const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  for (const name of [...Object.keys(dependencies), "zod", "@types/node", "undici-types"]) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(root, "node_modules", name), join(modules, name), "dir");
  }
  writeFileSync(join(project, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(
    join(project, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: {
        target: "es2023",
        module: "nodenext",
        types: ["node"],
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
      },
    }),
  );
  for (const name of examples) copyFileSync(join(root, "examples/ts", name), join(project, name));
}

beforeAll(async () => {
  await run(process.execPath, [tsc, "-b", "src/cli"], root);
  await run(process.execPath, ["scripts/bundle-library.mjs"], root);
  await install();
}, 120_000);

afterAll(() => rmSync(project, { recursive: true, force: true }));

describe("the installed package", () => {
  it("every example is known here", () => {
    expect(examples.sort()).toEqual(Object.keys(OUTPUT).sort());
  });

  it("its types hold, and the examples print what they say", { timeout: 60_000 }, async () => {
    await node(tsc);
    for (const [name, output] of Object.entries(OUTPUT)) {
      expect([name, await node(name.replace(/ts$/, "js"))]).toEqual([name, output]);
    }
  });

  it("only `harn/node` needs Node: the others load in a browser", () => {
    const library = join(project, "node_modules/harn/dist/lib");
    const needsNode = (entry: string, seen: Set<string> = new Set()): boolean => {
      if (seen.has(entry)) return false;
      seen.add(entry);
      const imported = [...readFileSync(entry, "utf8").matchAll(/(?:\bfrom|^import|\bimport\()\s*"([^"\n]+)"/gm)].map(
        ([, name = ""]) => name,
      );
      return imported.some((name) =>
        name.startsWith("./") || name.startsWith("../")
          ? needsNode(join(dirname(entry), name), seen)
          : /^node:/.test(name),
      );
    };
    const entries = readdirSync(library).filter((name) => name.endsWith(".js"));
    expect(entries.length).toBeGreaterThan(10);
    expect(entries.filter((name) => needsNode(join(library, name)))).toEqual(["node.js"]);
  });

  it("no test and no fixture is shipped", () => {
    const shipped = readdirSync(join(project, "node_modules/harn"), { recursive: true }).map(String);
    expect(shipped).toContain("README.md");
    expect(shipped.filter((path) => /\.test\.|__fixtures__/.test(path))).toEqual([]);
  });
});
