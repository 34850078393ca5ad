/** Which tests a command line means. */

import { resolve } from "node:path";
import { type Module, peelAttributes } from "../../lang/index.ts";
import { isError, loadProgram } from "../../runtime/index.ts";
import { compileFilter } from "../../testing/index.ts";
import { type CliContext, UsageError } from "../context.ts";
import { renderFileDiagnostics } from "../engine/render.ts";
import { isRecordingTest } from "../journal/recording-tests.ts";
import { findSourceFiles, readSource } from "../source-files.ts";
import type { UserTest, UserTestResult } from "./user-test.ts";

export interface FoundTests {
  readonly tests: readonly UserTest[];
  /** One for each file that holds tests and does not compile. */
  readonly broken: readonly UserTestResult[];
  /** Absolute paths of every file that was read, imported ones included. */
  readonly sources: ReadonlySet<string>;
}

/** What a file is called that does not get so far as to have tests. */
const compiles = "compiles";

/** @param filter see `compileFilter`; looks at names, and at `file:name` */
export async function findTests(
  context: CliContext,
  paths: readonly string[],
  filter: string | undefined,
): Promise<FoundTests> {
  const isWanted = readFilter(filter);
  const tests: UserTest[] = [];
  const broken: UserTestResult[] = [];
  const sources = new Set<string>();
  for (const file of await findSourceFiles(context, paths, isTestFile)) {
    if (context.cancel.aborted) throw context.cancel.reason;
    const path = resolve(context.cwd, file);
    sources.add(path);
    if (isRecordingTest(file)) {
      if (isWanted(file, "replays")) tests.push({ file, name: "replays", kind: "recording" });
      continue;
    }
    // Most files hold no test; the text says so more quickly than the tree.
    const text = await readSource(context, file);
    if (!/\btest_|@test\b/.test(text) && !paths.includes(file)) continue;
    const startedMs = context.host.sync("clock.monotonic", {});
    const { graph, program, diagnostics } = await loadProgram({ host: context.host, path, text });
    for (const module of graph.modules.values()) sources.add(module.file.path);
    const names = testNames(graph.modules.get(graph.entry)?.module).filter((name) => isWanted(file, name));
    if (program !== undefined) {
      tests.push(...names.map((name): UserTest => ({ file, name, kind: "pipeline" })));
      continue;
    }
    // A file with syntax errors may hide its tests.
    if (names.length === 0 && !isWanted(file, compiles)) continue;
    const errors = diagnostics.filter(isError);
    const [first] = errors;
    broken.push({
      file,
      name: compiles,
      passed: false,
      durationMs: context.host.sync("clock.monotonic", {}) - startedMs,
      output: "",
      reason: renderFileDiagnostics(errors, { color: context.colorErrors, cwd: context.cwd }),
      ...(first !== undefined && {
        place: { file: first.file.path, line: first.file.position(first.diagnostic.span.start).line },
      }),
    });
  }
  return { tests, broken, sources };
}

const isTestFile = (name: string): boolean => name.endsWith(".harn") || isRecordingTest(name);

function readFilter(filter: string | undefined): (file: string, name: string) => boolean {
  if (filter === undefined) return () => true;
  try {
    const isWanted = compileFilter(filter);
    return (file, name) => isWanted(name) || isWanted(`${file}:${name}`);
  } catch (error) {
    throw new UsageError(`The filter is no regular expression: ${error instanceof Error ? error.message : "unknown"}`);
  }
}

/** In the order they stand in the file. */
function testNames(module: Module | undefined): string[] {
  return (module?.items ?? []).flatMap((outer) => {
    const { item, attributes } = peelAttributes(outer);
    if (item.kind !== "PipelineDecl") return [];
    const isMarked = attributes.some((attribute) => attribute.name === "test");
    return isMarked || item.name.name.startsWith("test_") ? [item.name.name] : [];
  });
}
