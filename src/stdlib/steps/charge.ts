/** Model calls inside steps: the step's model as default, and what a call took on the step's bill (STEP-26 … STEP-34). */

import type { CancelSignal, JsonObject } from "../../base/index.ts";
import { type LlmContext, type ModelChunk, type ModelClient, ModelError, type ModelInput } from "../../llm/index.ts";
import {
  type CallAccount,
  type Charged,
  chargeCall,
  enterCall,
  hookPayload,
  modelDefault,
  openCallAccount,
  type StepScope,
  trackCall,
} from "../../steps/index.ts";
import { type AsyncContext, HarnFailure, type NativeContext, type Thrown, type Value } from "../../vm/index.ts";
import { taskLlmContext } from "../llm/run-state.ts";
import { outsideSteps, payloadValue, stepRuntime, stepScope } from "./step-state.ts";

/** The run's context, as the caller's step sees it. */
export function stepLlmContext(context: NativeContext): LlmContext {
  const llm = taskLlmContext(context);
  const model = modelDefault(stepScope(context));
  return model === undefined ? llm : { ...llm, defaults: { model } };
}

export interface ChargedResult<T> {
  readonly result: T;
  /** The breach of the step's budget, or the error of a threshold hook: it takes the place of the result. */
  readonly refusal: HarnFailure | undefined;
}

/** One call of the model layer, with all its attempts. */
export function chargedCall<T>(
  context: AsyncContext,
  call: (llm: LlmContext) => Promise<T>,
): Promise<ChargedResult<T>> {
  return trackCall(stepRuntime(context.vm), bookedCall(context, call));
}

async function bookedCall<T>(context: AsyncContext, call: (llm: LlmContext) => Promise<T>): Promise<ChargedResult<T>> {
  const scope = stepScope(context);
  const account = openCallAccount(scope);
  let result: T;
  try {
    result = await call({ ...taskLlmContext(context), ...account.parts });
  } catch (error) {
    // The call's own error is what the program should see.
    await charge(context, scope, account);
    const refused = account.refusalIn(error);
    throw refused === undefined ? error : thrownDict(context, refused);
  }
  return { result, refusal: await charge(context, scope, account) };
}

/**
 * A client for callers that retry themselves: each stream is charged when it ends. A breach ends the stream as a
 * `ModelError` of category `budget_exceeded`, and is told to `onBreach`; so is the refusal of a call that cannot fit.
 *
 * @param make the client for one stream, given the context to make it with
 */
export function chargedClient(
  context: AsyncContext,
  make: (llm: LlmContext) => ModelClient,
  onBreach: (breach: HarnFailure) => void,
): ModelClient {
  const scope = stepScope(context);
  const base = stepLlmContext(context);
  return {
    provider: base.catalog.defaultProvider,
    stream: (input, signal) => ({
      [Symbol.asyncIterator]: () => chargedChunks(context, input, signal, { scope, base, make, onBreach }),
    }),
  };
}

interface ChargedStream {
  readonly scope: StepScope;
  readonly base: LlmContext;
  readonly make: (llm: LlmContext) => ModelClient;
  readonly onBreach: (breach: HarnFailure) => void;
}

