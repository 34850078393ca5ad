/**
 * The options dict of `agent_loop` as the agent layer takes it. One dict holds the options of the loop and those of its
 * model calls (AGENT-23); each layer reads its own.
 */

import {
  type AgentLoopOptions,
  intersectPolicies,
  type LoopOptionGroups,
  type RuleOptions,
  readLoopOptions,
  readMessageDicts,
  type SchemaRetryOptions,
  type ToolRuntime,
} from "../../agent/index.ts";
import type { JsonObject } from "../../base/index.ts";
import {
  buildModelInput,
  type CallOptions,
  costOfTokens,
  extractJsonText,
  type LlmContext,
  outputSchema,
  parseJson,
  pipelineClient,
  readCallOptions,
} from "../../llm/index.ts";
import { type AsyncContext, type Dict, display, type Value } from "../../vm/index.ts";
import { optionsOf } from "../llm/run-state.ts";
import { toolDeclarations } from "./registry-tools.ts";
import type { AgentRunState, LoopScope } from "./run-state.ts";

export interface LoopArguments {
  readonly prompt: Value;
  readonly system: Value;
  readonly options: Dict;
}

export interface LoopRequest {
  readonly llm: LlmContext;
  readonly state: AgentRunState;
  readonly outer: LoopScope | undefined;
  /** Runs closures inside the loop. */
  readonly context: AsyncContext;
  readonly tools: ToolRuntime | undefined;
}

/** Everything but what the builtin itself adds. @throws HarnError for options that cannot be read */
export function readAgentLoop(
  { prompt, system, options }: LoopArguments,
  { llm, outer, context, tools }: LoopRequest,
): { readonly loop: AgentLoopOptions; readonly groups: LoopOptionGroups; readonly call: CallOptions } {
  const plain = plainOptions(options, context);
  const call = readCallOptions(llm, textOf(prompt), textOf(system), {
    ...plain,
    ...declared(options),
    tool_format: plain["tool_format"] ?? "text",
  });
  const groups = readLoopOptions(plain, {
    model: call.model,
    costUsd: (input, output) => costOfTokens(llm.catalog, call.model, input, output),
    display: (value) => (typeof value === "string" ? value : JSON.stringify(value)),
  });
  const { schemaRetries, schemaNudge, sessionId: _id, retry, ...rest } = groups;
  const schema = schemaRetry(call, schemaRetries, schemaNudge);
  const rules = nestedRules(outer?.options.rules, groups.rules);
  const {
    messages,
    system: wholeSystem,
    tools: _tools,
    toolChoice,
    ...request
  } = buildModelInput(call, call.messageList, call.system);
  const said = readMessageDicts(call.messageList);
  const last = said.at(-1);
  const loop: AgentLoopOptions = {
    host: context.host,
    prompt: last?.role === "user" ? last.content : "",
    ...(last?.role === "user" && last.attachments !== undefined ? { attachments: last.attachments } : {}),
    ...(said.length > 1 ? { priorMessages: said.slice(0, -1) } : {}),
    ...(wholeSystem === undefined ? {} : { system: wholeSystem }),
    request,
    model: ({ iteration, attempt, maxRetries }) =>
      pipelineClient(llm, {
        limits: call.limits,
        iteration,
        attempt,
        maxRetries,
        toolFormat: call.toolFormat,
        userVisible: call.userVisible,
        ...(call.budget === undefined ? {} : { budget: call.budget }),
      }),
    ...rest,
    retry: { ...retry, ...(schema === undefined ? {} : { schema }) },
    ...(rules === undefined ? {} : { rules }),
    ...(tools === undefined ? {} : { tools }),
    ...(toolChoice === undefined ? {} : { toolChoice }),
    signal: context.signal,
  };
  return { loop, groups, call };
}

/** Options as plain data; tools and skills keep their functions and are read by whoever runs those. */
function plainOptions(options: Dict, context: AsyncContext): Readonly<Record<string, unknown>> {
  const entries = [...options.map].filter(([key]) => key !== "tools" && key !== "skills");
  return Object.fromEntries(
    entries.map(([key, value]) => [key, value === undefined ? null : optionsOf(value, context)]),
  );
}

function declared(options: Dict): JsonObject {
  const tools = toolDeclarations(options.map.get("tools"));
  return tools === undefined ? {} : { tools };
}

function textOf(value: Value): string | undefined {
  return value === undefined ? undefined : display(value);
}

/** AGENT-18: the check of structured answers, when a schema was given and may be asked for again. */
function schemaRetry(
  call: CallOptions,
  retries: number,
  nudge: SchemaRetryOptions["nudge"],
): SchemaRetryOptions | undefined {
  if (retries === 0 || call.outputSchema === undefined) return undefined;
  const schema = outputSchema(call.outputSchema);
  return {
    retries,
    nudge,
    ...(schema.jsonSchema === undefined ? {} : { jsonSchema: schema.jsonSchema }),
    async check(text) {
      const data = parseJson(extractJsonText(text));
      if (data === undefined) return ["at root: the answer holds no JSON"];
      const checked = await schema.check(data);
      return checked.ok ? [] : checked.errors;
    },
  };
}

/** POLICY-02: what holds around a loop holds inside it as well. */
export function nestedRules(outer: RuleOptions | undefined, own: RuleOptions | undefined): RuleOptions | undefined {
  if (outer === undefined) return own;
  const ceilings = [outer.ceiling, outer.policy].filter((policy) => policy !== undefined);
  return {
    ...(own?.policy === undefined ? {} : { policy: own.policy }),
    ...(ceilings.length === 0 ? {} : { ceiling: ceilings.reduce(intersectPolicies) }),
    approvals: [...(outer.approvals ?? []), ...(own?.approvals ?? [])],
    permissions: [...(outer.permissions ?? []), ...(own?.permissions ?? [])],
  };
}
