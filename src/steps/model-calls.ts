/** Between steps and the model layer: the step's model as default, and its calls on its bill (STEP-26, STEP-28, CALL-13). */

import type { CancelSignal } from "../base/index.ts";
import {
  type CallDefaults,
  type ChargeRecord,
  type ModelChunk,
  type ModelClient,
  ModelError,
  type ModelInput,
  type Usage,
} from "../llm/index.ts";
import type { StepCharge } from "./budget.ts";
import { modelDefault, type StepScope } from "./scope.ts";
import { chargeStep, type StepContext } from "./with-step.ts";

/** The fields of an `LlmContext` that a step sets: `{ ...context, ...parts }`. */
export interface StepCallParts {
  readonly defaults?: CallDefaults;
  readonly onCharge: (record: ChargeRecord) => void;
}

/**
 * Runs one `llm_call` (with all its attempts) for a step: hands in the step's model as default, and charges what the
 * attempts took as one call. When the call succeeded and the budget is exceeded by it, throws the breach instead of the
 * result; when the call failed, what it took is charged and its own error goes on.
 *
 * @param onCharge told of each attempt as well, such as the context's own
 */
export async function accountedCall<T>(
  context: StepContext,
  scope: StepScope,
  call: (parts: StepCallParts) => Promise<T>,
  onCharge?: (record: ChargeRecord) => void,
): Promise<T> {
  const records: ChargeRecord[] = [];
  const model = modelDefault(scope);
  const parts: StepCallParts = {
    ...(model === undefined ? {} : { defaults: { model } }),
    onCharge(record) {
      records.push(record);
      onCharge?.(record);
    },
  };
  let result: T;
  try {
    result = await call(parts);
  } catch (error) {
    if (records.length > 0) await chargeStep(context, scope, billOf(records)).catch(() => {});
    throw error;
  }
  if (records.length > 0) await chargeStep(context, scope, billOf(records));
  return result;
}

function billOf(records: readonly ChargeRecord[]): StepCharge {
  const sum = (of: (record: ChargeRecord) => number) => records.reduce((total, record) => total + of(record), 0);
  return {
    model: records.at(-1)?.model ?? "",
    inputTokens: sum(({ usage }) => usage.inputTokens),
    outputTokens: sum(({ usage }) => usage.outputTokens),
    costUsd: sum(({ costUsd }) => costUsd ?? 0),
  };
}

export interface AccountedClientOptions {
  /** Where a call is charged, asked when it begins. */
  readonly scope: () => StepScope;
  /** What a call costs, US dollars; undefined when no price is known. */
  readonly costOf?: (input: ModelInput, usage: Usage) => number | undefined;
}

/**
 * A client whose calls are charged to the step they are made in; put it around a client that tries once, since every
 * attempt is paid. A breach takes the place of the `done` chunk, as a `ModelError` of category `budget_exceeded` with the
 * step's dict as cause. Calls that fail or are abandoned are charged for what was told until then.
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
      let told: Partial<Usage> | undefined;
      let charged = false;

      const settle = async (): Promise<void> => {
        if (charged) return;
        charged = true;
        const usage: Usage = { ...UNKNOWN_USAGE, ...told };
        const costUsd = options.costOf?.(input, usage);
        const { inputTokens, outputTokens } = usage;
        await chargeStep(context, scope, { model: input.model, inputTokens, outputTokens, costUsd });
      };

      try {
        for await (const chunk of client.stream(input, signal)) {
          if ((chunk.type === "done" || chunk.type === "response-start") && chunk.usage)
            told = { ...told, ...chunk.usage };
          if (chunk.type === "done")
            await settle().catch((breach: unknown) => Promise.reject(asModelError(breach, input)));
          yield chunk;
        }
      } catch (error) {
        if (error instanceof ModelError && error.usage) told = { ...told, ...error.usage };
        if (told) await settle().catch(() => {});
        throw error;
      } finally {
        if (told) await settle().catch(() => {});
      }
    },
  };
}

const UNKNOWN_USAGE: Usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, exact: false };

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
