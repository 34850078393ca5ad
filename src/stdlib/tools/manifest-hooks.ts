/**
 * Hooks that a project declares in its `harn.toml`. Each handler gets one dict about the event, and says with its result
 * whether and how it changes things.
 *
 * Patterns are read over that dict: `*`, `path == "text"`, `path != "text"`, `path =~ "regex"`, a path alone (holds when
 * the value there is truthy), or a wildcard over the tool's name.
 */

import { matchesWildcard, type PreToolAction, type ToolHook } from "../../agent/index.ts";
import { isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import { parseHookEvent } from "../../steps/index.ts";
import {
  type AsyncContext,
  Dict,
  display,
  isCallable,
  type Native,
  RuntimeError,
  typeName,
  type Value,
} from "../../vm/index.ts";
import { agentState } from "../agent/run-state.ts";
import { jsonToValue, valueToJson } from "../json/convert.ts";
import { stepRuntime } from "../steps/step-state.ts";

export const MANIFEST_HOOK_EVENTS = [
  "PreToolUse",
  "PostToolUse",
  "PreAgentTurn",
  "PostAgentTurn",
  "PreStep",
  "PostStep",
] as const;

export type ManifestHookEvent = (typeof MANIFEST_HOOK_EVENTS)[number];

export interface ManifestHook {
  readonly event: ManifestHookEvent;
  readonly pattern: string;
  readonly handler: Value;
}

/** Called by the modules that the manifest's hooks become, before the program starts. */
export const manifestHookNative: Native = {
  kind: "pure",
  name: "__manifest_hook",
  impl([eventName, pattern, handler], context) {
    const event = MANIFEST_HOOK_EVENTS.find((known) => known === eventName);
    if (event === undefined || typeof pattern !== "string") throw new RuntimeError("runtime", "Malformed hook");
    if (!isCallable(handler)) {
      throw new RuntimeError(
        "runtime",
        `Expected the handler of a ${event} hook to be a function, got ${typeName(handler)}`,
      );
    }
    const parsed = parseHookEvent(event);
    if (parsed.ok) {
      stepRuntime(context.vm).hooks.register({ personaPattern: pattern, event: parsed.event, handler }, "manifest");
    } else agentState(context).manifestHooks.push({ event, pattern, handler });
    return undefined;
  },
};

/** The hooks around tools, as a loop takes them. */
export function manifestToolHooks(context: AsyncContext): readonly ToolHook[] {
  return agentState(context)
    .manifestHooks.map((hook) => toolHook(hook, context))
    .filter((hook) => hook !== undefined);
}

function toolHook(hook: ManifestHook, context: AsyncContext): ToolHook | undefined {
  switch (hook.event) {
    case "PreToolUse":
      return { pattern: "*", before: (name, args) => beforeTool(hook, { tool: { name, args } }, context) };
    case "PostToolUse":
      return {
        pattern: "*",
        after: (name, args, text) => afterTool(hook, { tool: { name, args }, result: { text } }, context),
      };
    case "PreAgentTurn":
    case "PostAgentTurn":
    case "PreStep":
    case "PostStep":
      return undefined;
  }
}

/** A listener of a loop's events that tells the hooks of its turns; what they answer does not matter. */
export function manifestTurnHooks(
  context: AsyncContext,
  sessionId: string,
): ((event: JsonObject) => Promise<void>) | undefined {
  const hooks = agentState(context).manifestHooks.filter(
    ({ event }) => event === "PreAgentTurn" || event === "PostAgentTurn",
  );
  if (hooks.length === 0) return undefined;
  return async ({ type, iteration = null, turn_info: info }) => {
    const event = type === "turn_start" ? "PreAgentTurn" : type === "turn_end" ? "PostAgentTurn" : undefined;
    const turn = event === "PostAgentTurn" && isJsonObject(info) ? info : { iteration };
    for (const hook of hooks) {
      if (hook.event === event) await ask(hook, { session: { id: sessionId }, turn }, context);
    }
  };
}

async function beforeTool(
  hook: ManifestHook,
  about: JsonObject,
  context: AsyncContext,
): Promise<PreToolAction | undefined> {
  const answer = await ask(hook, about, context);
  if (answer === undefined) return undefined;
  if (!(answer instanceof Dict)) throw wrongAnswer("PreToolUse hook must return nil or {deny, args}", answer);
  const deny = answer.map.get("deny");
  if (deny !== undefined && deny !== false) return { kind: "deny", reason: display(deny) };
  const args = answer.map.get("args");
  return args === undefined ? undefined : { kind: "modify", input: valueToJson(args) };
}

async function afterTool(hook: ManifestHook, about: JsonObject, context: AsyncContext): Promise<string | undefined> {
  const answer = await ask(hook, about, context);
  if (answer === undefined || typeof answer === "string") return answer;
  if (!(answer instanceof Dict)) throw wrongAnswer("PostToolUse hook must return nil, string, or {result}", answer);
  const result = answer.map.get("result");
  return result === undefined ? undefined : display(result);
}

async function ask(
  { event, pattern, handler }: ManifestHook,
  about: JsonObject,
  context: AsyncContext,
): Promise<Value> {
  const payload: JsonObject = { event, ...about };
  return matchesPayload(pattern, payload) ? context.call(handler, [jsonToValue(payload)]) : undefined;
}

function wrongAnswer(expected: string, got: Value): RuntimeError {
  return new RuntimeError("runtime", `${expected}, got ${typeName(got)}`);
}

export function matchesPayload(given: string, payload: JsonObject): boolean {
  const pattern = given.trim();
  if (pattern === "" || pattern === "*") return true;
  const compared = /^([^=!]*)(=~|==|!=)(.*)$/s.exec(pattern);
  if (compared !== null) {
    const [, path = "", operator = "", wanted = ""] = compared;
    const found = asText(valueAt(payload, path.trim()));
    const text = unquoted(wanted.trim());
    if (operator === "=~") return matchesRegex(text, found);
    return (found === text) === (operator === "==");
  }
  if (pattern.includes(".")) return isTruthy(valueAt(payload, pattern));
  return matchesWildcard(pattern, asText(valueAt(payload, "tool.name")));
}

/** A pattern that is no regex matches nothing it could let through: hooks refuse, so it counts as a match. */
function matchesRegex(pattern: string, text: string): boolean {
  let regex: RegExp;
  try {
    regex = new RegExp(pattern, "u");
  } catch {
    return true;
  }
  return regex.test(text);
}

function valueAt(payload: JsonObject, path: string): Json | undefined {
  let value: Json | undefined = payload;
  for (const key of path.split(".")) {
    value = isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  }
  return value;
}

function asText(value: Json | undefined): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function unquoted(text: string): string {
  return /^(["'])(.*)\1$/s.exec(text)?.[2] ?? text;
}

function isTruthy(value: Json | undefined): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isJsonObject(value)) return Object.keys(value).length > 0;
  return Boolean(value);
}
