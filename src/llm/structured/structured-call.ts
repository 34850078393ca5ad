/**
 * `llm_call_structured` and its two relatives: a prompt and a schema in, checked data out (sections 11 and 12).
 * The schema may be JSON Schema or any Standard Schema; the data has the type that it describes.
 */

import { HarnError, isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import { type CallOptions, readCallOptions } from "../call/call-options.ts";
import { usageFields } from "../call/call-result.ts";
import { envelopeError, errorCategory, errorMessage } from "../call/error-dict.ts";
import { type CallExtras, executeCall } from "../call/execute-call.ts";
import { checkedCall } from "../call/llm-call.ts";
import type { LlmContext } from "../call/llm-context.ts";
import { typeName } from "../call/option-readers.ts";
import { NO_USAGE } from "../spec/model-result.ts";
import { extractJsonText, parseJson } from "./extract-json.ts";
import { isStandardSchema, type OutputSchema, outputSchema } from "./output-schema.ts";
import type { SchemaLoopOutcome } from "./schema-retry.ts";
import type { SchemaInput, SchemaOutput } from "./schema-type.ts";

const DEFAULT_STRUCTURED_RETRIES = 3;

/** What these calls read besides the options of a model call. */
export const STRUCTURED_OPTION_NAMES: readonly string[] = ["retries", "system"];
/** What `llm_call_structured_result` reads besides those. */
export const REPAIR_OPTION_NAMES: readonly string[] = ["repair"];

/**
 * Returns only the data (STRUCT-06).
 * @throws HarnError code `llm.argument` or `llm.option`; LlmCallError as `llmCall` does, also when the answer never fits
 */
export async function llmCallStructured<const S extends SchemaInput>(
  context: LlmContext,
  prompt: unknown,
  schema: S,
  options?: unknown,
  extras: CallExtras = {},
): Promise<SchemaOutput<S>> {
  const call = readStructured(context, prompt, schema, options);
  const outcome = await checkedCall(context, call.options, extras, call.schema);
  return dataOf(outcome) as SchemaOutput<S>;
}

export type StructuredSafe<T> =
  | { readonly ok: true; readonly data: T; readonly error: null }
  | { readonly ok: false; readonly data: null; readonly error: JsonObject };

/** The same without throwing, argument mistakes included (STRUCT-07, STRUCT-08). */
export async function llmCallStructuredSafe<const S extends SchemaInput>(
  context: LlmContext,
  prompt: unknown,
  schema: S,
  options?: unknown,
  extras: CallExtras = {},
): Promise<StructuredSafe<SchemaOutput<S>>> {
  try {
    return { ok: true, data: await llmCallStructured(context, prompt, schema, options, extras), error: null };
  } catch (error) {
    return { ok: false, data: null, error: envelopeError(error) };
  }
}

/** ENVL-02. Field names are those that programs see. */
export interface StructuredResult<T> {
  readonly ok: boolean;
  /** Null on failure. */
  readonly data: T | null;
  readonly raw_text: string;
  /** Empty on success. */
  readonly error: string;
  /** `missing_json`, `schema_validation`, `repair_failed`, or the category of a transport or argument failure. */
  readonly error_category: string | null;
  readonly attempts: number;
  readonly repaired: boolean;
  /** The data was dug out of fences or prose. */
  readonly extracted_json: boolean;
  readonly usage: JsonObject;
  readonly model: string;
  readonly provider: string;
}

/** One envelope with everything worth knowing; never throws (section 12). */
export async function llmCallStructuredResult<const S extends SchemaInput>(
  context: LlmContext,
  prompt: unknown,
  schema: S,
  rawOptions?: unknown,
  extras: CallExtras = {},
): Promise<StructuredResult<SchemaOutput<S>>> {
  type Envelope = StructuredResult<SchemaOutput<S>>;
  let call: StructuredCall;
  let repair: Repair | undefined;
  try {
    const taken = takeRepair(rawOptions);
    repair = taken.repair;
    call = readStructured(context, prompt, schema, taken.options);
  } catch (error) {
    return failureEnvelope(context, error, "", "") as Envelope;
  }
  const { provider, model } = call.options;
  let outcome: SchemaLoopOutcome;
  try {
    outcome = await executeCall(context, call.options, extras, call.schema);
  } catch (error) {
    return failureEnvelope(context, error, provider, model) as Envelope;
  }
  if (outcome.errors.length === 0) return successEnvelope(outcome, false) as Envelope;
  if (repair === undefined) {
    const category = outcome.result["data"] === undefined ? "missing_json" : "schema_validation";
    return invalidEnvelope(outcome, category) as Envelope;
  }
  const repaired = await runRepair(context, call, repair, outcome, extras);
  return (repaired ?? invalidEnvelope(outcome, "repair_failed")) as Envelope;
}

// ---- Arguments -------------------------------------------------------------------------------------------------------

interface StructuredCall {
  readonly options: CallOptions;
  readonly schema: OutputSchema;
  /** The options after the rewrite, for the repair call. */
  readonly raw: Readonly<Record<string, unknown>>;
}

/** STRUCT-01 … STRUCT-05. */
function readStructured(context: LlmContext, prompt: unknown, schema: unknown, rawOptions: unknown): StructuredCall {
  if (schema === undefined) {
    throw new HarnError(
      "llm.argument",
      "llm_call_structured: missing required `schema` argument (expected (prompt, schema, options?))",
    );
  }
  if (!isStandardSchema(schema) && !isJsonObject(schema)) {
    throw new HarnError(
      "llm.argument",
      `llm_call_structured: \`schema\` must be a dict (JSON Schema), got ${typeName(schema)}`,
    );
  }
  const checked = outputSchema(schema);
  const { system, raw } = rewriteOptions(rawOptions, checked);
  return { options: readCallOptions(context, prompt, system, raw), schema: checkerFor(checked, raw), raw };
}

function rewriteOptions(
  rawOptions: unknown,
  schema: OutputSchema,
): { readonly system: unknown; readonly raw: Readonly<Record<string, unknown>> } {
  const given = isJsonObject(rawOptions) ? (rawOptions as Readonly<Record<string, unknown>>) : {};
  const { system, retries, ...rest } = given;
  const { jsonSchema } = schema;
  const format =
    jsonSchema === undefined ? { kind: "json_object" } : { kind: "json_schema", schema: jsonSchema, strict: true };
  return {
    system,
    raw: {
      schema_retries: Number.isSafeInteger(retries) ? retries : DEFAULT_STRUCTURED_RETRIES,
      ...(jsonSchema === undefined ? {} : { output_schema: jsonSchema, json_schema: jsonSchema }),
      output_format: format,
      response_format: "json",
      output_validation: "error",
      ...rest,
    },
  };
}

/** A caller who names another `output_schema` means it. */
function checkerFor(schema: OutputSchema, raw: Readonly<Record<string, unknown>>): OutputSchema {
  const named = raw["output_schema"];
  return isJsonObject(named) && named !== schema.jsonSchema ? outputSchema(named) : schema;
}

function dataOf(outcome: SchemaLoopOutcome): unknown {
  // Modes other than `error` hand back what there is.
  return outcome.errors.length === 0 ? outcome.value : (outcome.result["data"] ?? null);
}

// ---- Repair ----------------------------------------------------------------------------------------------------------

interface Repair {
  readonly overrides: Readonly<Record<string, unknown>>;
}

/** ENVL-08. Undefined when repair is off. */
function takeRepair(rawOptions: unknown): { readonly repair: Repair | undefined; readonly options: unknown } {
  if (!isJsonObject(rawOptions)) return { repair: undefined, options: rawOptions };
  const { repair, ...options } = rawOptions as Readonly<Record<string, unknown>>;
  if (repair === true) return { repair: { overrides: {} }, options };
  if (!isJsonObject(repair) || repair["enabled"] === false) return { repair: undefined, options };
  const { enabled: _, ...overrides } = repair;
  return { repair: { overrides }, options };
}

/** ENVL-09. Undefined when it did not help, for whatever reason. */
async function runRepair(
  context: LlmContext,
  call: StructuredCall,
  repair: Repair,
  failed: SchemaLoopOutcome,
  extras: CallExtras,
): Promise<StructuredResult<unknown> | undefined> {
  try {
    // The prompt is ours here: neither the caller's messages nor an experiment on them apply.
    const ours = { messages: undefined, structural_experiment: null };
    const raw = { ...call.raw, ...ours, ...repair.overrides, schema_retries: 0 };
    const options = readCallOptions(context, repairPrompt(failed.rawText, failed.errors), undefined, raw);
    const outcome = await executeCall(context, options, extras, call.schema);
    return outcome.errors.length === 0 ? successEnvelope(outcome, true) : undefined;
  } catch {
    return undefined;
  }
}

/** ENVL-10. The words are a prompt. */
function repairPrompt(rawText: string, errors: readonly string[]): string {
  return [
    "The text below was meant to be JSON that fits the configured schema, but it failed validation. " +
      "Answer with the corrected JSON only: no prose, no markdown fences, no comments.",
    `Validation errors: ${errors.length === 0 ? "(no detailed errors)" : errors.join("; ")}`,
    `Original text:\n${rawText}`,
    "Reply with valid JSON only.",
  ].join("\n\n");
}

// ---- Envelopes -------------------------------------------------------------------------------------------------------

function successEnvelope(outcome: SchemaLoopOutcome, repaired: boolean): StructuredResult<unknown> {
  return {
    ok: true,
    data: outcome.value ?? null,
    raw_text: outcome.rawText,
    error: "",
    error_category: null,
    attempts: outcome.attempts,
    repaired,
    extracted_json: isExtracted(outcome),
    ...describeCall(outcome),
  };
}

function invalidEnvelope(outcome: SchemaLoopOutcome, category: string): StructuredResult<unknown> {
  return {
    ok: false,
    data: null,
    raw_text: outcome.rawText,
    error: outcome.errors.join("; ") || "structured call failed without specific errors",
    error_category: category,
    attempts: outcome.attempts,
    repaired: false,
    extracted_json: isExtracted(outcome),
    ...describeCall(outcome),
  };
}

/** ENVL-05: transport and argument failures. */
function failureEnvelope(
  context: LlmContext,
  error: unknown,
  provider: string,
  model: string,
): StructuredResult<unknown> {
  return {
    ok: false,
    data: null,
    raw_text: "",
    error: errorMessage(error),
    error_category: errorCategory(error),
    attempts: 0,
    repaired: false,
    extracted_json: false,
    usage: usageFields(NO_USAGE, context.catalog, provider, model),
    model,
    provider,
  };
}

function describeCall({ result }: SchemaLoopOutcome): { usage: JsonObject; model: string; provider: string } {
  const usage: Json | undefined = result["usage"];
  return {
    usage: isJsonObject(usage) ? usage : {},
    model: String(result["model"] ?? ""),
    provider: String(result["provider"] ?? ""),
  };
}

/** ENVL-07. */
function isExtracted(outcome: SchemaLoopOutcome): boolean {
  const raw = outcome.rawText.trim();
  if (outcome.result["data"] === undefined || parseJson(raw) !== undefined) return false;
  const extracted = extractJsonText(raw);
  return extracted !== raw && parseJson(extracted) !== undefined;
}
