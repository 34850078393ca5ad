/** Between steps and the model layer: the step's model as default, and its calls on its bill (STEP-26, STEP-28, CALL-13). */

import type { CancelSignal, JsonObject } from "../base/index.ts";
import {
  BudgetExceededError,
  type CallAdmission,
  type CallDefaults,
  type ChargeRecord,
  createAttemptMeter,
  estimateInputTokens,
  type ModelChunk,
  type ModelClient,
  ModelError,
  type ModelInput,
  NO_USAGE,
  type TokenCounts,
  type Usage,
} from "../llm/index.ts";
import { type CallNeeds, preflight, type StepCharge } from "./budget.ts";
import { type ActiveStep, activeStep, modelDefault, type StepScope } from "./scope.ts";
import { enterCall, trackCall } from "./step-runtime.ts";
import { chargeStep, type StepContext } from "./with-step.ts";

/** The fields of an `LlmContext` that a step sets: `{ ...context, ...parts }`. */
export interface StepCallParts {
  readonly defaults?: CallDefaults;
  readonly onCharge: (record: ChargeRecord) => void;
  /** Refuses attempts that cannot fit into the step's budget, before they are sent. */
  readonly admit: CallAdmission;
}

/** One call of the model layer, with all its attempts, on the bill of a step. */
export interface CallAccount {
  /** The step it was begun in. */
  readonly payer: ActiveStep | undefined;
  readonly parts: StepCallParts;
  /** What its attempts took, as one call; undefined while no provider was asked. */
  bill(): StepCharge | undefined;
  /** The dict of the refusal that an error tells of, when it tells of one. */
  refusalIn(error: unknown): JsonObject | undefined;
}

/** @param onCharge told of each attempt as well, such as the context's own */
export function openCallAccount(scope: StepScope, onCharge?: (record: ChargeRecord) => void): CallAccount {
  const records: ChargeRecord[] = [];
  const model = modelDefault(scope);
  let refused: BudgetExceededError | undefined;
  const bill = (): StepCharge | undefined => {
    const sum = (of: (record: ChargeRecord) => number) => records.reduce((total, record) => total + of(record), 0);
    if (records.length === 0) return undefined;
    return {
      model: records.at(-1)?.model ?? "",
      inputTokens: sum(({ usage }) => usage.inputTokens),
      outputTokens: sum(({ usage }) => usage.outputTokens),
      costUsd: sum(({ costUsd }) => costUsd ?? 0),
      estimated: records.some(({ usage }) => isEstimate(usage)),
    };
  };
  return {
    payer: activeStep(scope),
    parts: {
      ...(model === undefined ? {} : { defaults: { model } }),
      onCharge(record) {
        records.push(record);
        onCharge?.(record);
      },
      admit(forecast) {
        const dict = preflight(scope, forecast, bill());
        refused = dict && refusalOf(dict, forecast);
        return refused;
      },
    },
    bill,
    refusalIn(error) {
      const isOurs =
        refused !== undefined && (error === refused || (error instanceof Error && error.cause === refused));
      return isOurs ? refused?.dict : undefined;
    },
  };
}

/** A request that a provider refused outright took nothing, and that is exact. */
function isEstimate({ exact, inputTokens, outputTokens }: Usage): boolean {
  return !exact && inputTokens + outputTokens > 0;
}

function refusalOf(dict: JsonObject, call: { readonly provider: string; readonly model: string }): BudgetExceededError {
  return new BudgetExceededError("before", String(dict.message), call, dict);
}

/**
 * Runs one `llm_call` (with all its attempts) for a step: hands in the step's model as default, refuses what cannot fit,
 * and charges what the attempts took as one call. When the call succeeded and the budget is exceeded by it, throws the
 * breach instead of the result; when the call failed, what it took is charged and its own error goes on.
 */
export function accountedCall<T>(
  context: StepContext,
  scope: StepScope,
  call: (parts: StepCallParts) => Promise<T>,
  onCharge?: (record: ChargeRecord) => void,
): Promise<T> {
  return trackCall(context.runtime, bookedCall(context, scope, call, onCharge));
}

