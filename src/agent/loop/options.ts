/** What an agent loop can be told, grouped by who reads it. Names in `agent_loop` are the snake_case of these. */

import type { CancelSignal, Host, JsonObject } from "../../base/index.ts";
import type { Attachment, ModelClient, SchemaNudge, ToolChoice, ToolRecordings } from "../../llm/index.ts";
import type { CompactionStrategy } from "../compaction/compaction-policy.ts";
import type { RecordedMessage } from "../context/recorded-message.ts";
import type { SessionStore } from "../context/sessions.ts";
import type { ApprovalPolicy, PermissionPort } from "../policies/approval-policy.ts";
import type { CapabilityPolicy } from "../policies/capability-policy.ts";
import type { LoopDetectionLimits } from "../policies/loop-detection.ts";
import type { Permissions } from "../policies/permissions.ts";
import type { SkillOptions } from "../policies/skills.ts";
import type { TaskLedger } from "../policies/task-ledger.ts";
import type { ToolHook } from "../policies/tool-hooks.ts";
import type { ToolOutputOptions } from "../policies/tool-output.ts";
import type { TurnShape } from "../policies/turn-shape.ts";
import type { Continuation } from "../stream/continuation.ts";
import type { Purse, ToolRuntime } from "../tools/tool-runtime.ts";
import type { ToolSearchOptions } from "../tools/tool-search.ts";
import type { RequestSettings } from "../turn/harness.ts";
import type { Awaitable } from "../turn/policy.ts";
import type { AgentEvent } from "../turn/turn-event.ts";
import type { AgentCheckpoint, CheckpointMoment, LoopRecord } from "./checkpoint.ts";
import type { McpConnector } from "./mcp-tools.ts";

/** Where a call of the loop goes; a function is told which call it is, for traces. */
export type ModelSource = ModelClient | ((call: ModelCallFacts) => ModelClient);

export interface ModelCallFacts {
  /** Zero-based iteration of the loop. */
  readonly iteration: number;
  /** Zero-based attempt within the iteration, and how many retries it may have. */
  readonly attempt: number;
  readonly maxRetries: number;
}

export interface AgentLoopOptions {
  readonly host: Host;
  readonly prompt: string;
  readonly attachments?: readonly Attachment[];
  readonly system?: string;
  /** Conversation ahead of the prompt. A session's own comes before it. */
  readonly priorMessages?: readonly RecordedMessage[];
  readonly model: ModelSource;
  readonly request: RequestSettings;
  readonly tools?: ToolRuntime;
  /** Connected before the loop starts, closed however it ends; their tools are called `<server>__<tool>`. */
  readonly mcpServers?: readonly McpConnector[];
  readonly toolChoice?: ToolChoice;
  readonly flow?: FlowOptions;
  readonly toolUse?: ToolUseOptions;
  readonly retry?: RetryOptions;
  readonly rules?: RuleOptions;
  readonly budget?: BudgetOptions;
  /** Of the loop that this one works for: it pays for this one, and this one stops when it is used up. */
  readonly purse?: Purse;
  readonly loopDetection?: LoopDetectionLimits;
  readonly ledger?: TaskLedger;
  /** Absent: the conversation is never compacted. */
  readonly compaction?: CompactionOptions;
  /** Present: the loop idles instead of ending. */
  readonly daemon?: DaemonOptions;
  /** Absent: an anonymous session that nobody can come back to (AGENT-08). */
  readonly session?: SessionOptions;
  readonly skills?: SkillOptions;
  readonly ports?: AgentPorts;
  /** Text and thinking as they come, calls and results; a slow listener slows the loop down. */
  readonly onTurnEvent?: (event: AgentEvent) => Awaitable<void>;
  /** Live events as dicts, beside the subscribers of the session. */
  readonly onEvent?: (event: JsonObject) => Awaitable<unknown>;
  readonly signal?: CancelSignal;
  /**
   * Awaited before every turn, and where the limit of turns ends the loop, while nothing is under way. What it throws ends
   * the loop: a turn that must not be lost is not begun.
   */
  readonly onCheckpoint?: (moment: CheckpointMoment) => Awaitable<void>;
  /**
   * Goes on from a whole checkpoint, or from one and its successors in order, also as `JSON.parse` gave them. The
   * conversation comes from there; prompt, attachments, prior messages, ledger and a daemon's own snapshot are not looked
   * at. The other options are those of the loop that went before.
   */
  readonly from?: AgentCheckpoint | readonly AgentCheckpoint[];
  /** Of the checkpoint in `from`, when `CheckpointMoment.split` gave it apart. */
  readonly record?: LoopRecord;
  /**
   * The host's monotonic clock goes on where it was when a loop is picked up again, as a journal's does: checkpoints and
   * going on ask the host for nothing. Default false.
   */
  readonly clockGoesOn?: boolean;
}

