/** `llm_call` and `llm_call_safe`: JSON in, JSON out (sections 5, 7, 9, 10). */

import type { JsonObject } from "../../base/index.ts";
import { ModelError } from "../spec/model-error.ts";
import type { OutputSchema } from "../structured/output-schema.ts";
import { type SchemaLoopOutcome, schemaFailureMessage } from "../structured/schema-retry.ts";
import { type CallOptions, readCallOptions } from "./call-options.ts";
import { envelopeError, errorDict, LlmCallError } from "./error-dict.ts";
import { type CallExtras, executeCall } from "./execute-call.ts";
import type { LlmContext } from "./llm-context.ts";

/**
 * Asks a model once, with the retries, fallbacks, checks and budgets that the options name.
 * @param options any option of section 6
 * @returns the result dict of section 7
 * @throws HarnError code `llm.option` for options that cannot be read (CALL-02)
 * @throws LlmCallError whose `dict` is what a program catches (ERR-01)
 */
export async function llmCall(
  context: LlmContext,
  prompt: unknown,
  system?: unknown,
  options?: unknown,
  extras: CallExtras = {},
): Promise<JsonObject> {
  const read = readCallOptions(context, prompt, system, options);
  return (await checkedCall(context, read, extras)).result;
}

/** A call whose failures carry the dict of section 9, schema failures in mode `error` included. */
export async function checkedCall(
  context: LlmContext,
  options: CallOptions,
  extras: CallExtras = {},
  schema?: OutputSchema,
): Promise<SchemaLoopOutcome> {
  const { provider, model } = options;
  try {
    const outcome = await executeCall(context, options, extras, schema);
    if (outcome.errors.length > 0) reactToSchemaFailure(context, options, outcome);
    return outcome;
  } catch (error) {
    throw new LlmCallError(errorDict(error, provider, model), error);
  }
}

/** VALID-01, VALID-02. */
function reactToSchemaFailure(context: LlmContext, options: CallOptions, outcome: SchemaLoopOutcome): void {
  const { provider, model, outputValidation } = options;
  const message = schemaFailureMessage(outcome);
  if (outputValidation === "error") {
    throw new ModelError(message, {
      category: "schema_validation",
      kind: "terminal",
      reason: "unknown",
      provider,
      model,
      partialText: outcome.rawText,
    });
  }
  if (outputValidation === "warn") {
    context.host.sync("log.write", { level: "warn", message: `llm: ${message}`, fields: { provider, model } });
  }
}

/** `{ok: true, response, error: nil}` or `{ok: false, response: nil, error}`; never throws (SAFE-01). */
export async function llmCallSafe(
  context: LlmContext,
  prompt: unknown,
  system?: unknown,
  options?: unknown,
  extras: CallExtras = {},
): Promise<JsonObject> {
  try {
    return { ok: true, response: await llmCall(context, prompt, system, options, extras), error: null };
  } catch (error) {
    return { ok: false, response: null, error: envelopeError(error) };
  }
}
