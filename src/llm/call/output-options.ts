/** What form the answer must have: `output_format` and the older spellings (OPT-10, OPT-11, OPT-12, OPT-34). */

import { HarnError, isJsonObject, type JsonObject } from "../../base/index.ts";
import type { OutputFormat } from "../spec/model.ts";
import { toJsonSchema } from "../structured/json-schema.ts";
import { displayText } from "./option-readers.ts";

type Options = Readonly<Record<string, unknown>>;

const optionError = (message: string): HarnError => new HarnError("llm.option", message);

export interface OutputRequest {
  readonly format: OutputFormat;
  /** What parsed data is checked against, as JSON Schema. */
  readonly schema?: JsonObject;
  /** OPT-34: the call wants data, not text. */
  readonly structured: boolean;
}

export function readOutput(options: Options): OutputRequest {
  const jsonSchema = readSchema(options["json_schema"] ?? options["schema"], "json_schema");
  const outputSchema = readSchema(
    options["output_schema"] ?? options["json_schema"] ?? options["schema"],
    "output_schema",
  );
  const format = readFormat(options, jsonSchema);
  const schema = outputSchema ?? (format.kind === "json-schema" ? format.schema : undefined);
  return {
    format,
    structured: format.kind !== "text" || schema !== undefined,
    ...(schema === undefined ? {} : { schema }),
  };
}

function readSchema(value: unknown, field: string): JsonObject | undefined {
  if (value === undefined || value === null) return undefined;
  if (isJsonObject(value)) return toJsonSchema(value);
  throw optionError(`${field}: expected a JSON Schema object`);
}

function readFormat(options: Options, jsonSchema: JsonObject | undefined): OutputFormat {
  const value = options["output_format"];
  if (value === undefined) return readOlderFormat(options["response_format"], jsonSchema);
  if (value === null) return { kind: "text" };
  if (typeof value === "string") return formatOf(readKind(value), jsonSchema, true);
  if (!isJsonObject(value)) throw optionError("output_format: expected string or dict");
  const kind = readKind(displayText(value["kind"] ?? "text"));
  const strict = value["strict"] ?? true;
  if (typeof strict !== "boolean") throw optionError("output_format.strict: expected a bool");
  return formatOf(kind, readSchema(value["schema"] ?? value["json_schema"], "output_format.schema"), strict);
}

function readOlderFormat(value: unknown, jsonSchema: JsonObject | undefined): OutputFormat {
  if (value !== undefined && value !== null && value !== "json" && value !== "json_object" && value !== "text") {
    throw optionError(`response_format: expected "json", "json_object", or "text", got "${displayText(value)}"`);
  }
  if (jsonSchema !== undefined) return { kind: "json-schema", schema: jsonSchema, strict: true };
  return value === "json" || value === "json_object" ? { kind: "json" } : { kind: "text" };
}

type Kind = OutputFormat["kind"];

function readKind(text: string): Kind {
  switch (text.trim().toLowerCase()) {
    case "text":
    case "none":
    case "off":
      return "text";
    case "json":
    case "json_object":
      return "json";
    case "json_schema":
    case "schema":
      return "json-schema";
  }
  throw optionError(`output_format.kind: expected "text" | "json_object" | "json_schema", got "${text}"`);
}

function formatOf(kind: Kind, schema: JsonObject | undefined, strict: boolean): OutputFormat {
  switch (kind) {
    case "text":
    case "json":
      return { kind };
    case "json-schema":
      if (schema === undefined) {
        throw optionError('output_format: kind "json_schema" requires a `schema` field');
      }
      return { kind, schema, strict };
  }
}
