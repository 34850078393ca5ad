/**
 * The options dict of `agent_loop` as the agent layer takes it. One dict holds the options of the loop and those of its
 * model calls (AGENT-23); each layer reads its own.
 */

import {
  type AgentLoopOptions,
  intersectPolicies,
  LOOP_OPTION_NAMES,
  type RequestSettings,
  type RuleOptions,
  readLoopOptions,
  readMessageDicts,
  type SchemaRetryOptions,
  type ToolRuntime,
  withinLimits,
} from "../../agent/index.ts";
import type { JsonObject } from "../../base/index.ts";
import {
  buildModelInput,
  CALL_OPTION_NAMES,
  type CallOptions,
  costOfTokens,
  extractJsonText,
  outputSchema,
  parseJson,
  pipelineClient,
  readCallOptions,
} from "../../llm/index.ts";
import { type AsyncContext, type Dict, display, type HarnFailure, type Value } from "../../vm/index.ts";
import { optionsOf } from "../llm/run-state.ts";
import { chargedClient, stepLlmContext } from "../steps/charge.ts";
import { stepScope } from "../steps/step-state.ts";
import { loopToolHooks } from "../tools/hook-builtins.ts";
import { manifestToolHooks, manifestTurnHooks } from "../tools/manifest-hooks.ts";
import { requestSettings } from "./compaction-request.ts";
import { loopSkills } from "./loop-skills.ts";
import { toolDeclarations } from "./registry-tools.ts";
import { promptRenderer } from "./render-prompt.ts";
import type { LoopScope } from "./run-state.ts";

/** Read here and by the builtin itself, as values of the program. */
const OWN_OPTION_NAMES = ["command_policy", "policy", "skill_match", "skills", "tools", "working_files"];

export const AGENT_LOOP_OPTION_NAMES: readonly string[] = [
  ...new Set([...CALL_OPTION_NAMES, ...LOOP_OPTION_NAMES, ...OWN_OPTION_NAMES]),
];

export interface LoopArguments {
  readonly prompt: Value;
  readonly system: Value;
  readonly options: Dict;
}

export interface LoopRequest {
  readonly outer: LoopScope | undefined;
  /** Runs closures inside the loop. */
  readonly context: AsyncContext;
  readonly tools: ToolRuntime | undefined;
  /** Told when the loop has used up the budget of the step that it runs in. */
  readonly onBreach: (breach: HarnFailure) => void;
}

/** Everything but what the builtin itself adds. @throws HarnError for options that cannot be read */
export function readAgentLoop(
  { prompt, system, options }: LoopArguments,
  { outer, context, tools, onBreach }: LoopRequest,
): { readonly loop: AgentLoopOptions; readonly sessionId: string } {
  const plain = plainOptions(options, context);
  const llm = stepLlmContext(context);
  const call = readCallOptions(llm, textOf(prompt), textOf(system), {
    ...plain,
    ...declared(options),
    tool_format: plain["tool_format"] ?? "text",
  });
  const renderPrompt = promptRenderer(context);
  const { schemaRetries, schemaNudge, sessionId, retry, flow, toolUse, ...groups } = readLoopOptions(plain, {
    model: call.model,
    costUsd: (input, output) => costOfTokens(llm.catalog, call.model, input, output),
    display: (value) => (typeof value === "string" ? value : JSON.stringify(value)),
    ...(renderPrompt === undefined ? {} : { renderPrompt }),
  });
  const schema = schemaRetry(call, schemaRetries, schemaNudge);
  const rules = nestedRules(outer?.options.rules, groups.rules);
  const skills = loopSkills(options, options.map.get("tools"), context);
  const search = clientSearch(call);
  const toolChoice = call.toolChoice;
  const onEvent = manifestTurnHooks(context, sessionId);
  // MOCK-14: nobody waits for scripted answers.
  const isMocked = llm.clients.mock?.intercepts(call.provider) === true;
  const loop: AgentLoopOptions = {
    host: context.host,
    ...conversation(call),
    request: loopRequest(call),
    model: ({ iteration, attempt, maxRetries }) =>
      chargedClient(
        context,
        (charged) =>
          pipelineClient(charged, {
            limits: call.limits,
            iteration,
            attempt,
            maxRetries,
            toolFormat: call.toolFormat,
            userVisible: call.userVisible,
            ...(call.budget === undefined ? {} : { budget: call.budget }),
          }),
        onBreach,
      ),
    ...groups,
    ...(flow === undefined ? {} : { flow }),
    toolUse: {
      ...toolUse,
      hooks: [...manifestToolHooks(context), ...loopToolHooks(context)],
      ...(search === undefined ? {} : { search }),
    },
    retry: { ...retry, ...(isMocked ? { llmBackoffMs: 0 } : {}), ...(schema === undefined ? {} : { schema }) },
    ...(rules === undefined ? {} : { rules }),
    ...(skills === undefined ? {} : { skills }),
    ...(tools === undefined ? {} : { tools: withLoaded(tools, call.toolSearch?.alwaysLoaded ?? []) }),
    ...(toolChoice === undefined ? {} : { toolChoice }),
    ...(onEvent === undefined ? {} : { onEvent }),
    signal: context.signal,
  };
  // STEP-65: the stage around limits the loop as well.
  return { loop: withinLimits(loop, stepScope(context).policy), sessionId };
}

