/** Which tools run by themselves, which never, and for which somebody is asked (POLICY-05, POLICY-06). */

import { isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import { thrownText } from "../tools/outcome.ts";
import type { ToolInvocation } from "../tools/tool-runtime.ts";
import type { Awaitable, Policy } from "../turn/policy.ts";
import { denyCall } from "./denial.ts";
import { permissionNote } from "./permissions.ts";
import { readDict, readStrings, refuseUnknownKeys } from "./read-options.ts";
import { type Recorder, SILENT_RECORDER } from "./recorder.ts";
import { declaredPaths, type ToolAnnotations } from "./tool-annotations.ts";
import { matchesAny, matchesWildcard, normalizePath } from "./wildcard.ts";

/** Wildcards throughout. */
export interface ApprovalPolicy {
  readonly autoApprove: readonly string[];
  readonly autoDeny: readonly string[];
  readonly requireApproval: readonly string[];
  readonly writePathAllowlist: readonly string[];
}

export type ApprovalDecision =
  | { readonly kind: "approved" }
  | { readonly kind: "denied"; readonly reason: string }
  | { readonly kind: "ask" };

/** @throws HarnError `agent.option`: a malformed policy is never a permissive one (llm 34.30) */
export function readApprovalPolicy(value: unknown, name = "approval_policy"): ApprovalPolicy | undefined {
  const dict = readDict(name, value);
  if (dict === undefined) return undefined;
  refuseUnknownKeys(name, dict, ["auto_approve", "auto_deny", "require_approval", "write_path_allowlist"]);
  const patterns = (key: string) => readStrings(`${name}.${key}`, dict[key]) ?? [];
  return {
    autoApprove: patterns("auto_approve"),
    autoDeny: patterns("auto_deny"),
    requireApproval: patterns("require_approval"),
    writePathAllowlist: patterns("write_path_allowlist"),
  };
}

/** The stricter of the two in every respect; an empty approve or path list adopts the other's. */
export function intersectApprovals(one: ApprovalPolicy, other: ApprovalPolicy): ApprovalPolicy {
  return {
    autoApprove: common(one.autoApprove, other.autoApprove),
    autoDeny: [...one.autoDeny, ...other.autoDeny],
    requireApproval: [...one.requireApproval, ...other.requireApproval],
    writePathAllowlist: commonPaths(one.writePathAllowlist, other.writePathAllowlist),
  };
}

function common(one: readonly string[], other: readonly string[]): readonly string[] {
  if (one.length === 0) return other;
  return other.length === 0 ? one : one.filter((pattern) => other.includes(pattern));
}

/** Two lists without a common entry allow nothing, where an empty list would allow everything. */
function commonPaths(one: readonly string[], other: readonly string[]): readonly string[] {
  const both = common(one, other);
  return both.length === 0 && one.length > 0 ? [NO_PATH] : both;
}

/** A pattern that no path matches. */
const NO_PATH = "\u0000";

/** `auto_deny`, then the write paths, then `auto_approve`, then `require_approval`; nothing matched: approved. */
export function evaluateApproval(
  policy: ApprovalPolicy,
  tool: string,
  input: Json,
  annotations?: ToolAnnotations,
): ApprovalDecision {
  const denied = policy.autoDeny.find((pattern) => matchesWildcard(pattern, tool));
  if (denied !== undefined) return { kind: "denied", reason: `tool '${tool}' matches deny pattern '${denied}'` };
  if (policy.writePathAllowlist.length > 0 && !isHarmless(annotations)) {
    const outside = declaredPaths(annotations, input).find(
      (path) => !matchesAny(policy.writePathAllowlist, normalizePath(path)),
    );
    if (outside !== undefined) {
      return { kind: "denied", reason: `tool '${tool}' targets '${outside}' which is not in the write-path allowlist` };
    }
  }
  if (matchesAny(policy.autoApprove, tool)) return { kind: "approved" };
  return matchesAny(policy.requireApproval, tool) ? { kind: "ask" } : { kind: "approved" };
}

function isHarmless(annotations: ToolAnnotations | undefined): boolean {
  const kind = annotations?.kind;
  return kind === "read" || kind === "search" || kind === "think" || kind === "fetch";
}

/** What the host is asked; it may show it to a person. */
export interface PermissionQuestion {
  readonly sessionId: string;
  readonly toolCall: { readonly toolCallId: string; readonly toolName: string; readonly rawInput: Json };
  readonly declaredPaths: readonly string[];
  readonly capabilitiesRequested: readonly string[];
}

/** `session/request_permission`. Anything but a clear yes is a no. */
export type PermissionPort = (question: PermissionQuestion) => Awaitable<unknown>;

export interface ApprovalGateOptions {
  readonly sessionId?: string;
  readonly annotations?: Readonly<Record<string, ToolAnnotations>>;
  /** Absent: what needs approval is refused. */
  readonly ask?: PermissionPort | undefined;
  readonly recorder?: Recorder;
}

/** Asks, allows or refuses each call before it runs, as the policy says. */
export function approvalGate(policy: ApprovalPolicy, options: ApprovalGateOptions = {}): Policy {
  const recorder = options.recorder ?? SILENT_RECORDER;
  const refuse = (call: ToolInvocation, reason: string) => {
    recorder.transcript(permissionNote("PermissionDeny", call, reason, false));
    return denyCall(call.name, reason);
  };
  return {
    name: "approval-policy",
    async gate(_turn, call) {
      const annotations = options.annotations?.[call.name];
      const decision = evaluateApproval(policy, call.name, call.input, annotations);
      switch (decision.kind) {
        case "approved":
          return undefined;
        case "denied":
          return refuse(call, decision.reason);
        case "ask": {
          if (options.ask === undefined) return refuse(call, "approval required but no host is there to ask");
          const answer = await askHost(options.ask, questionFor(call, options.sessionId ?? "", annotations));
          if (!answer.granted) return refuse(call, answer.reason);
          recorder.transcript({
            kind: "tool_execution",
            role: "tool",
            visibility: "internal",
            text: "",
            metadata: { tool_name: call.name, tool_use_id: call.id, approval: "host_granted" },
          });
          return answer.input === undefined ? undefined : { kind: "modify", input: answer.input };
        }
      }
    },
  };
}

function questionFor(
  call: ToolInvocation,
  sessionId: string,
  annotations: ToolAnnotations | undefined,
): PermissionQuestion {
  const operations = Object.entries(annotations?.capabilities ?? {}).flatMap(([capability, ops]) =>
    ops.map((op) => `${capability}.${op}`),
  );
  return {
    sessionId,
    toolCall: { toolCallId: call.id, toolName: call.name, rawInput: call.input },
    declaredPaths: declaredPaths(annotations, call.input),
    capabilitiesRequested: operations.length > 0 ? operations.sort() : [`tool.${call.name}`],
  };
}

type HostAnswer = { granted: true; input: Json | undefined } | { granted: false; reason: string };

async function askHost(ask: PermissionPort, question: PermissionQuestion): Promise<HostAnswer> {
  try {
    return readAnswer(await ask(question));
  } catch (thrown) {
    return { granted: false, reason: `the approval request failed: ${thrownText(thrown)}` };
  }
}

/** `{granted: true, args?}`, or `{outcome: {outcome: "selected" | "allow"}}` as editors answer it. */
function readAnswer(answer: unknown): HostAnswer {
  const dict: JsonObject = isJsonObject(answer) ? answer : {};
  const nested = isJsonObject(dict["outcome"]) ? dict["outcome"]["outcome"] : dict["outcome"];
  if (answer === true || dict["granted"] === true || nested === "selected" || nested === "allow") {
    return { granted: true, input: dict["args"] };
  }
  const reason = dict["reason"];
  return {
    granted: false,
    reason: typeof reason === "string" && reason !== "" ? reason : "the host did not grant approval",
  };
}
