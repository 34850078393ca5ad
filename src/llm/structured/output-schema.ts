/**
 * A schema for an answer, whatever it was written in: JSON Schema, the language's dialect of it, or any library that
 * speaks Standard Schema (zod, valibot, arktype …).
 */

import type { StandardJSONSchemaV1, StandardSchemaV1 } from "@standard-schema/spec";
import { isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import { toJsonSchema } from "./json-schema.ts";
import type { SchemaInput } from "./schema-type.ts";
import { compileJsonCheck } from "./validate-json.ts";

/** Failures, or the value to hand on: a Standard Schema may transform it. */
export type SchemaCheck =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly errors: readonly string[] };

export interface OutputSchema {
  /** What the model is shown; absent when the library cannot say it as JSON Schema. */
  readonly jsonSchema?: JsonObject;
  /** Never throws. Defaults of the schema are not applied by JSON Schema checks (SCHEMA-01). */
  check(value: Json): SchemaCheck | Promise<SchemaCheck>;
}

export function outputSchema(input: SchemaInput): OutputSchema {
  return isStandardSchema(input) ? fromStandardSchema(input) : fromJsonSchema(input);
}

export function isStandardSchema(value: unknown): value is StandardSchemaV1 {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  const standard = (value as { "~standard"?: unknown })["~standard"];
  return (
    typeof standard === "object" &&
    standard !== null &&
    "validate" in standard &&
    typeof standard.validate === "function"
  );
}

function fromJsonSchema(input: JsonObject): OutputSchema {
  const jsonSchema = toJsonSchema(input);
  const check = compileJsonCheck(jsonSchema);
  return {
    jsonSchema,
    check(value) {
      const errors = check(value);
      return errors.length === 0 ? { ok: true, value } : { ok: false, errors };
    },
  };
}

function fromStandardSchema(schema: StandardSchemaV1): OutputSchema {
  const jsonSchema = jsonSchemaOf(schema);
  return {
    ...(jsonSchema === undefined ? {} : { jsonSchema }),
    async check(value) {
      try {
        const result = await schema["~standard"].validate(value);
        if (result.issues === undefined) return { ok: true, value: result.value };
        const errors = result.issues.map(issueText);
        return { ok: false, errors: errors.length === 0 ? ["schema validation failed"] : errors };
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        return { ok: false, errors: [`at root: schema library failed: ${message}`] };
      }
    },
  };
}

/** A library may offer the conversion and still fail on a type JSON Schema cannot say; the check then stands alone. */
function jsonSchemaOf(schema: StandardSchemaV1): JsonObject | undefined {
  const standard: Partial<StandardJSONSchemaV1.Props> = schema["~standard"];
  for (const target of ["draft-2020-12", "draft-07"]) {
    try {
      const converted: unknown = standard.jsonSchema?.input({ target });
      if (isJsonObject(converted)) return converted;
    } catch {
      // Try the next target.
    }
  }
  return undefined;
}

function issueText(issue: StandardSchemaV1.Issue): string {
  let place = "";
  for (const part of issue.path ?? []) {
    const key = typeof part === "object" ? part.key : part;
    if (typeof key === "number") place += `[${key}]`;
    else place += place === "" ? String(key) : `.${String(key)}`;
  }
  return `at ${place === "" ? "root" : place}: ${issue.message}`;
}
