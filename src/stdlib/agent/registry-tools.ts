/** The tools of a program, as the agent layer runs them: a registry's handlers are called on VM frames. */

import {
  checkToolBackends,
  isBuiltinTool,
  type Purse,
  readDeclaredAnnotations,
  runBuiltinTool,
  type ToolAnnotations,
  type ToolInvocation,
  type ToolOutcome,
  type ToolRuntime,
  ToolRuntimeError,
  toolFailure,
  toolSuccess,
} from "../../agent/index.ts";
import type { JsonObject } from "../../base/index.ts";
import { readTools, type ToolSpec } from "../../llm/index.ts";
import {
  type AsyncContext,
  Cancelled,
  CategorizedError,
  Dict,
  display,
  HarnFailure,
  isCallable,
  List,
  Thrown,
  type Value,
} from "../../vm/index.ts";
import { jsonToValue, valueToJson } from "../json/convert.ts";
import { describeEntry } from "../tools/registry.ts";
import { withPurse } from "./run-state.ts";

interface ProgramTool {
  readonly spec: ToolSpec;
  readonly entry: Dict;
  readonly handler: Value;
  readonly annotations: ToolAnnotations | undefined;
}

/** The `tools` option as it is sent: a registry or a list, without functions. */
export function toolDeclarations(tools: Value): JsonObject | undefined {
  const entries = toolEntries(tools);
  return entries === undefined ? undefined : { tools: entries.map((entry) => valueToJson(describeEntry(entry))) };
}

function toolEntries(tools: Value): Dict[] | undefined {
  const list = tools instanceof Dict ? tools.map.get("tools") : tools;
  if (!(list instanceof List)) return undefined;
  return list.items.filter((item): item is Dict => item instanceof Dict);
}

/**
 * @throws HarnError `agent.tool_backend` for a tool that nobody could run, `llm.option` for one that is no declaration,
 * `agent.option` for annotations that cannot be read
 */
export function registryTools(tools: Value, context: AsyncContext): ToolRuntime | undefined {
  const entries = toolEntries(tools);
  if (entries === undefined) return undefined;
  const specs = readTools(entries.map((entry) => valueToJson(describeEntry(entry)))) ?? [];
  const byName = new Map<string, ProgramTool>();
  for (const [at, spec] of specs.entries()) {
    const entry = entries[at] as Dict;
    byName.set(spec.name, { spec, entry, handler: handlerOf(entry), annotations: annotationsOf(spec.name, entry) });
  }
  checkToolBackends([...byName.values()].map(backendOf));
  return {
    specs: () => [...byName.values()].map((tool) => tool.spec),
    kindOf: (name) => byName.get(name)?.annotations?.kind,
    executorOf: (name) => executorOf(byName.get(name)),
    async invoke(call, { signal, purse }) {
      const tool = byName.get(call.name);
      if (tool === undefined) throw new ToolRuntimeError("unknown-tool", call.name, call.name);
      if (isCallable(tool.handler)) return runHandler(context, tool.handler, call, signal, purse);
      return isOwnTool(tool) ? runBuiltinTool(call.name, call.input, context.host) : unavailable(tool);
    },
  };
}

function handlerOf(entry: Dict): Value {
  const inner = entry.map.get("function");
  return entry.map.get("handler") ?? (inner instanceof Dict ? inner.map.get("handler") : undefined);
}

function annotationsOf(name: string, entry: Dict): ToolAnnotations | undefined {
  const given = entry.map.get("annotations");
  return given === undefined ? undefined : readDeclaredAnnotations(`${name}.annotations`, valueToJson(given));
}

function textField(entry: Dict, field: string): string | undefined {
  const value = entry.map.get(field);
  return typeof value === "string" && value !== "" ? value : undefined;
}

function backendOf({ spec, entry, handler }: ProgramTool) {
  const executor = textField(entry, "executor");
  return {
    name: spec.name,
    hasHandler: isCallable(handler),
    isMcp: entry.map.get("_mcp_server") !== undefined,
    ...(executor === undefined ? {} : { executor }),
  };
}

function executorOf(tool: ProgramTool | undefined): JsonObject | undefined {
  if (tool === undefined) return undefined;
  const server = textField(tool.entry, "mcp_server") ?? textField(tool.entry, "_mcp_server");
  if (server !== undefined) return { kind: "mcp_server", server_name: server };
  const executor = textField(tool.entry, "executor");
  return { kind: executor === undefined || executor === "harn" ? "harn_builtin" : executor };
}

async function runHandler(
  context: AsyncContext,
  handler: Value,
  call: ToolInvocation,
  signal: AsyncContext["signal"],
  purse: Purse | undefined,
): Promise<ToolOutcome> {
  const around = purse === undefined ? {} : { context: withPurse(context.task.context, purse) };
  try {
    const result = await context.call(handler, [jsonToValue(call.input)], { signal, ...around });
    return toolSuccess(result === undefined ? null : display(result));
  } catch (failure) {
    if (!(failure instanceof HarnFailure) || failure instanceof Cancelled) throw failure;
    if (rejects(failure)) return toolFailure("Denied", display(failure.value));
    return toolFailure("Runtime", failure instanceof Thrown ? thrownText(failure.value) : failure.display());
  }
}

/** A handler refuses a call by throwing an error of this category. */
function rejects(failure: HarnFailure): boolean {
  if (failure instanceof CategorizedError) return failure.category === "tool_rejected";
  const { value } = failure;
  return value instanceof Dict && value.map.get("category") === "tool_rejected";
}

function thrownText(value: Value): string {
  const message = value instanceof Dict ? value.map.get("message") : undefined;
  return typeof message === "string" ? message : display(value);
}

/** `read_file` and its like, declared without a handler. */
function isOwnTool({ spec, entry }: ProgramTool): boolean {
  return isBuiltinTool(spec.name) && (textField(entry, "executor") ?? "harn").startsWith("harn");
}

/** Tools that run elsewhere, in an environment where that elsewhere is not connected. */
function unavailable({ spec, entry }: ProgramTool): ToolOutcome {
  const executor = textField(entry, "executor") ?? "harn";
  return toolFailure(
    "Denied",
    executor === "provider_native"
      ? `tool '${spec.name}' is declared executor: "provider_native": the provider runs it, we do not`
      : `tool '${spec.name}' is declared executor: "${executor}", and nothing of the kind is connected here`,
  );
}
