/**
 * The schema loop: asks until the answer fits its schema, or the budget of retries is used up (section 8). It sits above
 * retry, fallback and routing, since it changes the messages; each attempt starts with a full transient budget.
 *
 * Every retry sends the original messages plus at most one corrective message. The bad answer is left out: small models
 * repeat what they see, and the list must not grow.
 */

import type { Json, JsonObject } from "../../base/index.ts";
import { isJsonObject } from "../../base/index.ts";
import { isCutOff } from "../call/call-result.ts";
import type { ModelResult } from "../spec/model-result.ts";
import type { TraceLog } from "../trace/trace-log.ts";
import { buildSchemaNudge, type SchemaNudge } from "./nudge.ts";
import type { OutputSchema } from "./output-schema.ts";

/** SCHEMA-06: how the loop ended. Failures are data here; what to make of them is the caller's business. */
export interface SchemaLoopOutcome {
  /** Result dict of the last attempt. */
  readonly result: JsonObject;
  readonly answer: ModelResult;
  readonly rawText: string;
  /** Errors of the last attempt; empty means success. */
  readonly errors: readonly string[];
  /** The checked value; a Standard Schema may have transformed it. */
  readonly value: unknown;
  /** Calls made, from 1. */
  readonly attempts: number;
  readonly schemaRetries: number;
}

export interface SchemaLoopParts {
  /** Makes one call with these messages. Transport failures leave the loop at once (SCHEMA-05). */
  readonly call: (messages: readonly Json[]) => Promise<{ readonly answer: ModelResult; readonly result: JsonObject }>;
  readonly messages: readonly Json[];
  /** False: the first answer is returned unchecked (CALL-06). */
  readonly structured: boolean;
  readonly schema?: OutputSchema | undefined;
  readonly retries: number;
  readonly nudge: SchemaNudge;
  readonly trace: Pick<TraceLog, "emit">;
}

export async function runSchemaLoop(parts: SchemaLoopParts): Promise<SchemaLoopOutcome> {
  let messages = parts.messages;
  for (let attempt = 1; ; attempt++) {
    const { answer, result } = await parts.call(messages);
    const checked = parts.structured
      ? await checkResult(result, answer, parts.schema)
      : { errors: [], value: undefined };
    if (checked.errors.length === 0 || attempt > parts.retries) {
      return { result, answer, rawText: answer.text, ...checked, attempts: attempt, schemaRetries: parts.retries };
    }
    const correction = buildSchemaNudge(checked.errors, parts.schema?.jsonSchema, parts.nudge);
    parts.trace.emit({
      type: "schema_retry",
      attempt,
      errors: checked.errors,
      nudge_used: correction !== "",
      correction_prompt: correction,
    });
    messages = correction === "" ? parts.messages : [...parts.messages, { role: "user", content: correction }];
  }
}

/** SCHEMA-01, SCHEMA-03, SCHEMA-04. */
async function checkResult(
  result: unknown,
  answer: Pick<ModelResult, "stopReason" | "rawStopReason">,
  schema: OutputSchema | undefined,
): Promise<{ readonly errors: readonly string[]; readonly value: unknown }> {
  if (!isJsonObject(result)) return { errors: ["structured output result was not a dict"], value: undefined };
  const data = result["data"];
  if (data === undefined) return { errors: missingJson(result, answer), value: undefined };
  if (schema === undefined) return { errors: [], value: data };
  const check = await schema.check(data);
  return check.ok ? { errors: [], value: check.value } : { errors: check.errors, value: undefined };
}

function missingJson(result: JsonObject, answer: Pick<ModelResult, "stopReason" | "rawStopReason">): readonly string[] {
  const errors = ["response did not contain parseable JSON"];
  const violations = result["protocol_violations"];
  if (Array.isArray(violations) && violations.length > 0) errors.push(`protocol violations: ${violations.join("; ")}`);
  if (isCutOff(answer.stopReason) || isCutOff(answer.rawStopReason)) {
    errors.push("response hit the token limit before producing complete JSON");
  }
  return errors;
}

/** VALID-01, VALID-03: the sentence for a program whose answer never fitted. */
export function schemaFailureMessage(outcome: Pick<SchemaLoopOutcome, "errors" | "schemaRetries">): string {
  const hint =
    outcome.schemaRetries === 0
      ? " (hint: set `schema_retries: N` in the llm_call options to automatically re-prompt the model with a corrective nudge)"
      : " (hint: schema_retries budget exhausted — the model did not produce conforming output after the configured retries; consider raising `schema_retries` or relaxing the schema)";
  return `LLM output failed schema validation: ${outcome.errors.join("; ")}${hint}`;
}
