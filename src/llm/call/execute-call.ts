/**
 * A call from options to checked result:
 *
 *     experiment -> schema loop -> (routing | retry -> fallback) -> attempt
 *
 * The schema loop stands above routing too, so a routed call is validated like any other; the original skipped it there
 * (CALL-05, ambiguity 14).
 */

import type { CancelSignal, Json, JsonObject } from "../../base/index.ts";
import { routedCall } from "../routing/route-call.ts";
import { routingBlock, routingDecision } from "../routing/routing-trace.ts";
import type { ModelResult } from "../spec/model-result.ts";
import { type OutputSchema, outputSchema } from "../structured/output-schema.ts";
import { runSchemaLoop, type SchemaLoopOutcome } from "../structured/schema-retry.ts";
import { buildModelInput, type CallRequest, type ChunkListener } from "./attempt.ts";
import type { CallOptions } from "./call-options.ts";
import { buildCallResult } from "./call-result.ts";
import { type AppliedExperiment, applyExperiment } from "./experiments.ts";
import type { LlmContext } from "./llm-context.ts";
import { decisionJson } from "./resolve-model.ts";
import { retriedCall } from "./retry.ts";

/** What a TypeScript caller may add to a call. */
export interface CallExtras {
  /** Cancels the call: the request is dropped and the call fails with category `cancelled` (CALL-12). */
  readonly signal?: CancelSignal;
  /** Sees every chunk as it arrives. */
  readonly onChunk?: ChunkListener;
  /** Turn of an agent loop (CALL-09); a plain call has none. */
  readonly iteration?: number;
}

/** @param schema checks the data instead of the options' JSON Schema */
export async function executeCall(
  context: LlmContext,
  options: CallOptions,
  extras: CallExtras = {},
  schema?: OutputSchema,
): Promise<SchemaLoopOutcome> {
  const { provider, model, capabilities } = options;
  const leave = context.enterRenderContext?.({ provider, model, capabilities });
  try {
    const start = await transformed(options, extras.iteration);
    const structured = options.structured || schema !== undefined;
    return await runSchemaLoop({
      messages: start.messages,
      structured,
      schema: schema ?? (options.outputSchema === undefined ? undefined : outputSchema(options.outputSchema)),
      retries: options.schemaRetries,
      nudge: options.schemaNudge,
      trace: context.trace,
      call: (messages) => callOnce(context, { ...options, structured }, extras, { ...start, messages }),
    });
  } finally {
    leave?.();
  }
}

interface CallStart {
  readonly messages: readonly Json[];
  readonly system: string | undefined;
  readonly experiment?: AppliedExperiment;
}

/** EXPER-01: once, before the first attempt. */
async function transformed(options: CallOptions, iteration: number | undefined): Promise<CallStart> {
  const { experiment, messageList, system } = options;
  if (experiment === undefined) return { messages: messageList, system };
  const output = await applyExperiment(experiment, messageList, system, iteration);
  return { messages: output.messages, system: output.system, experiment: output.applied };
}

async function callOnce(
  context: LlmContext,
  options: CallOptions,
  extras: CallExtras,
  start: CallStart,
): Promise<{ readonly answer: ModelResult; readonly result: JsonObject }> {
  const request: CallRequest = {
    input: buildModelInput(options, start.messages, start.system),
    options,
    experiment: start.experiment,
    iteration: extras.iteration,
  };
  const routed = await ask(context, request, extras);
  const result = buildCallResult(routed.answer, {
    host: context.host,
    prices: context.catalog,
    messageList: start.messages,
    tools: options.tools,
    structured: options.structured,
    experiment: start.experiment,
  });
  return {
    answer: routed.answer,
    result: routed.routing === undefined ? result : { ...result, routing: routed.routing },
  };
}

async function ask(
  context: LlmContext,
  request: CallRequest,
  { signal, onChunk }: CallExtras,
): Promise<{ readonly answer: ModelResult; readonly routing?: JsonObject }> {
  const policy = request.options.routing;
  if (policy === undefined) return { answer: await retriedCall(context, request, signal, onChunk) };
  const { answer, trace } = await routedCall(context, request, policy, signal, onChunk);
  const decision = decisionJson(routingDecision(trace, policy, context.catalog));
  context.transcript?.write("routing_decision", decision);
  return { answer, routing: routingBlock(trace, policy, context.catalog) };
}
