/** Agents that work for the program or for another agent: their options, and one run of one. */

import {
  type AgentLoopOptions,
  intersectPolicies,
  NO_CEILING,
  type RuleOptions,
  runSubAgent,
  type SubAgentEnvelope,
  subAgentEnvelope,
} from "../../agent/index.ts";
import type { JsonObject } from "../../base/index.ts";
import {
  type AsyncContext,
  Dict,
  dictOf,
  display,
  type HarnFailure,
  List,
  RuntimeError,
  type Value,
} from "../../vm/index.ts";
import { field, intField, stringField } from "../arguments.ts";
import { dictToJson, valueToJson } from "../json/convert.ts";
import { boundRegistry } from "../tools/bound-registry.ts";
import { entriesOf, isRegistry, nameOf, withEntries } from "../tools/registry.ts";
import { asCaller } from "./agent-loop.ts";
import { AGENT_LOOP_OPTION_NAMES, readAgentLoop } from "./loop-options.ts";
import { registryTools } from "./registry-tools.ts";
import { agentState, callerPurse, insideLoop, type LoopScope, loopScope } from "./run-state.ts";

export interface SubAgentCall {
  readonly name: string;
  readonly task: string;
  readonly system: Value;
  /** Options of the loop, tools and rules included. */
  readonly options: Dict;
  readonly allowedTools: readonly string[];
  readonly sessionId: string;
  readonly schema: JsonObject | undefined;
  readonly wantsData: boolean;
}

/** Read by us, not by the loop. */
const OWN_KEYS = ["background", "carry", "returns", "allowed_tools", "name", "execution", "system", "session_id"];
/** Lists that say more of the task, for handles to show. */
const REQUEST_LISTS = ["research_questions", "action_items", "workflow_stages", "verification_steps"];

export const SUB_AGENT_OPTION_NAMES: readonly string[] = [
  ...new Set([...AGENT_LOOP_OPTION_NAMES, ...OWN_KEYS, "request", ...REQUEST_LISTS]),
];

export function readSubAgent(fn: string, taskValue: Value, given: Value, context: AsyncContext): SubAgentCall {
  const task = taskValue === undefined ? "" : display(taskValue);
  if (task.trim() === "") throw new RuntimeError("runtime", `${fn}: task is required`);
  if (given !== undefined && !(given instanceof Dict))
    throw new RuntimeError("runtime", `${fn}: options must be a dict`);
  const raw = given ?? new Dict(new Map());
  const allowedTools = toolNames(fn, raw.map.get("allowed_tools"));
  const options = new Map([...raw.map].filter(([key]) => !OWN_KEYS.includes(key)));
  const tools = selectedTools(fn, raw.map.get("tools") ?? boundRegistry(context), allowedTools);
  if (tools === undefined) options.delete("tools");
  else options.set("tools", tools);
  const schema = field(raw.map.get("returns"), "schema");
  const name = stringField(raw, "name")?.trim();
  return {
    name: name === undefined || name === "" ? "sub-agent" : name,
    task,
    system: stringField(raw, "system")?.trim() ? raw.map.get("system") : undefined,
    options: dictOf(options),
    allowedTools,
    sessionId: stringField(raw, "session_id")?.trim() || freshSessionId(context),
    schema: schema instanceof Dict ? dictToJson(schema) : undefined,
    wantsData:
      raw.map.get("response_format") === "json" ||
      ["output_format", "json_schema", "output_schema"].some((key) => raw.map.get(key) !== undefined),
  };
}

export function freshSessionId({ host }: Pick<AsyncContext, "host">): string {
  return host.sync("id.next", { prefix: "sub_agent_session" });
}

function toolNames(fn: string, value: Value): readonly string[] {
  if (value === undefined) return [];
  const items = value instanceof List ? value.items : undefined;
  if (items === undefined || !items.every((item) => typeof item === "string")) {
    throw new RuntimeError("runtime", `${fn}.allowed_tools: expected a list of strings`);
  }
  return [...new Set(items.map((item) => (item as string).trim()).filter((item) => item !== ""))];
}

function selectedTools(fn: string, tools: Value, allowed: readonly string[]): Value {
  if (tools === undefined || allowed.length === 0) return tools;
  if (!isRegistry(tools)) throw new RuntimeError("runtime", `${fn}: tools must be a tool registry`);
  return withEntries(
    tools,
    entriesOf(tools).filter((entry) => allowed.includes(nameOf(entry))),
  );
}

/**
 * Runs the agent to its end. Its failures are in the envelope; asking for more rights than the caller has is thrown.
 *
 * @param task in place of the call's own, for workers that get another one
 */
export async function runSubAgentCall(
  call: SubAgentCall,
  context: AsyncContext,
  task: string = call.task,
  sessionId: string = call.sessionId,
): Promise<SubAgentEnvelope> {
  const { sessions } = agentState(context);
  const outer = loopScope(context);
  const purse = callerPurse(context);
  const scope: { -readonly [K in keyof LoopScope]: LoopScope[K] } = {
    sessionId,
    options: {} as AgentLoopOptions,
    tools: call.options.map.get("tools"),
  };
  const inside = insideLoop(context, scope);
  let breach: HarnFailure | undefined;
  const { loop } = readAgentLoop(
    { prompt: task, system: call.system, options: call.options },
    {
      outer: undefined,
      context: inside,
      tools: registryTools(scope.tools, inside),
      onBreach: (failure) => {
        breach ??= failure;
      },
    },
  );
  const { host, session: _session, ...own } = loop;
  const parent = outer?.options ?? {
    host,
    prompt: "",
    model: loop.model,
    request: loop.request,
    session: { store: sessions },
  };
  const rules = withToolList(loop.rules, call.allowedTools);
  const outcome = await asCaller(sessionId, inside, () =>
    runSubAgent(parent, {
      ...own,
      ...(rules === undefined ? {} : { rules }),
      name: call.name,
      sessionId,
      signal: context.signal,
      ...(purse === undefined ? {} : { purse }),
      onStart: (options) => {
        scope.options = options;
      },
    }),
  );
  if (breach !== undefined) throw breach;
  const stored = sessions.snapshot(sessionId);
  const tokenBudget = intField(call.options, "token_budget");
  return subAgentEnvelope(outcome, {
    ...(call.schema === undefined ? {} : { schema: call.schema }),
    wantsData: call.wantsData,
    ...(tokenBudget === undefined ? {} : { tokenBudget }),
    ...(stored === undefined ? {} : { transcript: stored }),
  });
}

/** An agent that was given a list of tools may use those and no others, whatever it finds. */
function withToolList(rules: RuleOptions | undefined, allowed: readonly string[]): RuleOptions | undefined {
  if (allowed.length === 0) return rules;
  const limit = { ...NO_CEILING, tools: allowed };
  return { ...rules, policy: rules?.policy === undefined ? limit : intersectPolicies(rules.policy, limit) };
}

/** What was asked for, as handles show it. */
export function requestOf(call: SubAgentCall): JsonObject {
  const list = (key: string) => {
    const value = call.options.map.get(key);
    return value instanceof List ? value.items.map(valueToJson) : [];
  };
  const payload = call.options.map.get("request");
  return {
    task: call.task,
    system: call.system === undefined ? null : display(call.system),
    payload: payload === undefined ? null : valueToJson(payload),
    ...Object.fromEntries(REQUEST_LISTS.map((key) => [key, list(key)])),
  };
}
