/** Tools written in TypeScript, and the runtime that runs them. */

import type { StandardJSONSchemaV1, StandardSchemaV1 } from "@standard-schema/spec";
import { HarnError, isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import type { SchemaInput, SchemaOutput, ToolSpec } from "../../llm/index.ts";
import { boundOutput } from "./bounded-output.ts";
import { invalidInputMessage } from "./describe-input.ts";
import { type ToolOutcome, ToolRuntimeError, thrownText, toolFailure, toolSuccess } from "./outcome.ts";
import { inputViolation, repairToolInput } from "./repair-input.ts";
import type { ToolContext, ToolInvocation, ToolKind, ToolRuntime } from "./tool-runtime.ts";

type Awaitable<T> = T | Promise<T>;

/** A schema library's type (zod, valibot, arktype, …). Most can also print themselves as JSON Schema. */
export type ToolSchema<Input> = StandardSchemaV1<unknown, Input>;

export interface ToolDefinition<Input = JsonObject> {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the input object, or a Standard Schema that validates and types it. */
  readonly input: JsonObject | ToolSchema<Input>;
  /** What the model is shown when `input` is a Standard Schema that cannot print itself. */
  readonly inputSchema?: JsonObject;
  /**
   * Contract: returns JSON, or a {@link ToolOutcome} to attach images or to fail with a kind of its choice. What it
   * throws becomes a `Runtime` failure that the model sees.
   */
  readonly execute: (input: Input, context: ToolContext) => Awaitable<Json | undefined | ToolOutcome>;
  /** Default `other`, which no policy takes for harmless. */
  readonly kind?: ToolKind;
  /** Milliseconds; absent: the harness's limit. */
  readonly timeoutMs?: number;
  /** True: the model finds the tool by searching. */
  readonly deferred?: boolean;
  /** Ceiling of one result, bytes of JSON text. Default 200,000. */
  readonly maxOutputBytes?: number;
}

/** What `execute` gets for a schema: the type that the schema describes, a JSON object when it tells too little. */
export type ToolInput<S extends SchemaInput> =
  SchemaOutput<S> extends infer Input
    ? unknown extends Input
      ? JsonObject
      : [Json] extends [Input]
        ? JsonObject
        : Input
    : never;

/** A definition whose `input` schema types its `execute`. */
export interface SchemaToolDefinition<S extends SchemaInput> extends Omit<ToolDefinition<ToolInput<S>>, "input"> {
  readonly input: S;
}

/** A definition with its schemas prepared once (a hot loop must not prepare them per call). */
export interface Tool {
  readonly spec: ToolSpec;
  readonly kind: ToolKind;
  readonly timeoutMs: number | undefined;
  readonly run: (call: ToolInvocation, context: ToolContext) => Promise<ToolOutcome>;
}

/**
 * Prepares a tool. Its calls are repaired, validated (a violation never reaches `execute`, LOOP-94) and bounded
 * (LOOP-96).
 *
 * @throws HarnError `agent.tool_schema` when a Standard Schema has no JSON Schema to show
 */
export function defineTool<const S extends SchemaInput>(definition: SchemaToolDefinition<S>): Tool;
export function defineTool<Input = JsonObject>(definition: ToolDefinition<Input>): Tool;
export function defineTool<Input>(definition: ToolDefinition<Input>): Tool {
  const standard = standardSchema(definition.input);
  const schema = standard === undefined ? (definition.input as JsonObject) : printedSchema(definition, standard);
  const { name, execute, maxOutputBytes } = definition;

  const refuse = (detail: string, input: Json): ToolOutcome =>
    toolFailure("InvalidInput", invalidInputMessage(name, detail, input, schema));

  return {
    spec: {
      name,
      description: definition.description,
      inputSchema: schema,
      ...(definition.deferred === true ? { deferred: true } : {}),
    },
    kind: definition.kind ?? "other",
    timeoutMs: definition.timeoutMs,
    async run(call, context) {
      const input = repairToolInput(schema, call.input)?.input ?? call.input;
      const violation = inputViolation(schema, input);
      if (violation !== undefined) return refuse(violation, input);
      // What the tool does to its arguments is not what the model asked for: that is in the history, and in a retry.
      let typed: unknown = structuredClone(input);
      if (standard !== undefined) {
        const result = await standard["~standard"].validate(typed);
        if (result.issues !== undefined) return refuse(issueText(result.issues), input);
        typed = result.value;
      }
      try {
        const returned = await execute(typed as Input, context);
        const outcome = isToolOutcome(returned) ? returned : toolSuccess(returned ?? null);
        if (!outcome.output.ok) return outcome;
        const value = boundOutput(outcome.output.value, maxOutputBytes);
        return value === outcome.output.value ? outcome : { ...outcome, output: { ok: true, value } };
      } catch (thrown) {
        if (thrown instanceof ToolRuntimeError) throw thrown;
        return toolFailure("Runtime", thrownText(thrown));
      }
    },
  };
}

/** @throws HarnError `agent.tool_duplicate` when two tools share a name */
export function createToolRuntime(tools: readonly Tool[]): ToolRuntime {
  const byName = new Map<string, Tool>();
  for (const tool of tools) {
    if (byName.has(tool.spec.name)) {
      throw new HarnError(
        "agent.tool_duplicate",
        `Expected tool names to be unique, found \`${tool.spec.name}\` twice`,
      );
    }
    byName.set(tool.spec.name, tool);
  }
  const specs = tools.map((tool) => tool.spec);
  return {
    specs: () => specs,
    kindOf: (name) => byName.get(name)?.kind,
    timeoutOf: (name) => byName.get(name)?.timeoutMs,
    invoke(call, context) {
      const tool = byName.get(call.name);
      if (tool === undefined) return Promise.reject(new ToolRuntimeError("unknown-tool", call.name, call.name));
      return tool.run(call, context);
    },
  };
}

/** Several runtimes as one; the first that has a name answers for it. */
export function joinToolRuntimes(runtimes: readonly ToolRuntime[]): ToolRuntime {
  const ownerOf = (name: string): ToolRuntime | undefined =>
    runtimes.find((runtime) => runtime.specs().some((spec) => spec.name === name));
  return {
    specs() {
      const seen = new Set<string>();
      return runtimes
        .flatMap((runtime) => runtime.specs())
        .filter((spec) => !seen.has(spec.name) && seen.add(spec.name) !== undefined);
    },
    kindOf: (name) => ownerOf(name)?.kindOf?.(name),
    timeoutOf: (name) => ownerOf(name)?.timeoutOf?.(name),
    executorOf: (name) => ownerOf(name)?.executorOf?.(name),
    invoke(call, context) {
      const owner = ownerOf(call.name);
      if (owner === undefined) return Promise.reject(new ToolRuntimeError("unknown-tool", call.name, call.name));
      return owner.invoke(call, context);
    },
  };
}

function standardSchema<Input>(input: JsonObject | ToolSchema<Input>): ToolSchema<Input> | undefined {
  return "~standard" in input ? (input as ToolSchema<Input>) : undefined;
}

function printedSchema<Input>(definition: ToolDefinition<Input>, standard: ToolSchema<Input>): JsonObject {
  if (definition.inputSchema !== undefined) return definition.inputSchema;
  const { jsonSchema: printer } = standard["~standard"] as Partial<StandardJSONSchemaV1.Props<unknown, Input>>;
  if (printer === undefined) {
    throw new HarnError(
      "agent.tool_schema",
      `The input schema of tool \`${definition.name}\` (${standard["~standard"].vendor}) cannot print itself as JSON Schema; pass \`inputSchema\` too`,
    );
  }
  const { $schema: _dialect, ...schema } = printer.input({ target: "draft-2020-12" }) as JsonObject;
  return schema;
}

function issueText(issues: readonly StandardSchemaV1.Issue[]): string {
  return issues
    .slice(0, 5)
    .map((issue) => {
      const path = (issue.path ?? []).map((part) => String(typeof part === "object" ? part.key : part)).join(".");
      return path === "" ? issue.message : `field \`${path}\`: ${issue.message}`;
    })
    .join("; ");
}

function isToolOutcome(value: Json | undefined | ToolOutcome): value is ToolOutcome {
  if (!isJsonObject(value)) return false;
  const output = value["output"];
  return isJsonObject(output) && typeof output["ok"] === "boolean" && ("value" in output || "failure" in output);
}
