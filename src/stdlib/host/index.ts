/** Asking the program that embeds the run, and preparing its answers in tests. */

import { type AsyncContext, Dict, List, share, type Value } from "../../vm/index.ts";
import { field, textArgument, thrown } from "../arguments.ts";
import { type Builtin, effect, pure } from "../builtin.ts";
import { dictToJson, jsonToValue, valueToJson } from "../json/convert.ts";
import {
  answeredCalls,
  clearAnswers,
  closeMockScope,
  hostBridge,
  openMockScope,
  prepareAnswer,
  preparedAnswer,
} from "./host-state.ts";
import { capabilityManifest, commonOperation } from "./operations.ts";

/** What the run's host answers; throws in the program when nobody can. */
export async function callHost(
  capability: string,
  operation: string,
  params: Dict,
  context: AsyncContext,
): Promise<Value> {
  const prepared = preparedAnswer(context, capability, operation, params);
  if (prepared !== undefined) return prepared.result;
  const answered = await hostBridge(context)?.call?.(capability, operation, dictToJson(params), context.signal);
  if (answered !== undefined) return jsonToValue(answered);
  const common = commonOperation(capability, operation);
  if (common === undefined) throw thrown(`host_call: unsupported operation ${capability}.${operation}`);
  return common(params, context);
}

export const hostBuiltins: readonly Builtin[] = [
  effect(
    {
      signature: "host_call(name: string, params?: dict) -> any",
      summary: "Ask the host to do something, named `capability.operation`",
      effects: ["process", "console", "fs"],
      errors: "Throws when nobody can do it",
      example: 'println(host_call("workspace.cwd") == cwd())',
    },
    async (args, context) => {
      const name = textArgument(args, 0);
      const dot = name.indexOf(".");
      if (dot < 0) throw thrown(`host_call: unsupported operation name '${name}'`);
      const params = args[1] instanceof Dict ? args[1] : new Dict(new Map());
      return callHost(name.slice(0, dot), name.slice(dot + 1), params, context);
    },
  ),
  pure(
    {
      signature: "host_capabilities() -> dict",
      summary: "Describe what can be asked of the host: `{capability: {description, ops, operations}}`",
      effects: ["state"],
      example: "println(host_capabilities().process.ops)",
    },
    (_args, context) => capabilityManifest(context),
  ),
  pure(
    {
      signature: "host_has(capability: string, operation?: string) -> bool",
      summary: "Tell whether something can be asked of the host",
      effects: ["state"],
      example: 'println(host_has("process", "exec"))',
    },
    (args, context) => {
      const operations = field(capabilityManifest(context).map.get(textArgument(args, 0)), "operations");
      if (!(operations instanceof Dict)) return false;
      return args.length < 2 || operations.map.has(textArgument(args, 1));
    },
  ),
  pure(
    {
      signature: "host_mock(capability: string, operation: string, answer?: any, params?: dict)",
      summary: "Prepare an answer of the host: a result, or `{result, error, params}`; the newest that fits is given",
      effects: ["state"],
      errors: "Throws without capability and operation",
      example: 'host_mock("project", "name", "demo")\nprintln(host_call("project.name"))',
    },
    (args, context) => {
      prepareAnswer(context, textArgument(args, 0), textArgument(args, 1), args[2], args[3]);
      return undefined;
    },
  ),
  pure(
    {
      signature: "host_mock_calls() -> list<dict>",
      summary: "List the calls that prepared answers were given to: `{capability, operation, params}`",
      effects: ["state"],
      example: "println(host_mock_calls())",
    },
    (_args, context) => answeredCalls(context),
  ),
  pure(
    {
      signature: "host_mock_clear()",
      summary: "Forget all prepared answers and the calls they were given to",
      effects: ["state"],
      example: "host_mock_clear()",
    },
    (_args, context) => {
      clearAnswers(context);
      return undefined;
    },
  ),
  pure(
    {
      signature: "host_mock_push_scope()",
      summary: "Set prepared answers and calls aside until host_mock_pop_scope",
      effects: ["state"],
      example: "host_mock_push_scope()\nhost_mock_pop_scope()",
    },
    (_args, context) => {
      openMockScope(context);
      return undefined;
    },
  ),
  pure(
    {
      signature: "host_mock_pop_scope()",
      summary: "Bring back what host_mock_push_scope set aside",
      effects: ["state"],
      errors: "Throws when nothing was set aside",
      example: "host_mock_push_scope()\nhost_mock_pop_scope()",
    },
    (_args, context) => {
      if (!closeMockScope(context)) throw thrown("host_mock_pop_scope: no scope to pop");
      return undefined;
    },
  ),
  effect(
    {
      signature: "host_tool_list() -> list<dict>",
      summary: "List the tools of the program that embeds the run: `{name, description, schema}`",
      effects: ["state"],
      example: "println(host_tool_list())",
    },
    async (_args, context) => {
      const tools = await hostBridge(context)?.listTools?.(context.signal);
      return new List((tools ?? []).map(jsonToValue));
    },
  ),
  effect(
    {
      signature: "host_tool_call(name: string, args?: any) -> any",
      summary: "Run a tool of the program that embeds the run",
      effects: ["state"],
      errors: "Throws without a name, and when no program embeds the run",
      example: 'println(is_err(try { host_tool_call("search", {}) }))',
    },
    async (args, context) => {
      const name = textArgument(args, 0);
      if (name === "") throw thrown("host_tool_call: tool name is required");
      const bridge = hostBridge(context);
      if (bridge?.callTool === undefined) throw thrown("host_tool_call: no host bridge is attached");
      return jsonToValue(await bridge.callTool(name, valueToJson(share(args[1])), context.signal));
    },
  ),
];
