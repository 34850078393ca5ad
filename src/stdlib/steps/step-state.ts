/** Steps of one run, and which of them a task works in. The scope travels in the task's context, by copy to its children. */

import {
  createStepRuntime,
  EMPTY_SCOPE,
  type HookPayload,
  type StepJournal,
  type StepRuntime,
  type StepRuntimeOptions,
  type StepScope,
} from "../../steps/index.ts";
import {
  List,
  type NativeContext,
  record,
  share,
  type Task,
  type TaskContext,
  type Value,
  type Vm,
} from "../../vm/index.ts";
import { runState } from "../builtin.ts";
import { answerValue } from "../llm/answer-value.ts";
import { harnValues } from "./harn-values.ts";

const STEP_SCOPE = "steps.scope";

/** Where an embedder may put a prepared runtime before the run starts. */
export const STEPS_STATE = "steps";

/** The books of a Harn program's steps: handlers of hooks are its closures. */
export type ProgramSteps = StepRuntime<Value>;

export function createProgramSteps(options: Omit<StepRuntimeOptions, "values"> = {}): ProgramSteps {
  return createStepRuntime<Value>({ ...options, values: harnValues });
}

export function stepRuntime(vm: Vm): ProgramSteps {
  return runState(vm, STEPS_STATE, createProgramSteps);
}

/** Tells a journal where the steps of the program begin and end; to be called before anything of it runs. */
export function journalSteps(vm: Vm, journal: StepJournal): void {
  stepRuntime(vm).journal = journal;
}

export function stepScope({ task }: Pick<NativeContext, "task">): StepScope {
  return (task.context.get(STEP_SCOPE) as StepScope | undefined) ?? EMPTY_SCOPE;
}

/** Of the task's context only the step changes: what the program has put there itself stays. */
export function setStepScope(task: Task, scope: StepScope): void {
  task.context = withScope(task.context, scope);
}

/** STEP-23: hooks run outside of every step. */
export function outsideSteps(context: TaskContext): TaskContext {
  return withScope(context, EMPTY_SCOPE);
}

function withScope(context: TaskContext, scope: StepScope): TaskContext {
  return new Map(context).set(STEP_SCOPE, scope);
}

/** HOOK-09. */
export function payloadValue({ event, target, persona, step, output, budget, data }: HookPayload): Value {
  return record({
    event,
    target,
    persona,
    ...(step === undefined
      ? {}
      : {
          step: record({
            name: step.name,
            function: step.function,
            args: new List((step.args as readonly Value[]).map(share)),
          }),
        }),
    ...(event === "PostStep" ? { output: share(output as Value) } : {}),
    ...(budget === undefined ? {} : { budget: answerValue(budget) }),
    ...(data === undefined ? {} : { data: answerValue(data) }),
  });
}
