/**
 * `agent_loop` options as programs write them, read into typed groups (section 23). The options of a model call, which
 * the same dict holds, are read by the model layer; keys that neither knows are left alone, since a program may pass
 * one dict to several callers. Closures arrive as functions from JSON to JSON.
 */

import { isJsonObject, type JsonObject, table } from "../../base/index.ts";
import { readBudgetEnvelope, readSchemaNudge } from "../../llm/index.ts";
import { maskTexts, summaryText } from "../compaction/compact-transcript.ts";
import { contextWindowOf } from "../compaction/context-window.ts";
import {
  MIDDLE_KINDS,
  type MiddleKind,
  type MiddleSummaryOptions,
  middleSummaryStrategy,
} from "../compaction/middle-summary.ts";
import { messageDicts } from "../context/message-dict.ts";
import { readApprovalPolicy } from "../policies/approval-policy.ts";
import { readCapabilityPolicy } from "../policies/capability-policy.ts";
import { readPermissions } from "../policies/permissions.ts";
import { type LoopProfile, readProfile } from "../policies/profiles.ts";
import {
  expected,
  isAbsent,
  optionError,
  readBoolean,
  readChoice,
  readCount,
  readFunction,
  readString,
  readStrings,
} from "../policies/read-options.ts";
import { readTaskLedger } from "../policies/task-ledger.ts";
import { readTurnShape } from "../policies/turn-shape.ts";
import type { AgentLoopOptions, CompactionOptions, DaemonOptions, FlowOptions, ToolUseOptions } from "./options.ts";

/** The groups that come from the dict; the rest of {@link AgentLoopOptions} is the caller's to add. */
export type LoopOptionGroups = Pick<
  AgentLoopOptions,
  "flow" | "toolUse" | "rules" | "budget" | "loopDetection" | "ledger" | "compaction" | "daemon"
> & {
  readonly retry: NonNullable<AgentLoopOptions["retry"]>;
  readonly sessionId: string;
  /** For whoever builds the schema check: how often to retry, and with which words. */
  readonly schemaRetries: number;
  readonly schemaNudge: ReturnType<typeof readSchemaNudge>;
};

export interface LoopOptionContext {
  /** Model that the loop will use, for the size of its window. */
  readonly model: string;
  readonly contextWindowTokens?: number;
  readonly costUsd?: (inputTokens: number, outputTokens: number) => number | undefined;
  /** How a value that is no string is written (ledger shorthands). */
  readonly display?: (value: unknown) => string;
  /** Renders `summarize_prompt` templates. */
  readonly renderPrompt?: (path: string, formatted: string, count: number) => Promise<string>;
}

type Dict = Readonly<Record<string, unknown>>;

/** Every option read here. */
export const LOOP_OPTION_NAMES: readonly string[] = [
  "approval_policy",
  "auto_compact",
  "break_unless_phase",
  "budget",
  "compact_callback",
  "compact_keep_first",
  "compact_keep_last",
  "compact_strategy",
  "compact_threshold",
  "compaction",
  "compress_callback",
  "consolidate_on_idle",
  "daemon",
  "deliverables",
  "done_sentinel",
  "exit_when_verified",
  "hard_limit_strategy",
  "hard_limit_tokens",
  "idle_watchdog_attempts",
  "llm_backoff_ms",
  "llm_retries",
  "loop_detect_block",
  "loop_detect_skip",
  "loop_detect_warn",
  "mask_callback",
  "max_cost_usd",
  "max_input_tokens",
  "max_iterations",
  "max_nudges",
  "max_output_tokens",
  "native_tool_fallback",
  "nudge",
  "permissions",
  "persist_path",
  "persistent",
  "policy",
  "post_turn_callback",
  "profile",
  "require_successful_tools",
  "resume_path",
  "root_task",
  "schema_retries",
  "schema_retry_nudge",
  "session_id",
  "stop_after_successful_tools",
  "summarize_prompt",
  "task_ledger",
  "token_budget",
  "tool_backoff_ms",
  "tool_examples",
  "tool_format",
  "tool_output_max_chars",
  "tool_retries",
  "total_budget_usd",
  "turn_policy",
  "wake_interval_ms",
  "watch_paths",
];

/** @throws HarnError `agent.option` */
export function readLoopOptions(options: Dict, context: LoopOptionContext): LoopOptionGroups {
  const profile = readProfile(options["profile"]);
  const nudge = readSchemaNudge(options["schema_retry_nudge"]);
  const compaction = readCompaction(options, context);
  const daemon = readDaemon(options);
  const policy = readCapabilityPolicy(options["policy"]);
  const approval = readApprovalPolicy(options["approval_policy"]);
  const permissions = readPermissions(options["permissions"]);
  const budget = readBudget(options, context);
  return {
    flow: readFlow(options, profile),
    toolUse: readToolUse(options, profile),
    retry: {
      llmRetries: readCount("llm_retries", options["llm_retries"]) ?? profile.llmRetries,
      llmBackoffMs: readCount("llm_backoff_ms", options["llm_backoff_ms"]) ?? 2000,
    },
    schemaRetries: readCount("schema_retries", options["schema_retries"]) ?? profile.schemaRetries,
    schemaNudge: nudge,
    rules: {
      ...(policy === undefined ? {} : { policy }),
      ...(approval === undefined ? {} : { approvals: [approval] }),
      ...(permissions === undefined ? {} : { permissions: [permissions] }),
    },
    ...(budget === undefined ? {} : { budget }),
    loopDetection: {
      warn: readCount("loop_detect_warn", options["loop_detect_warn"]) ?? 2,
      block: readCount("loop_detect_block", options["loop_detect_block"]) ?? 3,
      skip: readCount("loop_detect_skip", options["loop_detect_skip"]) ?? 4,
    },
    ledger: readTaskLedger(options, context.display),
    ...(compaction === undefined ? {} : { compaction }),
    ...(daemon === undefined ? {} : { daemon }),
    sessionId: readString("session_id", options["session_id"]) ?? "",
  };
}

