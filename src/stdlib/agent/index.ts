/** Agents: loops around a model with tools. The agent layer does everything; here values are converted. */

import { type AgentLoopOptions, agentLoop, TurnError } from "../../agent/index.ts";
import type { Json } from "../../base/index.ts";
import { type AsyncContext, Dict, type Value } from "../../vm/index.ts";
import { type Builtin, effect } from "../builtin.ts";
import { answerValue } from "../llm/answer-value.ts";
import { llmState, modelFailure } from "../llm/run-state.ts";
import { readAgentLoop } from "./loop-options.ts";
import { registryTools } from "./registry-tools.ts";
import { agentState, insideLoop, type LoopScope, loopScope } from "./run-state.ts";

async function runAgentLoop([prompt, system, given]: readonly Value[], context: AsyncContext): Promise<Value> {
  const options = given instanceof Dict ? given : new Dict(new Map());
  const state = agentState(context);
  const outer = loopScope(context);
  const scope: { -readonly [K in keyof LoopScope]: LoopScope[K] } = {
    sessionId: "",
    options: {} as AgentLoopOptions,
    tools: options.map.get("tools"),
  };
  const inside = insideLoop(context, scope);
  const { loop, groups } = readAgentLoop(
    { prompt, system, options },
    { llm: llmState(context).context, state, outer, context: inside, tools: registryTools(scope.tools, inside) },
  );
  const wanted = groups.sessionId.trim();
  scope.sessionId = wanted === "" ? context.host.sync("id.next", { prefix: "agent_session" }) : wanted;
  const session = { store: state.sessions, id: scope.sessionId, anonymous: wanted === "" };
  scope.options = { ...loop, session };
  const previous = state.callers.get(scope.sessionId);
  state.callers.set(scope.sessionId, inside);
  try {
    return answerValue((await agentLoop(scope.options)) as unknown as Json);
  } finally {
    if (previous === undefined) state.callers.delete(scope.sessionId);
    else state.callers.set(scope.sessionId, previous);
  }
}

async function guardedLoop(args: readonly Value[], context: AsyncContext): Promise<Value> {
  try {
    return await runAgentLoop(args, context);
  } catch (error) {
    throw modelFailure(error instanceof TurnError ? (error.modelError ?? error) : error);
  }
}

const example = 'llm_mock({text: "Done."})\nprintln(agent_loop("Say done", nil, {provider: "mock"}).status)';

export const agentBuiltins: readonly Builtin[] = [
  effect(
    {
      signature: "agent_loop(prompt: any, system?: string, options?: dict) -> dict",
      summary: "Let a model work with tools until it is done",
      effects: ["model"],
      errors: "Throws for options that cannot be read, and when the model fails for good",
      example,
    },
    guardedLoop,
  ),
];
