/** A project that has installed the package: its pages, made by Vite, and its programs on Node. */

import { execFile } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { build, createLogger, transformWithOxc } from "vite";
// @ts-expect-error a plain script without declarations
import { bundleLibrary } from "../../scripts/bundle-library.mjs";
import type { Ran } from "./page/program.ts";

const root = join(import.meta.dirname, "../..");

export interface Project {
  readonly folder: string;
  /** The files that the exports of the package lead to. */
  readonly library: string;
  readonly pages: string;
}

/** A project in a folder of its own, with the package and our pages. */
export async function makeProject(folder: string): Promise<Project> {
  const installed = join(folder, "node_modules/harn");
  const library = join(installed, "dist/lib");
  const pages = join(folder, "pages");
  mkdirSync(library, { recursive: true });
  await (bundleLibrary as (from: string, folder: string) => Promise<void>)("source", library);
  cpSync(join(root, "package.json"), join(installed, "package.json"));
  cpSync(join(import.meta.dirname, "page"), join(pages, "page"), { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  return { folder, library, pages };
}

/** Builds the pages as `vite build` does; returns what it had to say against them. */
export async function buildPages({ pages }: Project, outDir: string): Promise<readonly string[]> {
  const complaints: string[] = [];
  const logger = createLogger("silent");
  logger.warn = (message) => complaints.push(message);
  logger.warnOnce = logger.warn;
  await build({
    configFile: false,
    root: join(pages, "page"),
    base: "./",
    logLevel: "silent",
    customLogger: logger,
    worker: { format: "es" },
    build: {
      outDir,
      emptyOutDir: true,
      target: "es2022",
      reportCompressedSize: false,
      chunkSizeWarningLimit: 10_000,
      // How long a build takes is nothing against the pages.
      rolldownOptions: { checks: { bundlerTimings: false } },
    },
  });
  return complaints;
}

/** Builds a script of its own, minified; returns the folder it is in. */
export async function buildScript({ folder }: Project, text: string): Promise<string> {
  const entry = join(folder, "script.js");
  const outDir = join(folder, "script");
  writeFileSync(entry, text);
  await build({
    configFile: false,
    root: folder,
    logLevel: "silent",
    build: {
      outDir,
      emptyOutDir: true,
      target: "es2022",
      reportCompressedSize: false,
      lib: { entry, formats: ["es"], fileName: "script" },
    },
  });
  return outDir;
}

/** Kilobytes that a browser loads for the scripts of a folder, compressed. Those of workers are others. */
export function loadedKilobytes(folder: string): number {
  const bytes = readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(".js") && !/\bworker-[^/]*$/.test(name))
    .reduce((sum, name) => sum + gzipSync(readFileSync(join(folder, name))).length, 0);
  return Math.round(bytes / 1_000);
}

/** What the program of the pages comes to in Node. */
export async function runOnNode({ folder }: Project): Promise<Ran> {
  const source = join(import.meta.dirname, "page/program.ts");
  const { code } = await transformWithOxc(readFileSync(source, "utf8"), source, { sourcemap: false });
  const file = join(folder, "program.js");
  writeFileSync(
    file,
    `${code}
import { createNodeHost } from "harn/node";
console.log(JSON.stringify(await runProgram(createNodeHost())));
`,
  );
  const { stdout } = await promisify(execFile)(process.execPath, [file], { cwd: folder, timeout: 60_000 });
  return JSON.parse(stdout) as Ran;
}