async function bookedCall<T>(
  context: StepContext,
  scope: StepScope,
  call: (parts: StepCallParts) => Promise<T>,
  onCharge: ((record: ChargeRecord) => void) | undefined,
): Promise<T> {
  const { parts, bill, refusalIn, payer } = openCallAccount(scope, onCharge);
  const settle = async (): Promise<void> => {
    const spent = bill();
    if (spent !== undefined) await chargeStep(context, scope, spent, payer);
  };
  let result: T;
  try {
    result = await call(parts);
  } catch (error) {
    await settle().catch(() => {});
    const refused = refusalIn(error);
    throw refused === undefined ? error : context.runtime.values.throwableDict(refused);
  }
  await settle();
  return result;
}

export interface AccountedClientOptions {
  /** Where a call is charged, asked when it begins. */
  readonly scope: () => StepScope;
  /** What a call costs, US dollars; undefined when no price is known. */
  readonly costOf?: (input: ModelInput, usage: Usage) => number | undefined;
}

/**
 * A client whose calls are charged to the step they are made in; put it around a client that tries once, since every
 * attempt is paid. A call that cannot fit is refused before it is sent; a breach takes the place of the `done` chunk, as a
 * `ModelError` of category `budget_exceeded` with the step's dict as cause. Calls that fail or are abandoned once the
 * provider has begun to answer are charged for what it told until then, completed by estimates.
 */
export function accountedClient(
  context: StepContext,
  client: ModelClient,
  options: AccountedClientOptions,
): ModelClient {
  return {
    provider: client.provider,
    async *stream(input: ModelInput, signal?: CancelSignal): AsyncGenerator<ModelChunk> {
      const scope = options.scope();
      const { tokenCounts } = context.runtime;
      const refused = preflight(scope, forecastOf(input, options, tokenCounts));
      if (refused !== undefined) throw refusalOf(refused, input);
      const payer = activeStep(scope);
      const leave = enterCall(context.runtime);
      const meter = createAttemptMeter(input, tokenCounts);
      let reported: Usage | undefined;
      let charged = false;

      const settle = async (): Promise<void> => {
        if (charged || !(meter.started || reported)) return;
        charged = true;
        const usage = reported ?? meter.usage();
        const { inputTokens, outputTokens } = usage;
        const costUsd = options.costOf?.(input, usage);
        const estimated = isEstimate(usage);
        await chargeStep(context, scope, { model: input.model, inputTokens, outputTokens, costUsd, estimated }, payer);
      };

      try {
        for await (const chunk of client.stream(input, signal)) {
          meter.push(chunk);
          if (chunk.type === "done")
            await settle().catch((breach: unknown) => Promise.reject(asModelError(breach, input)));
          yield chunk;
        }
      } catch (error) {
        if (error instanceof ModelError && error.usage) reported = error.usage;
        await settle().catch(() => {});
        throw error;
      } finally {
        await settle().catch(() => {});
        leave();
      }
    },
  };
}

function forecastOf(input: ModelInput, { costOf }: AccountedClientOptions, counts: TokenCounts): CallNeeds {
  const inputTokens = estimateInputTokens(input, counts);
  const outputTokens = Math.max(0, input.maxTokens ?? 0);
  const cost = (tokens: Partial<Usage>): number => costOf?.(input, { ...NO_USAGE, ...tokens }) ?? 0;
  return {
    provider: input.provider,
    model: input.model,
    inputTokens,
    outputTokens,
    costUsd: cost({ inputTokens, outputTokens }),
    inputCostUsd: cost({ inputTokens }),
    isScripted: false,
  };
}

function asModelError(cause: unknown, input: ModelInput): unknown {
  if (!(cause instanceof Error)) return cause;
  return new ModelError(cause.message, {
    category: "budget_exceeded",
    kind: "terminal",
    reason: "step_budget_exhausted",
    provider: input.provider,
    model: input.model,
    cause,
  });
}