function readFlow(options: Dict, profile: LoopProfile): FlowOptions {
  const text = (key: string) => readString(key, options[key]);
  const names = (key: string) => readStrings(key, options[key]);
  const flag = (key: string) => readBoolean(key, options[key]) ?? false;
  const shape = readTurnShape(options["turn_policy"]);
  const postTurn = options["post_turn_callback"];
  return {
    maxIterations: readIterations(options["max_iterations"]) ?? profile.maxIterations,
    persistent: flag("persistent"),
    maxNudges: readCount("max_nudges", options["max_nudges"]) ?? profile.maxNudges,
    exitWhenVerified: flag("exit_when_verified"),
    ...defined("nudge", text("nudge")),
    ...defined("doneSentinel", text("done_sentinel")),
    ...defined("breakUnlessPhase", text("break_unless_phase")),
    ...defined("stopAfterSuccessfulTools", names("stop_after_successful_tools")),
    ...defined("requireSuccessfulTools", names("require_successful_tools")),
    ...defined("turnShape", shape),
    // Anything but a closure is ignored (AGENT-16).
    ...(typeof postTurn === "function" ? { postTurn: postTurn as NonNullable<FlowOptions["postTurn"]> } : {}),
  };
}

/** Negative numbers run nothing, as 0 does (llm 34.31). */
function readIterations(value: unknown): number | undefined {
  if (isAbsent(value)) return undefined;
  if (typeof value !== "number" || !Number.isInteger(value)) throw expected("max_iterations", "an integer", value);
  return Math.max(0, value);
}

function readToolUse(options: Dict, profile: LoopProfile): ToolUseOptions {
  const backoffMs = readCount("tool_backoff_ms", options["tool_backoff_ms"]);
  return {
    format: readChoice("tool_format", options["tool_format"], ["text", "native"]) ?? "text",
    retries: readCount("tool_retries", options["tool_retries"]) ?? profile.toolRetries,
    backoffMs: backoffMs ?? 1000,
    nativeFallback:
      readChoice("native_tool_fallback", options["native_tool_fallback"], ["allow", "allow_once", "reject"]) ?? "allow",
    ...defined("examples", readString("tool_examples", options["tool_examples"])),
  };
}

function readBudget(options: Dict, { costUsd }: LoopOptionContext): AgentLoopOptions["budget"] {
  const tokenBudget = readCount("token_budget", options["token_budget"]);
  const totalBudgetUsd = readBudgetEnvelope(options)?.totalBudgetUsd;
  if (tokenBudget === undefined && totalBudgetUsd === undefined) return undefined;
  return {
    ...defined("tokenBudget", tokenBudget),
    ...defined("totalBudgetUsd", totalBudgetUsd),
    ...defined("costUsd", costUsd),
  };
}

/** DAEMON-02; undefined unless `daemon` is true. */
function readDaemon(options: Dict): DaemonOptions | undefined {
  if (readBoolean("daemon", options["daemon"]) !== true) return undefined;
  const path = (key: string) => readString(key, options[key]) || undefined;
  const wakeIntervalMs = readCount("wake_interval_ms", options["wake_interval_ms"]);
  const watch = options["watch_paths"];
  const watchPaths = typeof watch === "string" ? [watch] : readStrings("watch_paths", watch);
  return {
    ...defined("persistPath", path("persist_path")),
    ...defined("resumePath", path("resume_path")),
    ...(wakeIntervalMs === undefined || wakeIntervalMs === 0 ? {} : { wakeIntervalMs }),
    ...defined(
      "watchPaths",
      watchPaths?.filter((entry) => entry !== ""),
    ),
    consolidateOnIdle: options["consolidate_on_idle"] === true,
    ...defined("idleWatchdogAttempts", readCount("idle_watchdog_attempts", options["idle_watchdog_attempts"])),
  };
}

// ---- Compaction --------------------------------------------------------------------------------------------------------

const DEFAULT_THRESHOLD = 48_000;
const DEFAULT_KEEP_LAST = 10;

