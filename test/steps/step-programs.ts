/** Harn programs with steps, run on scripted answers, and what their books say afterwards. */

import { createProgramSteps, type ProgramSteps, STEPS_STATE } from "../../src/stdlib/index.ts";
import { makeReceipt, type StepReceipt } from "../../src/steps/index.ts";
import { runHarn } from "../support/run-harn.ts";

export interface StepProgramRun {
  readonly lines: readonly string[];
  /** What ended the program, if anything did. */
  readonly error: string | undefined;
  /** `name status tokens` of each step that ended. */
  readonly log: readonly string[];
  readonly receipt: StepReceipt;
  readonly steps: ProgramSteps;
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

export async function runSteps(source: string, options: { readonly prelude?: string } = {}): Promise<StepProgramRun> {
  const steps = createProgramSteps();
  const run = await runHarn(`${options.prelude ?? PRELUDE}${source}`, {}, new Map([[STEPS_STATE, steps]]));
  const receipt = makeReceipt(steps);
  return {
    lines: run.output === "" ? [] : run.output.replace(/\n$/, "").split("\n"),
    error: run.error,
    log: receipt.steps.map(
      ({ name, status, inputTokens, outputTokens }) => `${name} ${status} ${inputTokens + outputTokens}`,
    ),
    receipt,
    steps,
    liveTasks: run.liveTasks,
  };
}
