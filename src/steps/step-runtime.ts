/**
 * The life of a step, in moves that a caller makes one by one: a VM between frames, `withStep` around a function.
 *
 *     enterStep ─ body ─┬─ returned ─ detachStep ─ PostStep hooks ─ finishStep(completed | failed)
 *                       └─ threw ─ leaveByError: records, and says whether to return nothing or what to throw
 *     pruneSteps: for frames that are dropped without either
 *
 * Every entered step ends in exactly one of these, and is in the log exactly once.
 */

import type { JsonObject } from "../base/index.ts";
import { createTokenCounts, type TokenCounts } from "../llm/index.ts";
import { type Charged, charge, isBudgetExhausted, type RunUsage, type StepCharge } from "./budget.ts";
import {
  type CompletedLog,
  type CompletedStep,
  completedRecord,
  createCompletedLog,
  type StepStatus,
} from "./completed-log.ts";
import { boundaryOf, type PersonaDefinition, type StepDefinition } from "./definition.ts";
import { createHookRegistry, type HookRegistry } from "./hook-registry.ts";
import { createStepRegistry, type StepRegistry } from "./registry.ts";
import { type ActiveStep, activeStep, noUsage, type StepScope } from "./scope.ts";
import { narrowPolicy } from "./stage-policy.ts";
import { noteEnd, noteStart, type StepJournal } from "./step-notes.ts";
import { NO_STEP_TRACER, type StepTracer } from "./step-tracer.ts";
import { jsValues, type ValueModel } from "./value-model.ts";

/** What one run of a program keeps about its steps; a new run makes a new one (STEP-13). */
export interface StepRuntime<H> {
  readonly registry: StepRegistry;
  readonly hooks: HookRegistry<H>;
  readonly log: CompletedLog;
  readonly usage: RunUsage;
  /** Whoever starts tracing in the middle of a run joins in here. */
  tracer: StepTracer;
  readonly values: ValueModel;
  /** Steps that were entered and are not in the log yet. */
  readonly unfinished: Set<ActiveStep>;
  /** Model calls that are not on a bill yet, also such as nobody waits for any more. */
  readonly callsInFlight: Set<Promise<unknown>>;
  /** Of requests that were forecast already. */
  readonly tokenCounts: TokenCounts;
  readonly clock: (() => number) | undefined;
  readonly onStepEnd: ((record: CompletedStep) => void) | undefined;
  /** What `onStepEnd` was told; stays empty without one. */
  readonly told: CompletedStep[];
  /** Steps entered so far. */
  entered: number;
  /** Told where steps begin and end. Whoever starts the run may set it before anything of the program runs. */
  journal: StepJournal | undefined;
}

export interface StepRuntimeOptions {
  /** Default: no tracing. */
  readonly tracer?: StepTracer;
  /** Default: values of a TypeScript program. */
  readonly values?: ValueModel;
  /** Milliseconds, never going back; default: steps are not timed. */
  readonly clock?: () => number;
  /** Told of each record as it is logged; unlike the log, nobody drains it. */
  readonly onStepEnd?: (record: CompletedStep) => void;
  /** The run's journal: a `JournalHost`. Default: none, or that of the program's run. */
  readonly journal?: StepJournal;
}

export function createStepRuntime<H>(options: StepRuntimeOptions = {}): StepRuntime<H> {
  return {
    registry: createStepRegistry(),
    hooks: createHookRegistry<H>(),
    log: createCompletedLog(),
    usage: { total: noUsage(), unattributed: noUsage() },
    tracer: options.tracer ?? NO_STEP_TRACER,
    values: options.values ?? jsValues,
    unfinished: new Set(),
    callsInFlight: new Set(),
    tokenCounts: createTokenCounts(),
    clock: options.clock,
    onStepEnd: options.onStepEnd,
    told: [],
    entered: 0,
    journal: options.journal,
  };
}

/** STEP-16: a persona is current in the scope it returns, and nowhere else. To be left with `leavePersona`. */
export function enterPersona(runtime: StepRuntime<unknown>, scope: StepScope, persona: PersonaDefinition): StepScope {
  const spanId = runtime.tracer.start("persona", persona.name, scope.spanId);
  return { ...scope, persona, spanId: spanId === 0 ? scope.spanId : spanId };
}

