import type { Host } from "../../base/index.ts";
import type { CaseOutcome, CaseResult, CorpusCase, CorpusProgram } from "./corpus.ts";
import { type ErrorComparison, judge } from "./judge.ts";

export interface RunCorpusOptions {
  readonly host: Host;
  /** Runs one program; several are asked for at once, up to `jobs`. It must answer for programs that hang or crash. */
  readonly run: (program: CorpusProgram) => Promise<CaseOutcome>;
  readonly jobs: number;
  readonly errors: ErrorComparison;
  /** Rewrite expectations that differ with what happened. */
  readonly update?: boolean;
  readonly onResult?: (result: CaseResult) => void;
}

/** Runs the cases, several at once, and gives their results in the order of the cases. */
export async function runCorpus(cases: readonly CorpusCase[], options: RunCorpusOptions): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let at = next++; at < cases.length; at = next++) {
      const result = await runCase(cases[at]!, options);
      results[at] = result;
      options.onResult?.(result);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, options.jobs) }, work));
  return results;
}

async function runCase(corpusCase: CorpusCase, options: RunCorpusOptions): Promise<CaseResult> {
  const { host } = options;
  const started = host.sync("clock.monotonic", {});
  const outcome = await options.run(corpusCase.program);
  let reason = judge(corpusCase, outcome, options.errors);
  if (reason !== undefined && options.update === true && (await rewrite(host, corpusCase, outcome))) reason = undefined;
  return {
    name: corpusCase.program.name,
    area: corpusCase.area,
    passed: reason === undefined,
    durationMs: host.sync("clock.monotonic", {}) - started,
    ...(reason !== undefined && { reason }),
  };
}

/** Writes what happened; not when success became failure or the other way round, which nobody updates by habit. */
async function rewrite(host: Host, { expectation }: CorpusCase, outcome: CaseOutcome): Promise<boolean> {
  if (outcome.status === "ok" && expectation.kind === "output") {
    await host.perform("fs.write", { path: expectation.path, data: endWithNewline(outcome.output) });
    return true;
  }
  if (outcome.status === "error" && expectation.kind === "error") {
    const data = endWithNewline(outcome.rendered ?? outcome.errorMessage);
    await host.perform("fs.write", { path: expectation.path, data });
    return true;
  }
  return false;
}

const endWithNewline = (text: string): string => `${text.trimEnd()}\n`;
