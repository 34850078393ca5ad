/** What a loop asks the program that embeds the run (RESET-03, POLICY-06). */

import type { AgentPorts, PermissionQuestion } from "../../agent/index.ts";
import type { JsonObject } from "../../base/index.ts";
import type { AsyncContext } from "../../vm/index.ts";
import { hostBridge, preparedAnswer, preparedOperations } from "../host/host-state.ts";
import { jsonToDict, valueToJson } from "../json/convert.ts";
import { fireHooks, pausedFor } from "../steps/fire-hooks.ts";

/** Undefined when nobody embeds the run and no answer is prepared: what needs an approval is refused then. */
export function bridgePorts(context: AsyncContext): AgentPorts | undefined {
  const isPrepared = preparedOperations(context).some(
    ([capability, operation]) => capability === "session" && operation === "request_permission",
  );
  if (hostBridge(context)?.call === undefined && !isPrepared) return undefined;
  return { requestPermission: (question) => askPermission(question, context) };
}

/**
 * `{granted: true, args?}` allows, perhaps with other arguments; everything else, silence too, refuses, and so does a hook
 * that throws (HOOK-06).
 */
async function askPermission(question: PermissionQuestion, context: AsyncContext): Promise<unknown> {
  const { toolName: action, rawInput: args } = question.toolCall;
  await fireHooks(context, "OnApprovalRequested", { kind: "tool", action, args, quorum: 1, reviewers: [] });
  return pausedFor(context, "approval", { action }, () => askHost(question, context));
}

async function askHost(question: PermissionQuestion, context: AsyncContext): Promise<unknown> {
  const params: JsonObject = { ...question };
  const prepared = preparedAnswer(context, "session", "request_permission", jsonToDict(params));
  if (prepared !== undefined) return valueToJson(prepared.result);
  return hostBridge(context)?.call?.("session", "request_permission", params, context.signal);
}
