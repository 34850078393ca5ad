/**
 * Policies for commands (AGENT-21): patterns that forbid, risks that need somebody's approval, and hooks that look at a
 * command before it is started and at its result. A command passes every policy around it, the innermost first, so what an
 * outer one sees is what would really run, and it has the last word.
 *
 *     verdict := proceed (perhaps with another request) | blocked
 *     decision := classify | deny | require_approval | dry_run | explain_only | rewrite | annotate
 */

import { type Host, isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import { sha256Hex } from "../../llm/index.ts";
import { expected, optionError, readBoolean, readDict, readString, readStrings } from "../policies/read-options.ts";
import { matchesWildcard } from "../policies/wildcard.ts";
import type { Awaitable } from "../turn/policy.ts";
import { type CommandRisk, commandOutputRisk, commandRisk, commandText } from "./command-risk.ts";

/** Sees the context of a command; its answer is read by {@link guardCommand}. */
export type CommandHook = (context: JsonObject) => Awaitable<unknown>;

export interface CommandPolicy {
  readonly workspaceRoots: readonly string[];
  /** Told to hooks; nothing else depends on it. */
  readonly defaultShellMode: string;
  /** Wildcards over the whole line, or parts of it. */
  readonly denyPatterns: readonly string[];
  /** Risk labels that need an approval. */
  readonly requireApproval: readonly string[];
  /** Whether commands of hooks are looked at like any other; otherwise they are refused. */
  readonly allowRecursive: boolean;
  readonly before?: CommandHook;
  readonly after?: CommandHook;
}

const DEFAULT_SHELL_MODE = "argv_only";

/** A policy as programs write it. @throws HarnError code `agent.option` */
export function readCommandPolicy(value: unknown, hooks: Pick<CommandPolicy, "before" | "after"> = {}): CommandPolicy {
  const dict = readDict("command_policy", value);
  if (dict === undefined) throw expected("command_policy", "a dict", value);
  readStrings("command_policy.tools", dict["tools"]);
  return {
    workspaceRoots: readStrings("command_policy.workspace_roots", dict["workspace_roots"]) ?? [],
    defaultShellMode: readString("command_policy.default_shell_mode", dict["default_shell_mode"]) ?? DEFAULT_SHELL_MODE,
    denyPatterns: readStrings("command_policy.deny_patterns", dict["deny_patterns"]) ?? [],
    requireApproval: readStrings("command_policy.require_approval", dict["require_approval"]) ?? [],
    allowRecursive: readBoolean("command_policy.allow_recursive", dict["allow_recursive"]) ?? false,
    ...(hooks.before === undefined ? {} : { before: hooks.before }),
    ...(hooks.after === undefined ? {} : { after: hooks.after }),
  };
}

/** Where a command comes from. */
export interface CommandOrigin {
  readonly host: Pick<Host, "sync">;
  /** Folder of commands that name none. */
  readonly cwd: string;
  /** Who asks: `{surface, session_id, …}`. */
  readonly caller: JsonObject;
  /** A hook of a policy runs it. */
  readonly fromHook: boolean;
}

export interface CommandDecision {
  readonly action: string;
  readonly reason: string | null;
  /** `deterministic`, `deny_patterns`, `pre_hook`, `post_hook`, `recursion_guard`. */
  readonly source: string;
  readonly risk_labels: readonly string[];
  readonly confidence: number;
  readonly display: Json;
}

export type CommandVerdict =
  | { readonly kind: "proceed"; readonly request: JsonObject; readonly audit: CommandAudit }
  | {
      readonly kind: "blocked";
      readonly status: "blocked" | "dry_run" | "explain_only";
      readonly message: string;
      readonly request: JsonObject;
      readonly audit: CommandAudit;
    };

/** What was decided about a command, and on what grounds. */
export interface CommandAudit {
  readonly context: JsonObject;
  readonly decisions: readonly CommandDecision[];
}

interface Blocked {
  readonly status: "blocked" | "dry_run" | "explain_only";
  readonly message: string;
  readonly decision: CommandDecision;
}

/**
 * Asks all policies about a command before it is started.
 *
 * @param request `{mode, argv | command, cwd, env, stdin, …}`
 * @param policies innermost first
 * @throws HarnError code `agent.option` when a hook answers what cannot be read; what a hook throws
 */
export async function guardCommand(
  policies: readonly CommandPolicy[],
  request: JsonObject,
  origin: CommandOrigin,
): Promise<CommandVerdict> {
  const decisions: CommandDecision[] = [];
  let current = request;
  let context: JsonObject = {};
  const stop = ({ status, message, decision }: Blocked): CommandVerdict => ({
    kind: "blocked",
    status,
    message,
    request: current,
    audit: { context, decisions: [...decisions, decision] },
  });
  for (const policy of policies) {
    context = contextOf(policy, current, origin);
    if (origin.fromHook && !policy.allowRecursive) {
      const message = "command policy hooks cannot recursively call process.exec";
      return stop({ status: "blocked", message, decision: decide("deny", message, "recursion_guard", [], 1) });
    }
    const risk = riskOf(policy, context);
    if (risk.labels.length > 0) {
      decisions.push(decide("classify", risk.rationale, "deterministic", risk.labels, risk.confidence));
    }
    const refused = refusal(policy, context, risk, "command");
    if (refused !== undefined) return stop(refused);
    const answer = policy.before === undefined ? undefined : await policy.before(context);
    const action = readBefore(answer, risk.labels);
    if (action === undefined) continue;
    if ("status" in action) return stop(action);
    current = rewritten(current, action.rewrite);
    decisions.push(decide("rewrite", "command request rewritten by pre-hook", "pre_hook", risk.labels, 1));
    context = contextOf(policy, current, origin);
    const again = refusal(policy, context, riskOf(policy, context), "rewritten command");
    if (again !== undefined) return stop(again);
  }
  return { kind: "proceed", request: current, audit: { context, decisions } };
}

/** What hooks want to be told to the model. */
export interface CommandFeedback {
  readonly sessionId?: string;
  readonly kind: string;
  readonly content: string;
}

/** Shows the result of a command to the hooks, and adds the audit as `command_policy`. */
export async function reviewCommand(
  policies: readonly CommandPolicy[],
  result: JsonObject,
  { context, decisions }: CommandAudit,
  tell: (feedback: CommandFeedback) => void,
): Promise<JsonObject> {
  const all = [...decisions];
  let current = result;
  let annotation: JsonObject | undefined;
  let shown = context;
  for (const { after } of policies) {
    if (after === undefined) continue;
    shown = { ...context, result: current, post_scan: commandOutputRisk(current) };
    const answer = await after(shown);
    if (answer === undefined || answer === null) continue;
    if (!isJsonObject(answer)) throw optionError("Expected a command policy post-hook to return nil or a dict");
    if (isJsonObject(answer["result"])) current = answer["result"];
    const feedback = readFeedback(answer["feedback"]);
    if (feedback !== undefined) tell(feedback);
    if (["unsafe", "annotations", "audit"].some((key) => answer[key] !== undefined)) {
      annotation = { ...annotation, ...answer };
      all.push(decide("annotate", "command result annotated by post-hook", "post_hook", [], 1));
    }
  }
  return withAudit(current, { context: shown, decisions: all }, annotation);
}

/** The result of a command that was not started, in the form of one that was. */
export function blockedResult(
  { status, message, request, audit }: Extract<CommandVerdict, { kind: "blocked" }>,
  host: Pick<Host, "sync">,
): JsonObject {
  const id = host.sync("id.next", { prefix: "cmd_blocked" });
  const now = new Date(host.sync("clock.now", {})).toISOString();
  const redacted = Object.fromEntries(
    Object.entries(request).map(([key, value]) => [key, key === "env" || key === "stdin" ? "<redacted>" : value]),
  );
  const result: JsonObject = {
    command_id: id,
    status,
    pid: null,
    process_group_id: null,
    handle_id: null,
    started_at: now,
    ended_at: now,
    duration_ms: 0,
    exit_code: -1,
    signal: null,
    timed_out: false,
    stdout: "",
    stderr: message,
    combined: message,
    exit_status: -1,
    legacy_status: -1,
    success: false,
    error: "permission_denied",
    reason: message,
    audit_id: `audit_${id}`,
    request: redacted,
  };
  return withAudit(result, audit, undefined);
}

function withAudit(result: JsonObject, { context, decisions }: CommandAudit, annotation?: JsonObject): JsonObject {
  const audit: JsonObject = {
    context,
    decisions: decisions.map((decision) => ({ ...decision })),
    ...(annotation === undefined ? {} : { annotation }),
  };
  return { ...result, command_policy: audit };
}

function decide(
  action: string,
  reason: string,
  source: string,
  labels: readonly string[],
  confidence: number,
  display: Json = null,
): CommandDecision {
  return { action, reason, source, risk_labels: labels, confidence, display };
}

// ---- Rules -----------------------------------------------------------------------------------------------------------

function refusal(policy: CommandPolicy, context: JsonObject, risk: CommandRisk, what: string): Blocked | undefined {
  const denied = deniedBy(policy, context);
  if (denied !== undefined) {
    const message = `${what} denied by policy pattern ${JSON.stringify(denied)}`;
    return { status: "blocked", message, decision: decide("deny", message, "deny_patterns", [], 1) };
  }
  const label = risk.labels.find((found) => policy.requireApproval.includes(found));
  if (label === undefined) return undefined;
  const message = `${what} requires approval for risk class ${label}`;
  const decision = decide("require_approval", message, "deterministic", risk.labels, 0.9);
  return { status: "blocked", message, decision };
}

function riskOf(policy: CommandPolicy, context: JsonObject): CommandRisk {
  const { cwd } = context["request"] as JsonObject;
  const facts = {
    text: commandText(context["request"]),
    workspaceRoots: context["workspace_roots"] as readonly string[],
    ...(typeof cwd === "string" ? { cwd } : {}),
  };
  return commandRisk(facts, deniedBy(policy, context) !== undefined);
}

/** A pattern may name the whole line or, without the stars around it, a part. */
function deniedBy({ denyPatterns }: CommandPolicy, context: JsonObject): string | undefined {
  const text = commandText(context["request"]);
  return denyPatterns.find((pattern) => matchesWildcard(`*${pattern}*`, text));
}

// ---- What hooks see and say ------------------------------------------------------------------------------------------

/** Values of the environment and of the input are told by digest only. */
function contextOf(policy: CommandPolicy, request: JsonObject, { cwd, caller }: CommandOrigin): JsonObject {
  const text = (name: string): string | undefined => {
    const value = request[name];
    return typeof value === "string" ? value : undefined;
  };
  const { argv, env, shell } = request;
  const stdin = text("stdin") ?? "";
  const folder = text("cwd") ?? cwd;
  const timeoutMs = request["timeout_ms"] ?? request["timeout"];
  const environment = isJsonObject(env) ? Object.entries(env) : [];
  return {
    request: {
      mode: text("mode") ?? (argv === undefined ? "shell" : "argv"),
      argv: Array.isArray(argv) ? argv.map(String) : null,
      command: text("command") ?? null,
      shell: shell ?? null,
      cwd: folder,
      env_diff: Object.fromEntries(
        environment.map(([name, value]) => [
          name,
          { present: true, redacted: true, value_sha256: digest(String(value)) },
        ]),
      ),
      env_mode: text("env_mode") ?? null,
      stdin: { size: new TextEncoder().encode(stdin).length, sha256: stdin === "" ? null : digest(stdin) },
      timeout_ms: typeof timeoutMs === "number" ? timeoutMs : null,
    },
    active_cwd: folder,
    workspace_roots: policy.workspaceRoots.length === 0 ? [cwd] : policy.workspaceRoots,
    policy: {
      default_shell_mode: policy.defaultShellMode,
      deny_patterns: policy.denyPatterns,
      require_approval: policy.requireApproval,
    },
    caller,
  };
}

const digest = (text: string): string => `sha256:${sha256Hex(text)}`;

type Before = Blocked | { readonly rewrite: JsonObject } | undefined;

/** nil, `"allow"`, or a dict with `allow`, `deny`, `require_approval`, `dry_run`, `explain_only` or `rewrite`. */
function readBefore(answer: unknown, labels: readonly string[]): Before {
  if (answer === undefined || answer === null || answer === "allow") return undefined;
  if (!isJsonObject(answer)) {
    throw optionError("Expected a command policy pre-hook to return nil, `allow`, or a decision dict");
  }
  const { action, reason, message, display = null } = answer;
  const why = (otherwise: string): string => shown(reason ?? message ?? otherwise);
  const blocked = (status: Blocked["status"], as: string, text: string): Blocked => ({
    status,
    message: text,
    decision: decide(as, text, "pre_hook", labels, 1, display),
  });
  if (action === "allow" || isSet(answer["allow"])) return undefined;
  if (isSet(answer["deny"])) {
    const said = answer["deny"] ?? true;
    return blocked("blocked", "deny", said === true ? why("command denied by policy") : shown(said));
  }
  if (action === "deny") return blocked("blocked", "deny", why("command denied by policy"));
  const approval = answer["require_approval"];
  if (action === "require_approval" || isSet(approval)) {
    const text = reason ?? message ?? (typeof approval === "string" ? approval : "command requires approval");
    return blocked("blocked", "require_approval", shown(text));
  }
  if (action === "dry_run" || isSet(answer["dry_run"])) {
    return blocked("dry_run", "dry_run", why("command dry-run requested by policy"));
  }
  if (action === "explain_only" || isSet(answer["explain_only"])) {
    return blocked("explain_only", "explain_only", why("command explanation requested by policy"));
  }
  const rewrite = answer["rewrite"] ?? answer["request"];
  if (rewrite === undefined || rewrite === null) return undefined;
  if (!isJsonObject(rewrite)) throw expected("rewrite", "a dict", rewrite);
  return { rewrite };
}

const isSet = (value: Json | undefined): boolean =>
  value !== undefined && value !== null && value !== false && value !== "" && value !== 0;

const shown = (value: Json): string => (typeof value === "string" ? value : JSON.stringify(value));

const REWRITABLE = new Set([
  "mode",
  "argv",
  "command",
  "shell",
  "cwd",
  "env",
  "env_mode",
  "stdin",
  "timeout",
  "timeout_ms",
  "capture",
  "capture_stderr",
  "max_inline_bytes",
]);

function rewritten(request: JsonObject, rewrite: JsonObject): JsonObject {
  for (const key of Object.keys(rewrite)) {
    if (!REWRITABLE.has(key)) throw optionError(`command policy rewrite cannot modify field "${key}"`);
  }
  return { ...request, ...rewrite };
}

function readFeedback(value: Json | undefined): CommandFeedback | undefined {
  if (!isJsonObject(value)) return undefined;
  const { session_id: sessionId, kind, content } = value;
  return {
    kind: typeof kind === "string" ? kind : "command_policy",
    content: typeof content === "string" ? content : JSON.stringify(content ?? value),
    ...(typeof sessionId === "string" ? { sessionId } : {}),
  };
}
