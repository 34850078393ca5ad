/**
 * How the step runtime looks at values that are not its own: arguments, hook results and thrown errors. A TypeScript
 * program throws errors and returns plain objects; a Harn program throws and returns values of its VM. The runtime sees
 * both through this one table.
 */

import { HarnError, isJsonObject, type Json, type JsonObject } from "../base/index.ts";

export interface ValueModel {
  // ---- Errors
  /** The dict that was thrown, for reading; undefined when something else was. */
  dictOf(error: unknown): JsonObject | undefined;
  /** A copy of a thrown dict with fields set, and others added where they are missing. Never called on anything else. */
  amend(error: unknown, set: JsonObject, add: JsonObject): unknown;
  /** What to throw for a dict. Fields named in {@link FLOAT_FIELDS} are floats where that is a type of its own. */
  throwableDict(dict: JsonObject): unknown;
  /** What to throw for a text that programs catch as a string. */
  throwableText(text: string): unknown;
  /** What to throw for a misuse of the runtime, such as a hook that returns a number. */
  throwableFailure(text: string): unknown;
  /** Text of an error without a `message` field. */
  textOf(error: unknown): string;

  // ---- Values
  isNil(value: unknown): boolean;
  /** A bare word such as `Allow`: a string or a variant without fields. */
  wordOf(value: unknown): string | undefined;
  isDict(value: unknown): boolean;
  hasField(dict: unknown, name: string): boolean;
  field(dict: unknown, name: string): unknown;
  listOf(value: unknown): readonly unknown[] | undefined;
  stringOf(value: unknown): string | undefined;
  isFalse(value: unknown): boolean;
  isCallable(value: unknown): boolean;
  /** Type name as the language says it: `int`, `dict`, … */
  typeName(value: unknown): string;
}

/** Fields of thrown dicts that are floats whatever their value (STEP-34). */
export const FLOAT_FIELDS: readonly string[] = [
  "limit_value",
  "consumed_tokens",
  "consumed_cost_usd",
  "projected_cost_usd",
  "session_cost_usd",
];

/** A dict thrown by the runtime, as TypeScript programs catch it. Code `steps.<category>`. */
export class StepError extends HarnError {
  readonly dict: JsonObject;

  constructor(dict: JsonObject, cause?: unknown) {
    const category = typeof dict.category === "string" ? dict.category : "error";
    const message = typeof dict.message === "string" ? dict.message : category;
    super(`steps.${category}`, message, cause === undefined ? {} : { cause });
    this.name = "StepError";
    this.dict = dict;
  }
}

/**
 * Values of a TypeScript program. A thrown dict is a plain object, any error with a `dict` field (such as those of
 * `llm_call`), or an error whose cause is one.
 */
export const jsValues: ValueModel = {
  dictOf: thrownDict,
  amend(error, set, add) {
    const dict = thrownDict(error) ?? {};
    return new StepError({ ...add, ...dict, ...set }, error);
  },
  throwableDict: (dict) => new StepError(dict),
  throwableText: (text) => new HarnError("steps.invalid_argument", text),
  throwableFailure: (text) => new HarnError("steps.invalid_hook_result", text),
  textOf: (error) => (error instanceof Error ? error.message : typeof error === "string" ? error : showThrown(error)),

  isNil: (value) => value === undefined || value === null,
  wordOf: (value) => (typeof value === "string" ? value : undefined),
  isDict: isJsonObject,
  hasField: (dict, name) => isJsonObject(dict) && Object.hasOwn(dict, name) && dict[name] !== undefined,
  field: (dict, name) => (isJsonObject(dict) && Object.hasOwn(dict, name) ? dict[name] : undefined),
  listOf: (value) => (Array.isArray(value) ? (value as readonly unknown[]) : undefined),
  stringOf: (value) => (typeof value === "string" ? value : undefined),
  isFalse: (value) => value === false,
  isCallable: (value) => typeof value === "function",
  typeName: jsTypeName,
};

/** How many causes are looked through; a cycle must not hang a boundary. */
const CAUSES = 8;

function thrownDict(error: unknown): JsonObject | undefined {
  let current = error;
  for (let depth = 0; depth < CAUSES; depth++) {
    if (!(current instanceof Error)) return depth === 0 && isJsonObject(current) ? current : undefined;
    if ("dict" in current && isJsonObject(current.dict)) return current.dict;
    current = current.cause;
  }
  return undefined;
}

function showThrown(error: unknown): string {
  try {
    return JSON.stringify(error as Json) ?? String(error);
  } catch {
    return String(error);
  }
}

function jsTypeName(value: unknown): string {
  switch (typeof value) {
    case "string":
      return "string";
    case "boolean":
      return "bool";
    case "number":
      return Number.isInteger(value) ? "int" : "float";
    case "bigint":
      return "int";
    case "function":
      return "closure";
    case "undefined":
      return "nil";
    case "symbol":
      return "symbol";
    case "object":
      return value === null ? "nil" : Array.isArray(value) ? "list" : "dict";
  }
}