/** Named policies of the `compaction` option, lowered to the two tiers of the engine (llm COMPACT-04). */
const NAMED: Readonly<Record<string, { kind: MiddleKind; hard: MiddleKind; keepsNothing?: true }>> = table({
  truncate: { kind: "truncate", hard: "truncate" },
  summarize_middle: { kind: "llm", hard: "llm" },
  summarize: { kind: "llm", hard: "llm" },
  llm: { kind: "llm", hard: "llm" },
  summarize_all: { kind: "llm", hard: "llm", keepsNothing: true },
  hybrid: { kind: "llm", hard: "truncate" },
});

/** llm COMPACT-01, COMPACT-04: off unless `auto_compact` is true or `compaction` names a policy. */
function readCompaction(options: Dict, context: LoopOptionContext): CompactionOptions | undefined {
  const named = options["compaction"];
  const base = !isAbsent(named)
    ? readNamedCompaction(named, options)
    : options["auto_compact"] === true
      ? readEngineCompaction(options)
      : undefined;
  if (base === undefined) return undefined;
  const windowTokens = context.contextWindowTokens ?? contextWindowOf(context.model);
  const givenThreshold = readCount("compact_threshold", options["compact_threshold"]);
  const givenLimit = readCount("hard_limit_tokens", options["hard_limit_tokens"]);
  const prompt = readString("summarize_prompt", options["summarize_prompt"]);
  const callback = readFunction<(messages: readonly JsonObject[]) => unknown>(
    "compact_callback",
    options["compact_callback"],
  );
  const mask = readFunction<(messages: readonly JsonObject[]) => unknown>("mask_callback", options["mask_callback"]);
  const render = context.renderPrompt;
  const strategy = middleSummaryStrategy({
    ...base,
    // Lowered to what the model can hold, never raised (llm COMPACT-05).
    thresholdTokens: givenThreshold ?? Math.min(DEFAULT_THRESHOLD, Math.floor(windowTokens * 0.65)),
    hardLimitTokens: givenLimit ?? Math.floor(windowTokens * 0.75),
    ...defined("keepFirst", readCount("compact_keep_first", options["compact_keep_first"]) ?? base.keepFirst),
    ...defined("keepLast", readCount("compact_keep_last", options["compact_keep_last"]) ?? base.keepLast),
    ...(callback === undefined
      ? {}
      : { custom: async (messages) => summaryText(await callback(messageDicts(messages))) }),
    ...(mask === undefined ? {} : { mask: async (messages) => maskTexts(await mask(messageDicts(messages))) }),
    ...(prompt === undefined || render === undefined
      ? {}
      : { prompt: (formatted, count) => render(prompt, formatted, count) }),
  });
  const compress = readFunction<NonNullable<NonNullable<CompactionOptions["toolOutput"]>["compress"]>>(
    "compress_callback",
    options["compress_callback"],
  );
  const maxChars = readCount("tool_output_max_chars", options["tool_output_max_chars"]);
  return { strategy, windowTokens, toolOutput: { ...defined("maxChars", maxChars), ...defined("compress", compress) } };
}

function readNamedCompaction(value: unknown, options: Dict): MiddleSummaryOptions | undefined {
  if (value === false || value === "none") return undefined;
  const dict = isJsonObject(value) ? value : {};
  if (typeof value !== "string" && value !== true && !isJsonObject(value))
    throw expected("compaction", "a string, a dict or a bool", value);
  const label =
    typeof value === "string"
      ? value
      : (readString("compaction.strategy", dict["strategy"] ?? dict["type"] ?? dict["kind"]) ?? "hybrid");
  if (label === "none") return undefined;
  const policy = Object.hasOwn(NAMED, label) ? NAMED[label] : undefined;
  if (policy === undefined) {
    throw optionError(
      `agent_loop: unknown compaction strategy '${label}' (expected none, truncate, summarize_middle, summarize_all, or hybrid)`,
    );
  }
  const keepLast = readCount(
    "compaction.keep_last",
    dict["keep_last_n"] ?? dict["keep_last"] ?? options["compact_keep_last"],
  );
  return {
    label: label === "summarize" || label === "llm" ? "summarize_middle" : label,
    kind: policy.kind,
    hardLimitKind: policy.hard,
    keepFirst: readCount("compaction.keep_first", dict["keep_first_n"] ?? dict["keep_first"]) ?? 0,
    keepLast: policy.keepsNothing === true ? 0 : (keepLast ?? DEFAULT_KEEP_LAST),
  };
}

/** llm COMPACT-02: a callback without a strategy is the custom strategy. */
function readEngineCompaction(options: Dict): MiddleSummaryOptions {
  const kind = (key: string): MiddleKind | undefined => {
    const value = readString(key, options[key]);
    if (value === undefined) return undefined;
    const known = MIDDLE_KINDS.find((candidate) => candidate === value);
    if (known !== undefined) return known;
    throw optionError(`unknown ${key} '${value}' (expected 'llm', 'truncate', 'custom', or 'observation_mask')`);
  };
  const strategy = kind("compact_strategy");
  const hard = kind("hard_limit_strategy");
  return {
    kind: strategy ?? (isAbsent(options["compact_callback"]) ? "observation_mask" : "custom"),
    ...defined("hardLimitKind", hard),
  };
}

/** `{ [key]: value }`, or nothing for an absent value. */
function defined<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: V };
}
