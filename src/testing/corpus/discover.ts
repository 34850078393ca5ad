import type { Host } from "../../base/index.ts";
import type { CorpusCase } from "./corpus.ts";

export interface Discovery {
  /** In path order. */
  readonly cases: readonly CorpusCase[];
  /** Files that look like expectations and belong to no case, and programs with two expectations: a mistake each. */
  readonly complaints: readonly string[];
}

const siblings = [".expected", ".error", ".llm-mock.jsonl", ".conformance-skip"] as const;

/** Finds the cases below a folder, hidden folders included. `selection` narrows to one file or folder inside it. */
export async function discoverCorpus(host: Host, suite: string, selection?: string): Promise<Discovery> {
  const files = await walk(host, suite, "");
  const present = new Set(files);
  const chosen = selection?.replace(/^\.\//, "").replace(/\/+$/, "");
  const isChosen = (name: string): boolean =>
    chosen === undefined || chosen === "" || name === chosen || name.startsWith(`${chosen}/`);

  const complaints: string[] = [];
  const cases: CorpusCase[] = [];
  for (const file of files) {
    if (!isChosen(file)) continue;
    const sibling = siblings.find((suffix) => file.endsWith(suffix));
    if (sibling !== undefined) {
      const stem = file.slice(0, -sibling.length);
      if (!present.has(`${stem}.harn`)) complaints.push(`${file}: there is no ${baseName(stem)}.harn beside it`);
      else if (sibling === ".llm-mock.jsonl" && !present.has(`${stem}.expected`) && !present.has(`${stem}.error`)) {
        complaints.push(`${file}: ${baseName(stem)}.harn has no expectation, so nothing uses it`);
      }
      continue;
    }
    if (!file.endsWith(".harn")) continue;
    const stem = file.slice(0, -".harn".length);
    if (present.has(`${stem}.conformance-skip`)) continue;
    const hasOutput = present.has(`${stem}.expected`);
    const hasError = present.has(`${stem}.error`);
    if (hasOutput && hasError) complaints.push(`${file}: expected either .expected or .error, got both`);
    if (!hasOutput && !hasError) continue;

    const expectationPath = `${suite}/${stem}${hasOutput ? ".expected" : ".error"}`;
    const mockPath = `${stem}.llm-mock.jsonl`;
    cases.push({
      program: {
        path: `${suite}/${file}`,
        name: file,
        source: await readText(host, `${suite}/${file}`),
        ...(present.has(mockPath) && { llmMock: await readText(host, `${suite}/${mockPath}`) }),
      },
      area: file.includes("/") ? file.slice(0, file.indexOf("/")) : ".",
      expectation: {
        kind: hasOutput ? "output" : "error",
        path: expectationPath,
        text: await readText(host, expectationPath),
      },
    });
  }
  return { cases, complaints };
}

const baseName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

async function readText(host: Host, path: string): Promise<string> {
  return new TextDecoder().decode(await host.perform("fs.read", { path }));
}

/** Files below a folder, relative to it, in path order. */
async function walk(host: Host, root: string, folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of await host.perform("fs.list", { path: folder === "" ? root : `${root}/${folder}` })) {
    const path = folder === "" ? name : `${folder}/${name}`;
    const info = await host.perform("fs.stat", { path: `${root}/${path}` });
    if (info?.kind === "directory") found.push(...(await walk(host, root, path)));
    else if (info?.kind === "file") found.push(path);
  }
  return found;
}
