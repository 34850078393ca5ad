/**
 * Rules about single calls, with a way to ask for an exception (POLICY-07).
 *
 * A rule is a wildcard over tool names and a matcher over the arguments. Deny wins over allow; with an allow list
 * whatever is not on it is denied. A denied call may be escalated, and the exception may hold once or for the session.
 */

import { isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import type { ToolInvocation } from "../tools/tool-runtime.ts";
import type { Awaitable, Policy } from "../turn/policy.ts";
import { denyCall } from "./denial.ts";
import {
  expected,
  isAbsent,
  optionError,
  readDict,
  readFunction,
  readString,
  refuseUnknownKeys,
} from "./read-options.ts";
import { type Recorder, SILENT_RECORDER, type TranscriptNote } from "./recorder.ts";
import { stableJson } from "./stable-json.ts";
import { matchesAny, matchesWildcard } from "./wildcard.ts";

export interface Permissions {
  readonly allow: readonly PermissionRule[];
  readonly deny: readonly PermissionRule[];
  readonly onEscalation?: (request: PermissionRequest) => Awaitable<unknown>;
}

export interface PermissionRule {
  readonly tool: string;
  readonly matcher: PermissionMatcher;
}

export type PermissionMatcher =
  | { readonly kind: "always"; readonly matches: boolean }
  /** One of the patterns must match one of the strings anywhere in the arguments. */
  | { readonly kind: "patterns"; readonly patterns: readonly string[] }
  | { readonly kind: "keyed"; readonly key: string; readonly patterns: readonly string[] }
  | { readonly kind: "predicate"; readonly test: (input: Json) => Awaitable<unknown> };

export interface PermissionRequest extends JsonObject {
  readonly _type: "PermissionRequest";
  readonly tool: string;
  readonly args: Json;
  readonly session_id: string;
  readonly reason: string;
  readonly grant_options: readonly ["once", "session", false];
}

/** @throws HarnError `agent.option` */
export function readPermissions(value: unknown, name = "permissions"): Permissions | undefined {
  const dict = readDict(name, value);
  if (dict === undefined) return undefined;
  refuseUnknownKeys(name, dict, ["allow", "deny", "on_escalation"]);
  const onEscalation = readFunction<NonNullable<Permissions["onEscalation"]>>(
    `${name}.on_escalation`,
    dict["on_escalation"],
  );
  return {
    allow: readRules(`${name}.allow`, dict["allow"]),
    deny: readRules(`${name}.deny`, dict["deny"]),
    ...(onEscalation === undefined ? {} : { onEscalation }),
  };
}

function readRules(name: string, value: unknown): readonly PermissionRule[] {
  if (isAbsent(value)) return [];
  if (Array.isArray(value)) {
    return value.map((tool): PermissionRule => {
      if (typeof tool !== "string" || tool.trim() === "") throw expected(name, "a list of tool names", tool);
      return { tool: tool.trim(), matcher: { kind: "always", matches: true } };
    });
  }
  if (!isJsonObject(value)) throw expected(name, "a list or a dict", value);
  return Object.entries(value).map(([tool, matcher]) => ({ tool, matcher: readMatcher(`${name}.${tool}`, matcher) }));
}

function readMatcher(name: string, value: unknown): PermissionMatcher {
  if (isAbsent(value)) return { kind: "always", matches: true };
  if (typeof value === "boolean") return { kind: "always", matches: value };
  if (typeof value === "function") return { kind: "predicate", test: value as (input: Json) => unknown };
  if (typeof value === "string" || Array.isArray(value))
    return { kind: "patterns", patterns: readPatterns(name, value) };
  if (!isJsonObject(value)) throw expected(name, "a pattern, a list of patterns, a bool, a closure or a dict", value);
  const key = readString(`${name}.arg_key`, value["arg_key"] ?? value["key"]);
  const patterns = value["patterns"] ?? value["arg_patterns"] ?? value["allow"];
  if (key === undefined || key.trim() === "" || isAbsent(patterns)) {
    throw optionError(`Expected \`${name}\` to have \`arg_key\` and \`patterns\``);
  }
  return { kind: "keyed", key, patterns: readPatterns(`${name}.patterns`, patterns) };
}

function readPatterns(name: string, value: unknown): readonly string[] {
  const list = typeof value === "string" ? [value] : value;
  if (!Array.isArray(list) || !list.every((item) => typeof item === "string"))
    throw expected(name, "a string or a list of strings", value);
  return list as readonly string[];
}

export interface PermissionGateOptions {
  readonly sessionId?: string;
  readonly recorder?: Recorder;
  /** Grants for the session, kept by whoever keeps the session. */
  readonly grants?: Set<string>;
}

/** @param scopes outermost first; every one of them must let the call through */
export function permissionGate(scopes: readonly Permissions[], options: PermissionGateOptions = {}): Policy {
  const recorder = options.recorder ?? SILENT_RECORDER;
  const grants = options.grants ?? new Set<string>();
  return {
    name: "permissions",
    async gate(_turn, call) {
      for (const [index, scope] of scopes.entries()) {
        const check = await checkScope(scope, index, call, options.sessionId ?? "", grants);
        if (check.escalated) recorder.transcript(permissionNote("PermissionEscalation", call, check.reason, true));
        const kind = check.granted ? "PermissionGrant" : "PermissionDeny";
        if (!check.granted || index === scopes.length - 1)
          recorder.transcript(permissionNote(kind, call, check.reason, check.escalated));
        if (!check.granted) return denyCall(call.name, check.reason);
      }
      return undefined;
    },
  };
}

interface PermissionCheck {
  readonly granted: boolean;
  readonly escalated: boolean;
  readonly reason: string;
}

async function checkScope(
  scope: Permissions,
  index: number,
  call: ToolInvocation,
  sessionId: string,
  grants: Set<string>,
): Promise<PermissionCheck> {
  const grantKey = `${index}:${call.name}:${stableJson(call.input)}`;
  if (grants.has(grantKey)) return { granted: true, escalated: false, reason: "session grant" };
  const refusal = await refusalReason(scope, call);
  if (refusal === undefined) return { granted: true, escalated: false, reason: "permission allow rule matched" };
  if (scope.onEscalation === undefined) return { granted: false, escalated: false, reason: refusal };
  const answer = readEscalation(
    await scope.onEscalation({
      _type: "PermissionRequest",
      tool: call.name,
      args: call.input,
      session_id: sessionId,
      reason: refusal,
      grant_options: ["once", "session", false],
    }),
  );
  if (answer.scope === "session") grants.add(grantKey);
  const granted = answer.scope !== undefined;
  return {
    granted,
    escalated: true,
    reason: answer.reason ?? `permission escalation ${granted ? "granted" : "denied"}`,
  };
}

async function refusalReason(scope: Permissions, call: ToolInvocation): Promise<string | undefined> {
  const denied = await firstMatch(scope.deny, call);
  if (denied !== undefined) return `permission denied by deny rule: ${denied.tool}`;
  if (scope.allow.length === 0 || (await firstMatch(scope.allow, call)) !== undefined) return undefined;
  return `permission denied: tool '${call.name}' is not allowed by this agent's permissions`;
}

async function firstMatch(rules: readonly PermissionRule[], call: ToolInvocation): Promise<PermissionRule | undefined> {
  for (const rule of rules) {
    if (matchesWildcard(rule.tool, call.name) && (await matchesInput(rule.matcher, call.input))) return rule;
  }
  return undefined;
}

async function matchesInput(matcher: PermissionMatcher, input: Json): Promise<boolean> {
  switch (matcher.kind) {
    case "always":
      return matcher.matches;
    case "patterns": {
      const strings = stringsIn(input);
      return (strings.length > 0 ? strings : [JSON.stringify(input)]).some((text) =>
        matchesAny(matcher.patterns, text),
      );
    }
    case "keyed": {
      const value = isJsonObject(input) ? input[matcher.key] : undefined;
      return typeof value === "string" && matchesAny(matcher.patterns, value);
    }
    case "predicate":
      return isTruthy(await matcher.test(input));
  }
}

function stringsIn(value: Json | undefined): readonly string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(stringsIn);
  return isJsonObject(value) ? Object.values(value).flatMap(stringsIn) : [];
}

function isTruthy(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isJsonObject(value)) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** `true`, `"once"`, `"session"`, or `{grant | granted, reason?}`; anything unclear is an error, not a grant. */
function readEscalation(answer: unknown): { scope: "once" | "session" | undefined; reason?: string } {
  if (isAbsent(answer) || answer === false) return { scope: undefined };
  if (answer === true) return { scope: "once" };
  if (answer === "once" || answer === "session") return { scope: answer };
  if (!isJsonObject(answer)) throw expected("on_escalation", "false, true, 'once', 'session' or {grant}", answer);
  const reason = answer["reason"];
  const { scope } = readEscalation(answer["grant"] ?? answer["granted"] ?? false);
  return { scope, ...(typeof reason === "string" && reason !== "" ? { reason } : {}) };
}

export function permissionNote(
  kind: "PermissionGrant" | "PermissionDeny" | "PermissionEscalation",
  call: ToolInvocation,
  reason: string,
  escalated: boolean,
): TranscriptNote {
  return {
    kind,
    role: "tool",
    visibility: "internal",
    text: reason,
    metadata: { tool_name: call.name, arguments: call.input, reason, escalated },
  };
}