/** The last user message is what the loop is asked; what comes before it is history. */
function conversation(
  call: CallOptions,
): Pick<AgentLoopOptions, "prompt" | "attachments" | "priorMessages" | "system"> {
  const said = readMessageDicts(call.messageList);
  const { system } = buildModelInput(call, call.messageList, call.system);
  const last = said.at(-1);
  const isQuestion = last?.role === "user";
  const prior = isQuestion ? said.slice(0, -1) : said;
  return {
    prompt: isQuestion ? last.content : "",
    ...(isQuestion && last.attachments !== undefined ? { attachments: last.attachments } : {}),
    ...(prior.length === 0 ? {} : { priorMessages: prior }),
    ...(system === undefined ? {} : { system }),
  };
}

/** Text mode sends no tools, so the provider cannot search them for us. */
function loopRequest(call: CallOptions): RequestSettings {
  const { toolSearch, ...request } = requestSettings(call);
  return call.toolFormat === "native" && toolSearch !== undefined ? { ...request, toolSearch } : request;
}

/** OPT-24: our own search, unless the provider has one and the call can use it. */
function clientSearch(call: CallOptions): NonNullable<AgentLoopOptions["toolUse"]>["search"] {
  const { toolSearch } = call;
  if (toolSearch === undefined || loopRequest(call).toolSearch !== undefined) return undefined;
  const { name, strategy, budgetTokens, includeStubListing } = toolSearch;
  return {
    name,
    strategy:
      strategy === "bm25" || strategy === "regex"
        ? strategy
        : () => ({
            names: [],
            diagnostic: `tool_search strategy "${strategy}" needs a host that searches; none is connected. Use bm25 or regex`,
          }),
    listStubs: includeStubListing,
    ...(budgetTokens === undefined ? {} : { budgetTokens }),
  };
}

/** Tools that a search never hides. */
function withLoaded(tools: ToolRuntime, names: readonly string[]): ToolRuntime {
  if (names.length === 0) return tools;
  return {
    ...tools,
    specs: () =>
      tools.specs().map((spec) => {
        const { deferred: _deferred, ...loaded } = spec;
        return names.includes(spec.name) ? loaded : spec;
      }),
  };
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
function nestedRules(outer: RuleOptions | undefined, own: RuleOptions | undefined): RuleOptions | undefined {
  if (outer === undefined) return own;
  const ceilings = [outer.ceiling, outer.policy].filter((policy) => policy !== undefined);
  return {
    ...(own?.policy === undefined ? {} : { policy: own.policy }),
    ...(ceilings.length === 0 ? {} : { ceiling: ceilings.reduce(intersectPolicies) }),
    approvals: [...(outer.approvals ?? []), ...(own?.approvals ?? [])],
    permissions: [...(outer.permissions ?? []), ...(own?.permissions ?? [])],
  };
}
