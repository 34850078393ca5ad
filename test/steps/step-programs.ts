/** Harn programs with steps, run on scripted answers, and what their books say afterwards. */

import type { LlmContext } from "../../src/llm/index.ts";
import { createProgramSteps, type ProgramSteps, STEPS_STATE } from "../../src/stdlib/index.ts";
import { makeReceipt, type StepReceipt, type StepScope } from "../../src/steps/index.ts";
import { runHarn } from "../support/run-harn.ts";

export interface StepProgramRun {
  readonly lines: readonly string[];
  /** What went to stderr, where cancelled tasks are heard as well. */
  readonly notes: readonly string[];
  /** What ended the program, if anything did. */
  readonly error: string | undefined;
  /** `name status tokens` of each step that ended. */
  readonly log: readonly string[];
  readonly receipt: StepReceipt;
  readonly steps: ProgramSteps;
  /** What the model layer has booked for the whole run. */
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number; readonly calls: number };
  /** The scope that the program's own task was left with. */
  readonly scope: StepScope | undefined;
  /** Tasks left over. */
  readonly liveTasks: number;
}

/** `ask(tokens)` makes a model call that takes so many tokens. */
const PRELUDE = `
fn ask(tokens, options = {}) {
  llm_mock({text: "ok", match: "*ask \${tokens};*", consume_match: true, input_tokens: tokens - 1, output_tokens: 1, model: "free"})
  return llm_call("ask \${tokens};", nil, {provider: "mock", model: "free", ...options}).text
}
`;

function linesOf(text: string): readonly string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}

function bookedUsage(state: ReadonlyMap<string, unknown>): StepProgramRun["usage"] {
  const llm = state.get("llm") as { readonly context: LlmContext } | undefined;
  const { inputTokens = 0, outputTokens = 0, calls = 0 } = llm?.context.ledger.totals ?? {};
  return { inputTokens, outputTokens, calls };
}

export async function runSteps(source: string, options: { readonly prelude?: string } = {}): Promise<StepProgramRun> {
  const steps = createProgramSteps();
  const state = new Map<string, unknown>([[STEPS_STATE, steps]]);
  const run = await runHarn(`${options.prelude ?? PRELUDE}${source}`, {}, state);
  const receipt = makeReceipt(steps);
  return {
    lines: linesOf(run.output),
    notes: linesOf(run.stderr),
    error: run.error,
    log: receipt.steps.map(
      ({ name, status, inputTokens, outputTokens }) => `${name} ${status} ${inputTokens + outputTokens}`,
    ),
    receipt,
    steps,
    scope: run.vm?.root.context.get("steps.scope") as StepScope | undefined,
    usage: bookedUsage(state),
    liveTasks: run.liveTasks,
  };
}