/** Ends what `enterPersona` began: of a persona nothing is left but its span. */
export function leavePersona(
  { tracer }: StepRuntime<unknown>,
  outer: StepScope,
  inner: StepScope,
  status: "completed" | "failed",
): void {
  if (inner.spanId === outer.spanId) return;
  tracer.set(inner.spanId, "status", status);
  tracer.end(inner.spanId);
}

export interface EnteredStep {
  readonly scope: StepScope;
  readonly step: ActiveStep;
}

/**
 * STEP-14, STEP-51: opens a step inside `scope`. Its hooks have been asked already.
 *
 * @param task who enters it, where tasks have names
 */
export function enterStep(
  runtime: StepRuntime<unknown>,
  scope: StepScope,
  definition: StepDefinition,
  args: readonly unknown[],
  task?: string,
): EnteredStep {
  const { tracer } = runtime;
  const persona = scope.persona?.name;
  const spanId = tracer.start("step", definition.name, scope.spanId);
  if (persona !== undefined) tracer.set(spanId, "persona", persona);
  if (definition.model !== undefined) tracer.set(spanId, "model", definition.model);
  runtime.entered += 1;
  const step: ActiveStep = {
    id: runtime.entered,
    task,
    definition,
    persona,
    args,
    outer: scope.step,
    usage: noUsage(),
    lastModel: undefined,
    spanId,
    startedMs: runtime.clock?.(),
    state: "open",
    record: undefined,
    firedThresholds: new Set(),
  };
  runtime.unfinished.add(step);
  noteStart(runtime.journal, step);
  const stage = scope.persona?.stages?.find((candidate) => candidate.name === definition.name);
  return {
    step,
    scope: {
      ...scope,
      step,
      policy: stage === undefined ? scope.policy : narrowPolicy(scope.policy, stage),
      spanId: spanId === 0 ? scope.spanId : spanId,
    },
  };
}

/** The body has returned: from here on the step supplies nothing and is charged nothing. */
export function detachStep(step: ActiveStep): void {
  if (step.state === "open") step.state = "detached";
}

/**
 * Puts a step into the log and ends its span (STEP-47, STEP-52). False, and nothing happens, when that was done before
 * (STEP-18).
 */
export function finishStep(
  runtime: StepRuntime<unknown>,
  step: ActiveStep,
  status: StepStatus,
  error: string | null,
): boolean {
  if (step.state === "finished") return false;
  step.state = "finished";
  runtime.unfinished.delete(step);
  const { tracer } = runtime;
  const { usage, spanId } = step;
  tracer.set(spanId, "status", status);
  tracer.set(spanId, "llm_calls", usage.llmCalls);
  tracer.set(spanId, "input_tokens", usage.inputTokens);
  tracer.set(spanId, "output_tokens", usage.outputTokens);
  if (Number.isFinite(usage.costUsd)) tracer.set(spanId, "cost_usd", usage.costUsd);
  tracer.end(spanId);
  const record = completedRecord(step, status, error, runtime.clock?.());
  step.record = record;
  runtime.log.add(record);
  noteEnd(runtime.journal, step, record);
  tell(runtime, record);
  return true;
}

export function tell({ onStepEnd, told }: StepRuntime<unknown>, record: CompletedStep): void {
  if (onStepEnd === undefined) return;
  told.push(record);
  onStepEnd(record);
}

/** What the caller of a step sees when an error left it. */
export type Departure = { readonly kind: "return-nothing" } | { readonly kind: "throw"; readonly error: unknown };

/**
 * STEP-38 … STEP-45: an error leaves a step. An exhausted budget meets the error boundary, unless an inner one has
 * escalated it; every other error passes. The step is recorded in any case.
 */
export function leaveByError(runtime: StepRuntime<unknown>, step: ActiveStep, error: unknown): Departure {
  const { values } = runtime;
  const dict = values.dictOf(error);
  const text = errorText(runtime, error);
  if (!isBudgetExhausted(dict) || dict?.escalated === true) {
    finishStep(runtime, step, "failed", text);
    return { kind: "throw", error };
  }
  switch (boundaryOf(step.definition)) {
    case "fail":
      finishStep(runtime, step, "failed", text);
      return { kind: "throw", error };
    case "continue":
      finishStep(runtime, step, "skipped", text);
      return { kind: "return-nothing" };
    case "escalate":
      finishStep(runtime, step, "escalated", text);
      return { kind: "throw", error: markEscalated(values, error, step.definition) };
  }
}

