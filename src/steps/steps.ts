/**
 * Steps and personas for TypeScript programs:
 *
 *     const steps = createSteps({ carrier });
 *     const plan = steps.step({ name: "plan", model: "small", budget: { maxTokens: 2000 } }, async (goal: string) => …);
 *     const captain = steps.persona({ name: "captain" }, async (goal: string) => plan(goal));
 *     await captain("write a letter");
 *     console.log(renderReceipt(steps.receipt()));
 */

import type { JsonObject } from "../base/index.ts";
import { type ChargeRecord, costOfUsage, type Llm } from "../llm/index.ts";
import type { StepCharge } from "./budget.ts";
import type { CompletedStep } from "./completed-log.ts";
import { checkPersonaOptions, checkStepOptions, type PersonaOptions, type StepOptions } from "./definition.ts";
import type { HookEvent } from "./hook-registry.ts";
import { accountedCall, accountedClient, type StepCallParts } from "./model-calls.ts";
import { whilePaused } from "./pause.ts";
import { makeReceipt, type StepReceipt } from "./receipt.ts";
import { EMPTY_SCOPE, modelDefault, type StepScope } from "./scope.ts";
import { callsSettled, createStepRuntime, type StepRuntime, type StepRuntimeOptions } from "./step-runtime.ts";
import {
  chargeStep,
  fireHooks,
  type ScopeCarrier,
  type StepContext,
  type StepHook,
  withPersona,
  withStep,
} from "./with-step.ts";

export interface StepsOptions extends Omit<StepRuntimeOptions, "values"> {
  /** On Node the one over `AsyncLocalStorage`. */
  readonly carrier: ScopeCarrier;
  readonly applyHookEffects?: StepContext["applyHookEffects"];
}

export interface HookOptions {
  /** Persona pattern; default `*`. */
  readonly persona?: string;
  /** Only for the step of that name. */
  readonly step?: string;
  /** For `OnBudgetThreshold`: percent of the budget. */
  readonly thresholdPct?: number;
}

export interface Steps {
  readonly runtime: StepRuntime<StepHook>;
  readonly context: StepContext;
  /**
   * A function that runs as a step. With the boundary `continue` it resolves with undefined when out of budget. A
   * generator function is returned as it is: iterating is not one call (STEP-20).
   *
   * @throws HarnError `steps.invalid_options`
   */
  step<A extends unknown[], R>(
    options: StepOptions & { readonly errorBoundary: "continue" },
    fn: (...args: A) => R,
  ): (...args: A) => Promise<Awaited<R> | undefined>;
  step<A extends unknown[], R>(options: StepOptions, fn: (...args: A) => R): (...args: A) => Promise<Awaited<R>>;
  /**
   * A function that runs as a persona.
   *
   * @throws HarnError `steps.invalid_options`, for limits of stages as well (STEP-65)
   */
  persona<A extends unknown[], R>(options: PersonaOptions, fn: (...args: A) => R): (...args: A) => R;
  /** Adds a hook; hooks run in the order in which they were added. */
  hook(event: HookEvent, handler: StepHook, options?: HookOptions): void;
  clearHooks(): void;
  /** The scope of whoever asks. */
  current(): StepScope;
  /**
   * The same calls on the bill of the step they are made in, with its model where they name none (STEP-26, STEP-28). Agents
   * that work with them keep within the limits of the stage around (STEP-65).
   */
  meter(llm: Llm): Llm;
  /** Runs a model call on the bill of the current step; see `accountedCall`. */
  call<T>(work: (parts: StepCallParts) => Promise<T>, onCharge?: (record: ChargeRecord) => void): Promise<T>;
  /** Charges the current step; throws the breach if it was one. */
  charge(spent: StepCharge): Promise<void>;
  /** Tells the hooks of an event that the program knows of, such as `OnApprovalRequested` or `OnHandoffEmitted`. */
  fire(event: Parameters<typeof fireHooks>[2], data: JsonObject): Promise<void>;
  /**
   * Waits for something outside, such as a person: hooks hear `OnPersonaPaused` before and `OnPersonaResumed` after, with
   * `ok`. Outside of personas they hear nothing.
   */
  paused<T>(data: JsonObject, wait: () => Promise<T>): Promise<T>;
  completed(): readonly CompletedStep[];
  /** Resolves when calls that were cancelled have told what they took as well; ask for the receipt then. */
  settled(): Promise<void>;
  receipt(): StepReceipt;
}

/** The steps and personas of one run, and what they spend. `harn/node` has a `carrier`: `createScopeCarrier()`. */
export function createSteps(options: StepsOptions): Steps {
  const { carrier, applyHookEffects, ...runtimeOptions } = options;
  const runtime = createStepRuntime<StepHook>(runtimeOptions);
  const context: StepContext = { runtime, carrier, ...(applyHookEffects && { applyHookEffects }) };
  const current = (): StepScope => carrier.get() ?? EMPTY_SCOPE;

  const step = <A extends unknown[], R>(
    stepOptions: StepOptions,
    fn: (...args: A) => R,
  ): ((...args: A) => Promise<Awaited<R>>) => {
    const definition = checkStepOptions(stepOptions, fn.name || stepOptions.name);
    if (isGeneratorFunction(fn)) return fn as never;
    const wrapped = (...args: A) =>
      withStep(context, current(), definition, args, (_scope, allowed) => fn(...allowed)) as Promise<Awaited<R>>;
    runtime.registry.registerStep(wrapped, definition);
    return wrapped;
  };

  return {
    runtime,
    context,
    step: step as Steps["step"],
    persona(personaOptions, fn) {
      const definition = checkPersonaOptions(personaOptions, fn.name || personaOptions.name);
      const wrapped = (...args: Parameters<typeof fn>) =>
        withPersona(context, current(), definition, () => fn(...args));
      runtime.registry.registerPersona(wrapped, definition);
      return wrapped;
    },
    hook(event, handler, { persona = "*", step: stepName, thresholdPct } = {}) {
      runtime.hooks.register({
        personaPattern: persona,
        event,
        handler,
        ...(stepName === undefined ? {} : { stepName }),
        ...(thresholdPct === undefined ? {} : { thresholdPct }),
      });
    },
    clearHooks: () => runtime.hooks.clear(),
    current,
    meter: (llm) =>
      llm.metered({
        call: (work) => accountedCall(context, current(), work, llm.context.onCharge),
        client: (client) =>
          accountedClient(context, client, {
            scope: current,
            costOf({ provider, model }, usage) {
              const rates = llm.context.catalog.rates(provider, model);
              return rates === undefined ? undefined : costOfUsage(rates, usage);
            },
          }),
        defaultModel: () => modelDefault(current()),
        limits: () => current().policy,
      }),
    call: (work, onCharge) => accountedCall(context, current(), work, onCharge),
    charge: (spent) => chargeStep(context, current(), spent),
    fire: (event, data) => fireHooks(context, current(), event, data),
    async paused(data, wait) {
      const scope = current();
      if (scope.persona === undefined) return wait();
      return whilePaused({ data, fire: (event, told) => fireHooks(context, scope, event, told) }, wait);
    },
    completed: () => runtime.log.peek(),
    settled: () => callsSettled(runtime),
    receipt: () => makeReceipt(runtime),
  };
}

function isGeneratorFunction(fn: object): boolean {
  const tag: unknown = (fn as { readonly [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
  return tag === "GeneratorFunction" || tag === "AsyncGeneratorFunction";
}
