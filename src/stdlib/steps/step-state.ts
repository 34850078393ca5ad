/** Steps of one run, and which of them a task works in. The scope travels in the task's context, by copy to its children. */

import {
  createStepRuntime,
  EMPTY_SCOPE,
  type HookPayload,
  type StepRuntime,
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

/** Handlers of hooks are closures of the program. */
export function stepRuntime(vm: Vm): StepRuntime<Value> {
  return runState(vm, "steps", () => createStepRuntime<Value>({ values: harnValues }));
}

export function stepScope({ task }: Pick<NativeContext, "task">): StepScope {
  return (task.context.get(STEP_SCOPE) as StepScope | undefined) ?? EMPTY_SCOPE;
}

export function setStepScope(task: Task, scope: StepScope): void {
  task.context = new Map(task.context).set(STEP_SCOPE, scope);
}

/** STEP-23: hooks run outside of every step. */
export function outsideSteps(context: TaskContext): TaskContext {
  const outside = new Map(context);
  outside.delete(STEP_SCOPE);
  return outside;
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