/** STEP-43: the dict's `message`, else the error's own text. */
export function errorText(runtime: StepRuntime<unknown>, error: unknown): string {
  const message = runtime.values.dictOf(error)?.message;
  return typeof message === "string" ? message : runtime.values.textOf(error);
}

/** STEP-44: anything but a thrown dict is returned as it is. */
export function markEscalated(values: ValueModel, error: unknown, definition: StepDefinition): unknown {
  if (values.dictOf(error) === undefined) return error;
  return values.amend(
    error,
    { escalated: true, category: "handoff_escalation" },
    { step: definition.name, function: definition.function },
  );
}

/**
 * STEP-17: finishes the steps between two scopes, innermost first, when what they stood for is gone: `failed` with the
 * error's text if there is one, else `completed`. Returns how many it finished.
 *
 * @param inner where the dropped code was
 * @param outer where control goes on; its step stays
 */
export function pruneSteps(
  runtime: StepRuntime<unknown>,
  inner: StepScope,
  outer: StepScope,
  error?: { readonly thrown: unknown },
): number {
  let count = 0;
  for (let step = inner.step; step !== undefined && step !== outer.step; step = step.outer) {
    const finished = error
      ? finishStep(runtime, step, "failed", errorText(runtime, error.thrown))
      : finishStep(runtime, step, "completed", null);
    if (finished) count++;
  }
  return count;
}

/**
 * STEP-28 … STEP-34: books a model call. The caller runs the threshold hooks, then throws the breach if there is one.
 *
 * @param payer the step in which the call was begun; default: the one that is active now
 */
export function chargeCall<H>(
  runtime: StepRuntime<H>,
  scope: StepScope,
  spent: StepCharge,
  payer: ActiveStep | undefined = activeStep(scope),
): Charged<H> {
  return charge(runtime.usage, runtime.hooks, payer, spent);
}

/** Keeps a call among those in flight until it has settled; the same promise is returned. */
export function trackCall<T>(runtime: StepRuntime<unknown>, call: Promise<T>): Promise<T> {
  const forget = (): void => void runtime.callsInFlight.delete(settled);
  const settled: Promise<void> = call.then(forget, forget);
  runtime.callsInFlight.add(settled);
  return call;
}

/** As {@link trackCall}, for a call that is no promise: in flight until the function it returns is called. */
export function enterCall(runtime: StepRuntime<unknown>): () => void {
  let leave: () => void = () => {};
  const call = new Promise<void>((resolve) => {
    leave = resolve;
  });
  void trackCall(runtime, call);
  return leave;
}

/** Resolves when every call that was begun is on its bill: a cancelled one tells what it took after its step has ended. */
export async function callsSettled(runtime: StepRuntime<unknown>): Promise<void> {
  while (runtime.callsInFlight.size > 0) await Promise.all(runtime.callsInFlight);
}

// ---- Hooks ---------------------------------------------------------------------------------------------------------

/** HOOK-09: what a handler is told. */
export interface HookPayload {
  readonly event: string;
  /** `persona.step`, or the step alone, or the persona alone. */
  readonly target: string;
  /** Empty when there is none. */
  readonly persona: string;
  readonly step?: { readonly name: string; readonly function: string; readonly args: readonly unknown[] };
  /** PostStep: what the step returned, as left by earlier hooks. */
  readonly output?: unknown;
  /** OnBudgetThreshold: limits and consumption. */
  readonly budget?: JsonObject;
  /** Other events: what whoever fired them had to say. */
  readonly data?: JsonObject;
}

export function hookPayload(
  event: string,
  persona: string | undefined,
  definition: StepDefinition | undefined,
  args: readonly unknown[],
): HookPayload {
  const target =
    definition === undefined
      ? (persona ?? "")
      : persona === undefined
        ? definition.name
        : `${persona}.${definition.name}`;
  return {
    event,
    target,
    persona: persona ?? "",
    ...(definition && { step: { name: definition.name, function: definition.function, args } }),
  };
}

/** HOOK-13: what a refused step throws. */
export function denialDict(definition: StepDefinition, reason: string): JsonObject {
  return { category: "hook_denied", event: "PreStep", reason, step: definition.name };
}