/** Chunks pass through as they are; only the end is kept back until the call is booked. */
function chargedChunks(
  context: AsyncContext,
  input: ModelInput,
  signal: CancelSignal | undefined,
  { scope, base, make, onBreach }: ChargedStream,
): AsyncIterator<ModelChunk> {
  const account = openCallAccount(scope);
  let leave: (() => void) | undefined;
  let chunks: AsyncIterator<ModelChunk> | undefined;
  let done: ModelChunk | undefined;
  let isOver = false;

  /** However the call ended, what it took is charged, and the step may go on. */
  const settle = async (): Promise<HarnFailure | undefined> => {
    isOver = true;
    try {
      return await charge(context, scope, account);
    } finally {
      leave?.();
    }
  };
  const end = async (): Promise<IteratorResult<ModelChunk>> => {
    const breach = await settle();
    if (breach !== undefined) {
      onBreach(breach);
      throw budgetError(breach, input.provider, input.model);
    }
    // Nobody acts on an answer that breaks the budget.
    return done === undefined ? { done: true, value: undefined } : { done: false, value: done };
  };
  const take = (
    result: IteratorResult<ModelChunk>,
  ): IteratorResult<ModelChunk> | Promise<IteratorResult<ModelChunk>> => {
    if (result.done) return end();
    if (result.value.type !== "done") return result;
    done = result.value;
    return pull();
  };
  const fail = async (error: unknown): Promise<never> => {
    const refused = account.refusalIn(error);
    if (refused !== undefined) onBreach(thrownDict(context, refused));
    const breach = await settle();
    if (breach !== undefined) onBreach(breach);
    throw error;
  };
  /** A chunk costs one promise. */
  const pull = (): Promise<IteratorResult<ModelChunk>> => {
    try {
      if (chunks === undefined) {
        leave = enterCall(stepRuntime(context.vm));
        chunks = make({ ...base, ...account.parts })
          .stream(input, signal)
          [Symbol.asyncIterator]();
      }
      return chunks.next().then(take, fail);
    } catch (error) {
      return fail(error);
    }
  };
  return {
    next: () => (isOver ? Promise.resolve({ done: true, value: undefined }) : pull()),
    async return() {
      if (isOver) return { done: true, value: undefined };
      try {
        await chunks?.return?.();
      } finally {
        const breach = await settle();
        if (breach !== undefined) onBreach(breach);
      }
      return { done: true, value: undefined };
    },
  };
}

/** Values that are made as a model answers, charged when it ends; a breach is thrown where the values end, a refusal at once. */
export function chargedValues(
  context: AsyncContext,
  make: (llm: LlmContext) => AsyncIterator<Value>,
): AsyncIterator<Value> {
  const scope = stepScope(context);
  const booked: Charged<Value>[] = [];
  let refused: JsonObject | undefined;
  let account = openCallAccount(scope);
  const values = make({
    ...stepLlmContext(context),
    admit(forecast) {
      const refusal = account.parts.admit(forecast);
      refused = refusal?.dict;
      return refusal;
    },
    onCharge(record) {
      account.parts.onCharge(record);
      const spent = account.bill();
      if (spent !== undefined) booked.push(chargeCall(stepRuntime(context.vm), scope, spent, account.payer));
      account = openCallAccount(scope);
    },
  });
  return {
    ...(values.return && { return: (value) => values.return!(value) }),
    async next() {
      const result = await values.next();
      // The stream itself tells errors as its last value.
      if (refused !== undefined) throw thrownDict(context, refused);
      const last = booked.pop();
      const failure = result.done && last !== undefined ? await announce(context, last) : undefined;
      if (failure !== undefined) throw failure;
      return result;
    },
  };
}

/** Books what the attempts took as one call, and runs the threshold hooks that this sets off. */
async function charge(context: AsyncContext, scope: StepScope, account: CallAccount): Promise<HarnFailure | undefined> {
  const spent = account.bill();
  return spent && announce(context, chargeCall(stepRuntime(context.vm), scope, spent, account.payer));
}

function thrownDict(context: AsyncContext, dict: JsonObject): HarnFailure {
  return stepRuntime(context.vm).values.throwableDict(dict) as Thrown;
}

async function announce(
  context: AsyncContext,
  { breach, thresholds }: Charged<Value>,
): Promise<HarnFailure | undefined> {
  let failure: HarnFailure | undefined;
  for (const { registration, step, budget } of thresholds) {
    const payload = hookPayload("OnBudgetThreshold", step.persona, step.definition, step.args);
    const options = { context: outsideSteps(context.task.context) };
    try {
      await context.call(registration.handler, [payloadValue({ ...payload, budget })], options);
    } catch (error) {
      if (!(error instanceof HarnFailure)) throw error;
      failure = error;
      break;
    }
  }
  // The breach is why the program stops; a hook that failed on the way does not hide it.
  return breach === undefined ? failure : thrownDict(context, breach);
}

function budgetError(breach: HarnFailure, provider: string, model: string): ModelError {
  return new ModelError(breach.display(), {
    category: "budget_exceeded",
    kind: "terminal",
    reason: "step_budget_exhausted",
    provider,
    model,
  });
}
