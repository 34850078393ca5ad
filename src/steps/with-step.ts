/** Steps around functions: for TypeScript programs, and for anything else whose calls are promises. */

import type { JsonObject } from "../base/index.ts";
import type { StepCharge } from "./budget.ts";
import type { PersonaDefinition, StepDefinition } from "./definition.ts";
import type { HookEvent } from "./hook-registry.ts";
import { readPostStepResult, readPreStepResult } from "./hook-results.ts";
import { type ActiveStep, EMPTY_SCOPE, type StepScope } from "./scope.ts";
import {
  chargeCall,
  denialDict,
  detachStep,
  enterPersona,
  enterStep,
  errorText,
  finishStep,
  type HookPayload,
  hookPayload,
  leaveByError,
  leavePersona,
  type StepRuntime,
} from "./step-runtime.ts";

/** A hook of a TypeScript program. It runs outside of every step: its model calls are charged to none (STEP-23). */
export type StepHook = (payload: HookPayload) => unknown;

/**
 * Carries the scope through a program that does not hand it along, as `AsyncLocalStorage` does.
 *
 * Contract: inside `work`, and in everything asynchronous it starts, `get` gives `scope`; outside it gives what it gave
 * before, also after `work` threw.
 */
export interface ScopeCarrier {
  get(): StepScope | undefined;
  run<T>(scope: StepScope, work: () => T): T;
}

/** For programs that hand the scope along themselves: carries nothing. */
export const NO_CARRIER: ScopeCarrier = { get: () => undefined, run: (_scope, work) => work() };

export interface StepContext {
  readonly runtime: StepRuntime<StepHook>;
  readonly carrier: ScopeCarrier;
  /** HOOK-18: takes further effects out of a hook's result before it is read. */
  readonly applyHookEffects?: (result: unknown, payload: HookPayload) => void | Promise<void>;
}

/**
 * Runs `body` as a step inside `scope`. Resolves with what it returned (as changed by PostStep hooks), or with undefined
 * when it ran out of budget and its boundary is `continue`.
 *
 * Throws what the body threw; for an exhausted budget see `leaveByError`; when a PreStep hook refuses, a dict with category
 * `hook_denied`, and then the step never began.
 */
export async function withStep<A extends readonly unknown[], R>(
  context: StepContext,
  scope: StepScope,
  definition: StepDefinition,
  args: A,
  body: (scope: StepScope, args: A) => R,
): Promise<Awaited<R> | undefined> {
  const { runtime, carrier } = context;
  const allowed = (await askPreStepHooks(context, scope, definition, args)) as A;
  const entered = enterStep(runtime, scope, definition, allowed);
  let output: Awaited<R>;
  try {
    output = await carrier.run(entered.scope, () => body(entered.scope, allowed));
  } catch (error) {
    const departure = leaveByError(runtime, entered.step, error);
    if (departure.kind === "throw") throw departure.error;
    return undefined;
  }
  return (await leaveByReturn(context, entered.step, output)) as Awaited<R>;
}

/**
 * Runs `body` with a persona as the current one. Personas keep no record of their own; their span ends when what `body`
 * returned has settled.
 */
export function withPersona<R>(
  context: StepContext,
  scope: StepScope,
  definition: PersonaDefinition,
  body: (scope: StepScope) => R,
): R {
  const { runtime, carrier } = context;
  const inner = enterPersona(runtime, scope, definition);
  const leave = (status: "completed" | "failed") => leavePersona(runtime, scope, inner, status);
  let result: R;
  try {
    result = carrier.run(inner, () => body(inner));
  } catch (error) {
    leave("failed");
    throw error;
  }
  if (!(result instanceof Promise) || inner.spanId === scope.spanId) {
    leave("completed");
    return result;
  }
  // What is returned is what was listened to: beside it, a failure that nobody waits for would be taken for handled.
  return result.then(
    (value: unknown) => {
      leave("completed");
      return value;
    },
    (error: unknown) => {
      leave("failed");
      throw error;
    },
  ) as R;
}

/**
 * Books a call, runs the threshold hooks that it set off, and throws the breach if it was one.
 *
 * @param payer the step in which the call was begun; default: the one that is active now
 */
export async function chargeStep(
  context: StepContext,
  scope: StepScope,
  spent: StepCharge,
  payer?: ActiveStep,
): Promise<void> {
  const { breach, thresholds } = chargeCall(context.runtime, scope, spent, payer);
  const exceeded = () => context.runtime.values.throwableDict(breach ?? {});
  try {
    for (const { registration, step, budget } of thresholds) {
      const payload = hookPayload("OnBudgetThreshold", step.persona, step.definition, step.args);
      await runHook(context, registration.handler, { ...payload, budget });
    }
  } catch (error) {
    // The breach is why the program stops; a hook that failed on the way does not hide it.
    throw breach === undefined ? error : exceeded();
  }
  if (breach !== undefined) throw exceeded();
}

/** Tells the hooks of an event that other layers know of: an approval, a hand-off, a pause. Results are not read. */
export async function fireHooks(
  context: StepContext,
  scope: StepScope,
  event: Exclude<HookEvent, "PreStep" | "PostStep" | "OnBudgetThreshold">,
  data: JsonObject,
): Promise<void> {
  const { step, persona } = scope;
  const matching = context.runtime.hooks.matching({
    event,
    persona: persona?.name,
    ...(step === undefined ? {} : { stepName: step.definition.name }),
  });
  for (const { handler } of matching) {
    await runHook(context, handler, { ...hookPayload(event, persona?.name, step?.definition, step?.args ?? []), data });
  }
}

async function runHook(context: StepContext, handler: StepHook, payload: HookPayload): Promise<unknown> {
  const result: unknown = await context.carrier.run(EMPTY_SCOPE, () => handler(payload));
  await context.applyHookEffects?.(result, payload);
  return result;
}

/** HOOK-10 … HOOK-13: each hook sees the arguments as left by the one before. */
async function askPreStepHooks(
  context: StepContext,
  scope: StepScope,
  definition: StepDefinition,
  args: readonly unknown[],
): Promise<readonly unknown[]> {
  const { runtime } = context;
  const persona = scope.persona?.name;
  const hooks = runtime.hooks.matching({ event: "PreStep", persona, stepName: definition.name });
  let current = args;
  for (const { handler } of hooks) {
    const result = await runHook(context, handler, hookPayload("PreStep", persona, definition, current));
    const answer = readPreStepResult(result, runtime.values);
    switch (answer.kind) {
      case "keep":
        break;
      case "replace":
        current = answer.args;
        break;
      case "deny":
        throw runtime.values.throwableDict(denialDict(definition, answer.reason));
    }
  }
  return current;
}

/** HOOK-14, HOOK-15, STEP-50: the step is off the stack while its PostStep hooks run, and recorded after them. */
async function leaveByReturn(context: StepContext, step: ActiveStep, output: unknown): Promise<unknown> {
  const { runtime } = context;
  const { definition, persona, args } = step;
  detachStep(step);
  let current = output;
  try {
    for (const { handler } of runtime.hooks.matching({ event: "PostStep", persona, stepName: definition.name })) {
      const payload = { ...hookPayload("PostStep", persona, definition, args), output: current };
      const answer = readPostStepResult(await runHook(context, handler, payload), runtime.values);
      if (answer.kind === "replace") current = answer.output;
    }
  } catch (error) {
    finishStep(runtime, step, "failed", errorText(runtime, error));
    throw error;
  }
  finishStep(runtime, step, "completed", null);
  return current;
}