/** When the loop goes on and when it ends. */
export interface FlowOptions {
  /** Default 50; 0 runs nothing. */
  readonly maxIterations?: number;
  /** Goes on after text-only turns until completion is signalled. Default false. */
  readonly persistent?: boolean;
  /** Text-only turns in a row that are tolerated. Default 3. */
  readonly maxNudges?: number;
  /** In place of the usual nudge. */
  readonly nudge?: string;
  /** Default `##DONE##`. */
  readonly doneSentinel?: string;
  /** Ends when the model announces another next phase. */
  readonly breakUnlessPhase?: string;
  /** Completion counts only after a `run` that succeeded. Default false. */
  readonly exitWhenVerified?: boolean;
  readonly stopAfterSuccessfulTools?: readonly string[];
  readonly requireSuccessfulTools?: readonly string[];
  readonly turnShape?: TurnShape;
  /** After each turn with tools; may add a message and end the loop (AGENT-37). */
  readonly postTurn?: (turn: JsonObject) => Awaitable<unknown>;
}

export interface ToolUseOptions {
  /** How tools are offered and calls are read. Default `text` (AGENT-06). */
  readonly format?: "text" | "native";
  readonly retries?: number;
  readonly backoffMs?: number;
  /** Milliseconds for one call. */
  readonly timeoutMs?: number;
  readonly concurrency?: number;
  /** Few-shot calls for text mode. */
  readonly examples?: string;
  /** What text calls are worth in native mode (AGENT-19). Default `allow`. */
  readonly nativeFallback?: "allow" | "allow_once" | "reject";
  /** Client-side search for deferred tools. */
  readonly search?: ToolSearchOptions & { readonly listStubs?: boolean };
  readonly hooks?: readonly ToolHook[];
  /** Results of tools, recorded or replayed as its mode says. */
  readonly recordings?: ToolRecordings;
}

export interface RetryOptions {
  /** Default 3 and 2,000 ms (AGENT-13). */
  readonly llmRetries?: number;
  readonly llmBackoffMs?: number;
  readonly schema?: SchemaRetryOptions;
  readonly idleTimeoutMs?: number;
  readonly continuation?: Continuation;
}

/** AGENT-18. */
export interface SchemaRetryOptions {
  readonly retries: number;
  readonly nudge: SchemaNudge;
  readonly jsonSchema?: JsonObject;
  /** What is wrong with an answer; empty when nothing is. */
  readonly check: (text: string) => Awaitable<readonly string[]>;
}

/** What the loop may do, and whom it asks. Rules of outer loops come first in each list. */
export interface RuleOptions {
  readonly policy?: CapabilityPolicy;
  /** The ceiling of the surrounding loop or host. */
  readonly ceiling?: CapabilityPolicy;
  readonly approvals?: readonly ApprovalPolicy[];
  readonly permissions?: readonly Permissions[];
}

export interface BudgetOptions {
  /** Tokens of the whole loop, input and output, with those of the agents that work for it. */
  readonly tokenBudget?: number;
  /** US dollars of the whole loop; sets no limit where no price is known. */
  readonly totalBudgetUsd?: number;
  /** What tokens cost; absent or undefined: nothing. `runAgent` knows the list prices. */
  readonly costUsd?: (inputTokens: number, outputTokens: number) => number | undefined;
}

export interface CompactionOptions {
  readonly strategy: CompactionStrategy;
  /** Context window of the model, tokens. Default: by the model's name. */
  readonly windowTokens?: number;
  readonly toolOutput?: ToolOutputOptions;
  /** Client of summary calls; default: the loop's own. */
  readonly client?: ModelClient;
}

/** DAEMON-02. */
export interface DaemonOptions {
  readonly persistPath?: string;
  readonly resumePath?: string;
  readonly wakeIntervalMs?: number;
  readonly watchPaths?: readonly string[];
  readonly consolidateOnIdle?: boolean;
  readonly idleWatchdogAttempts?: number;
}

export interface SessionOptions {
  readonly store: SessionStore;
  /** Absent or empty: an anonymous session. */
  readonly id?: string;
  /** The id is only a name: nothing is taken from the store or put into it. Default: true without an id. */
  readonly anonymous?: boolean;
}

/** When messages that a user sent meanwhile are wanted. */
export type DeliveryPoint = "turn_start" | "after_operation" | "end";

/** The host around the loop: whoever shows it to people. Everything is optional. */
export interface AgentPorts {
  /** Messages that wait for this point; each is given once. */
  takeMessages?(point: DeliveryPoint): Awaitable<readonly string[]>;
  /** `session/request_permission`. */
  readonly requestPermission?: PermissionPort;
  /** True once after someone asked an idle daemon to go on. */
  takeResume?(): Awaitable<boolean>;
  /** Told when a daemon starts or stops idling, with the facts of `agent/idle`. */
  idle?(state: JsonObject | undefined): Awaitable<void>;
}
