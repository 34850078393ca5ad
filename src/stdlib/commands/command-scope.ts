/** The command policies around the code that runs, and the commands that pass them. */

import {
  blockedResult,
  type CommandHook,
  type CommandPolicy,
  type CommandVerdict,
  guardCommand,
  readCommandPolicy,
  reviewCommand,
} from "../../agent/index.ts";
import { isJsonObject, type JsonObject } from "../../base/index.ts";
import { type AsyncContext, Dict, isCallable, type Value } from "../../vm/index.ts";
import { agentState, loopScope } from "../agent/run-state.ts";
import { thrown } from "../arguments.ts";
import { dictToJson, jsonToValue, valueToJson } from "../json/convert.ts";
import { executionRoot } from "../paths/places.ts";
import { commandPolicies } from "./command-stack.ts";

const IN_HOOK = "commands.hook";

/** A policy that a program wrote, checked. @throws HarnError code `agent.option`; what is no dict is thrown as `who` */
export function commandPolicyArgument(who: string, value: Value): Dict {
  if (!(value instanceof Dict)) throw thrown(`${who}: command_policy must be a dict`);
  readCommandPolicy(plainPolicy(value));
  for (const name of ["pre", "post"]) {
    const hook = value.map.get(name);
    if (hook !== undefined && !isCallable(hook)) throw thrown(`${who}: command_policy.${name} must be a closure`);
  }
  return value;
}

/** A command that passed, and what becomes of its result; or the result of one that did not. */
export type GuardedCommand =
  | { readonly kind: "blocked"; readonly message: string; readonly result: Dict }
  | { readonly kind: "proceed"; readonly params: Dict; readonly finish: (result: Dict) => Promise<Dict> };

/** Undefined when there is no policy around. */
export async function guardedCommand(
  params: Dict,
  surface: string,
  context: AsyncContext,
): Promise<GuardedCommand | undefined> {
  const { task, host } = context;
  const stack = commandPolicies(task.context);
  if (stack.length === 0) return undefined;
  const policies = stack.map((policy) => policyOf(policy, context));
  const sessionId = loopScope(context)?.sessionId;
  const request = dictToJson(params);
  const verdict = await guardCommand(policies, request, {
    host,
    cwd: executionRoot(host),
    caller: { surface, capability: "process", operation: "exec", session_id: sessionId ?? null },
    fromHook: task.context.get(IN_HOOK) === true,
  });
  if (verdict.kind === "blocked") {
    return { kind: "blocked", message: verdict.message, result: asDict(blockedResult(verdict, host)) };
  }
  return {
    kind: "proceed",
    params: verdict.request === request ? params : asDict(verdict.request),
    finish: (result) => reviewed(policies, result, verdict, sessionId, context),
  };
}

async function reviewed(
  policies: readonly CommandPolicy[],
  result: Dict,
  { audit }: Extract<CommandVerdict, { kind: "proceed" }>,
  sessionId: string | undefined,
  context: AsyncContext,
): Promise<Dict> {
  const answer = await reviewCommand(policies, dictToJson(result), audit, ({ sessionId: named, kind, content }) => {
    const session = named ?? sessionId;
    if (session !== undefined) agentState(context).sessions.injectFeedback(session, { kind, content });
  });
  return asDict(answer);
}

function policyOf(policy: Dict, context: AsyncContext): CommandPolicy {
  const before = hookOf(policy, "pre", context);
  const after = hookOf(policy, "post", context);
  return readCommandPolicy(plainPolicy(policy), {
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
  });
}

/** Commands that a hook runs know that they are run by one. */
function hookOf(policy: Dict, name: string, context: AsyncContext): CommandHook | undefined {
  const closure = policy.map.get(name);
  if (!isCallable(closure)) return undefined;
  return async (shown) => {
    const inside = new Map(context.task.context).set(IN_HOOK, true);
    return valueToJson(await context.call(closure, [jsonToValue(shown)], { context: inside }));
  };
}

function plainPolicy(policy: Dict): JsonObject {
  const plain = new Map([...policy.map].filter(([, value]) => !isCallable(value)));
  return dictToJson(new Dict(plain));
}

function asDict(value: JsonObject): Dict {
  const converted = jsonToValue(value);
  return converted instanceof Dict ? converted : new Dict(new Map());
}

/** What a scan looks at: `{request: {argv | command, cwd}, workspace_roots?}`. */
export function scanContext(value: Value): JsonObject {
  const json = valueToJson(value);
  return isJsonObject(json) ? json : {};
}
