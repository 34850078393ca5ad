/** `agent_loop`: a model that works with the tools of the program until it is done. */

import { type AgentLoopOptions, agentLoop, type CheckpointMoment, TurnError } from "../../agent/index.ts";
import { HarnError, isJsonObject, type Json } from "../../base/index.ts";
import { type AsyncContext, Dict, type HarnFailure, type Value } from "../../vm/index.ts";
import { type Builtin, effect } from "../builtin.ts";
import { commandPolicyArgument } from "../commands/command-scope.ts";
import { hostBridge } from "../host/host-state.ts";
import { answerValue } from "../llm/answer-value.ts";
import { LLM_STATE, llmState, modelFailure, openLlmState } from "../llm/run-state.ts";
import { idlePause } from "../steps/fire-hooks.ts";
import { bridgePorts } from "./bridge-ports.ts";
import { AGENT_LOOP_OPTION_NAMES, readAgentLoop } from "./loop-options.ts";
import { registryTools } from "./registry-tools.ts";
import { agentState, callerPurse, insideLoop, type LoopScope, loopScope } from "./run-state.ts";

async function runAgentLoop([prompt, system, given]: readonly Value[], context: AsyncContext): Promise<Value> {
  const options = given instanceof Dict ? given : new Dict(new Map());
  const { progress } = context;
  const kept = progress?.from === undefined ? undefined : readKept(progress.from);
  const opensModels = openModels(context, kept);
  const { sessions } = agentState(context);
  const scope: { -readonly [K in keyof LoopScope]: LoopScope[K] } = {
    sessionId: "",
    options: {} as AgentLoopOptions,
    tools: options.map.get("tools"),
  };
  const commandPolicy = loopCommandPolicy(options);
  if (commandPolicy !== undefined) scope.commandPolicy = commandPolicy;
  const inside = insideLoop(context, scope);
  let breach: HarnFailure | undefined;
  const { loop, sessionId } = readAgentLoop(
    { prompt, system, options },
    {
      outer: loopScope(context),
      context: inside,
      tools: registryTools(scope.tools, inside),
      onBreach: (failure) => {
        breach ??= failure;
      },
    },
  );
  const ports = bridgePorts(inside);
  const idling = loop.daemon === undefined ? {} : { idle: idlePause(inside) };
  const opened = sessionOf(sessionId.trim(), context);
  const session = kept?.session ?? opened;
  const known: KeptLoop = { session, opensModels };
  // A loop that goes on keeps its checkpoint again where it was, before it asks for anything.
  if (kept?.loop === undefined) await progress?.keep(() => known);
  const purse = callerPurse(context);
  scope.sessionId = session.id;
  scope.options = {
    ...loop,
    ...(purse === undefined ? {} : { purse }),
    session: { store: sessions, ...session },
    ...(loop.daemon === undefined && ports === undefined ? {} : { ports: { ...ports, ...idling } }),
    ...keptTurns(progress, known, kept?.loop),
  };
  const result = await asCaller(scope.sessionId, inside, () => agentLoop(scope.options));
  // What a step may spend is not the loop's business: it ends, and the step's boundary decides.
  if (breach !== undefined) throw breach;
  return answerValue(result as unknown as Json);
}

/** What a loop goes on from, besides its arguments. Without `loop` it had not begun. */
interface KeptLoop {
  readonly session: { readonly id: string; readonly anonymous: boolean };
  /** The run had called no model before, so the loop was the one to ask the host how models are set up. */
  readonly opensModels: boolean;
  readonly loop?: ReturnType<CheckpointMoment["split"]>;
}

/** Every turn is a place to go on from. */
function keptTurns(
  progress: AsyncContext["progress"],
  known: KeptLoop,
  from: KeptLoop["loop"],
): Pick<AgentLoopOptions, "onCheckpoint" | "from" | "record" | "clockGoesOn"> {
  if (progress === undefined) return {};
  return {
    // Where runs are restored the clock goes on; the log would not know of readings for checkpoints.
    clockGoesOn: true,
    onCheckpoint: (moment) => progress.keep((): KeptLoop => ({ ...known, loop: moment.split() })),
    ...(from === undefined ? {} : { from: from.checkpoint, record: from.record }),
  };
}

/** The loop checks its checkpoint itself. */
function readKept(kept: unknown): KeptLoop {
  const { session, opensModels, loop } = (isJsonObject(kept) ? kept : {}) as Partial<KeptLoop>;
  if (typeof session?.id !== "string" || typeof session.anonymous !== "boolean") {
    throw new HarnError("agent.checkpoint", "Expected what an `agent_loop` has kept, with its session");
  }
  return { session, opensModels: opensModels === true, ...(loop === undefined ? {} : { loop }) };
}

/**
 * What the model layer needs to know of the host is asked for once in a run. A loop that was the first to ask, and goes on
 * in a run that knows it already, asks again: its log has the answers, and they come before its own.
 *
 * @returns whether the loop is the first
 */
function openModels(context: AsyncContext, kept: KeptLoop | undefined): boolean {
  const { vm, host } = context;
  const isOpen = vm.state.has(LLM_STATE);
  if (isOpen && kept?.opensModels) openLlmState(vm, host, false);
  else llmState(context);
  return kept?.opensModels ?? !isOpen;
}

/** AGENT-08; RESET-04: inside an embedder a loop without a name goes on in the session around it, or keeps a new one. */
function sessionOf(named: string, context: AsyncContext): KeptLoop["session"] {
  if (named !== "") return { id: named, anonymous: false };
  const isEmbedded = hostBridge(context) !== undefined;
  const around = isEmbedded ? loopScope(context)?.sessionId : undefined;
  return { id: around ?? context.host.sync("id.next", { prefix: "agent_session" }), anonymous: !isEmbedded };
}

/** AGENT-21: `command_policy`, also as a field of `policy`. */
function loopCommandPolicy({ map }: Dict): Dict | undefined {
  const policy = map.get("policy");
  const given = map.get("command_policy") ?? (policy instanceof Dict ? policy.map.get("command_policy") : undefined);
  return given === undefined ? undefined : commandPolicyArgument("agent_loop", given);
}

/** While work on a session is under way, its subscribers are run by whoever does it. */
export async function asCaller<T>(sessionId: string, caller: AsyncContext, work: () => Promise<T>): Promise<T> {
  const { callers } = agentState(caller);
  const previous = callers.get(sessionId);
  callers.set(sessionId, caller);
  try {
    return await work();
  } finally {
    if (previous === undefined) callers.delete(sessionId);
    else callers.set(sessionId, previous);
  }
}

/** A loop's failure is the failure of its model call, as `llm_call` throws it. */
export function loopFailure(error: unknown): HarnFailure {
  return modelFailure(error instanceof TurnError ? (error.modelError ?? error) : error);
}

export const agentLoopBuiltins: readonly Builtin[] = [
  effect(
    {
      signature: "agent_loop(prompt: any, system?: string, options?: dict) -> dict",
      summary: "Let a model work with tools until it is done",
      options: AGENT_LOOP_OPTION_NAMES,
      effects: ["model"],
      errors: "Throws for options that cannot be read, and when the model fails for good",
      example: 'llm_mock({text: "Done."})\nprintln(agent_loop("Say done", nil, {provider: "mock"}).status)',
    },
    async (args, context) => {
      try {
        return await runAgentLoop(args, context);
      } catch (error) {
        throw loopFailure(error);
      }
    },
  ),
];
