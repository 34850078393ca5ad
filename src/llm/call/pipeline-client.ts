import type { BudgetEnvelope } from "../cost/budget-envelope.ts";
import type { ModelClient } from "../spec/model.ts";
import { attemptClient } from "./attempt.ts";
import type { LlmContext } from "./llm-context.ts";
import type { AttemptLimits } from "./watchdog-layer.ts";

export interface PipelineSettings {
  readonly limits?: AttemptLimits;
  readonly budget?: BudgetEnvelope;
  /** Turn of an agent loop, for traces. */
  readonly iteration?: number;
  /** Which attempt of the turn this is, from 0, and how many retries follow; for traces. */
  readonly attempt?: number;
  readonly maxRetries?: number;
  readonly toolFormat?: string;
  readonly userVisible?: boolean;
}

/**
 * A client for those who retry themselves (the agent loop, compaction): each `stream` is one attempt with trace, budget,
 * permit and clocks around it, answered by whoever the context names for the input's provider. Money is booked on every
 * path, so a caller that abandons the stream still pays for what it saw.
 */
export function pipelineClient(context: LlmContext, settings: PipelineSettings = {}): ModelClient {
  return {
    provider: context.catalog.defaultProvider,
    stream(input, signal) {
      const client = attemptClient(context, input, {
        limits: settings.limits ?? {},
        budget: settings.budget,
        facts: {
          attempt: settings.attempt ?? 0,
          maxRetries: settings.maxRetries ?? 0,
          routePolicy: "manual",
          fallbackChain: [],
          toolFormat: settings.toolFormat ?? "native",
          userVisible: settings.userVisible ?? false,
          ...(settings.iteration === undefined ? {} : { iteration: settings.iteration }),
        },
      });
      return client.stream(input, signal);
    },
  };
}
