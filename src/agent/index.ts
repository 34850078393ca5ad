// For TypeScript programs

export { type AgentAnswer, type AgentOptions, type AgentRun, runAgent, streamAgent } from "./loop/run-agent.ts";
export {
  createToolRuntime,
  defineTool,
  joinToolRuntimes,
  type SchemaToolDefinition,
  type Tool,
  type ToolDefinition,
  type ToolInput,
  type ToolSchema,
} from "./tools/define-tool.ts";
export {
  failureText,
  type ToolFailure,
  type ToolFailureKind,
  type ToolOutcome,
  type ToolOutput,
  ToolRuntimeError,
  type ToolRuntimeErrorKind,
  toolFailure,
  toolSuccess,
} from "./tools/outcome.ts";
export { TurnError, type TurnErrorKind } from "./turn/turn-error.ts";
export type { AgentEvent, TerminalEvent, ToolResultOutput, TurnEvent, TurnSummary } from "./turn/turn-event.ts";

// Artifacts: what contexts are made of

export {
  type Artifact,
  deriveArtifact,
  normalizeArtifact,
  normalizeArtifacts,
} from "./artifacts/artifact.ts";
export {
  type AssembleOptions,
  assembleContext,
  type ChunkRanker,
  type ContextChunk,
  readAssembleOptions,
} from "./artifacts/assemble-context.ts";
export {
  type ContextPolicy,
  readContextPolicy,
  renderArtifacts,
  selectArtifacts,
  selectArtifactsAdaptive,
} from "./artifacts/select-artifacts.ts";

// Cancellation

export { CANCELLED, orCancelled, toAbortSignal } from "./cancel/cancellation.ts";

// Commands: risks and policies

export {
  blockedResult,
  type CommandAudit,
  type CommandFeedback,
  type CommandHook,
  type CommandOrigin,
  type CommandPolicy,
  type CommandVerdict,
  guardCommand,
  readCommandPolicy,
  reviewCommand,
} from "./commands/command-policy.ts";
export {
  type CommandRisk,
  commandOutputRisk,
  commandRisk,
  commandText,
  type RiskLabel,
  riskDict,
} from "./commands/command-risk.ts";

// Compaction

export {
  COMPACTION_OPTION_NAMES,
  type CompactionRequest,
  compactMessages,
  compactsByModel,
  compactTranscript,
  type PromptRenderer,
  strategyFor,
  type TranscriptCompaction,
} from "./compaction/compact-transcript.ts";
export type {
  CompactionContext,
  CompactionOutcome,
  CompactionPolicy,
  CompactionStrategy,
} from "./compaction/compaction-policy.ts";
export { contextWindowOf } from "./compaction/context-window.ts";
export { anchoredTokens, estimateMessageTokens, estimateTokens } from "./compaction/estimate.ts";
export { fitToWindow } from "./compaction/fit-window.ts";
export { type HandOffOptions, handOffStrategy } from "./compaction/hand-off-summary.ts";
export { microcompact } from "./compaction/microcompact.ts";
export {
  contentTokens,
  type MiddleKind,
  type MiddleSummaryOptions,
  middleSummaryStrategy,
} from "./compaction/middle-summary.ts";
export { CompactionError } from "./compaction/request-summary.ts";
export { type TailSummaryOptions, tailSummaryStrategy } from "./compaction/tail-summary.ts";

// Conversations: history, files, sessions

export { type ContextFile, openContextFile } from "./context/context-file.ts";
export { healHistory, isHealthy } from "./context/heal.ts";
export { messageDict, messageDicts, readMessageDicts } from "./context/message-dict.ts";
export type { RecordedAssistant, RecordedMessage, RecordedToolCall } from "./context/recorded-message.ts";
export {
  createSessionStore,
  type SavedSessions,
  type Session,
  type SessionAncestry,
  type SessionFeedback,
  type SessionPrompt,
  type SessionStore,
  type SessionSubscriber,
} from "./context/sessions.ts";
export { TranscriptDraft } from "./context/transcript-draft.ts";

// The agent loop

export { withinLimits } from "./loop/action-limits.ts";
export { agentLoop } from "./loop/agent-loop.ts";
export {
  type AgentCheckpoint,
  type CheckpointFacts,
  type CheckpointLists,
  type CheckpointMoment,
  type Growth,
  joinCheckpoints,
} from "./loop/checkpoint.ts";
export { type DaemonConfig, type DaemonHandle, resumeDaemon, spawnDaemon } from "./loop/daemon-handle.ts";
export type { LoopStatus } from "./loop/loop-state.ts";
export type { McpConnection, McpConnector } from "./loop/mcp-tools.ts";
export type {
  AgentLoopOptions,
  AgentPorts,
  BudgetOptions,
  CompactionOptions,
  DaemonOptions,
  DeliveryPoint,
  FlowOptions,
  ModelCallFacts,
  ModelSource,
  RetryOptions,
  RuleOptions,
  SchemaRetryOptions,
  SessionOptions,
  ToolUseOptions,
} from "./loop/options.ts";
export {
  LOOP_OPTION_NAMES,
  type LoopOptionContext,
  type LoopOptionGroups,
  readLoopOptions,
} from "./loop/read-loop-options.ts";
export type { AgentLoopResult } from "./loop/result.ts";
export {
  DEFAULT_RECURSION_LIMIT,
  runSubAgent,
  type SubAgentOptions,
  type SubAgentResult,
  type SubAgentToolOptions,
  subAgentTool,
} from "./loop/sub-agent.ts";
export { type EnvelopeOptions, type SubAgentEnvelope, subAgentEnvelope } from "./loop/sub-agent-envelope.ts";
export { checkToolBackends, type ToolBackend } from "./loop/tool-backends.ts";

// People: questions, approvals, hand-overs

export {
  type ApprovalQuestion,
  askQuestion,
  type DualControl,
  type Escalation,
  escalateTo,
  type Question,
  requestApproval,
  requestDualControl,
} from "./people/ask-people.ts";
export {
  type AskOptions,
  createHumanDesk,
  type HumanDesk,
  HumanError,
  type HumanPort,
  PEOPLE_TIMEOUT_MS,
  type PendingFilter,
} from "./people/human-desk.ts";
export {
  type ApprovalRecord,
  HUMAN_REQUEST_KINDS,
  type HumanRequest,
  type HumanRequestKind,
  type HumanResponse,
  readHumanResponse,
} from "./people/human-request.ts";

// Plans

export { EMIT_PLAN, planArtifact, planEntries, renderPlan, UPDATE_PLAN } from "./plans/plan-artifact.ts";

// Policies

export {
  type ApprovalDecision,
  type ApprovalPolicy,
  approvalGate,
  evaluateApproval,
  intersectApprovals,
  type PermissionPort,
  type PermissionQuestion,
  readApprovalPolicy,
} from "./policies/approval-policy.ts";
export {
  type CapabilityPolicy,
  capabilityGate,
  intersectPolicies,
  NO_CEILING,
  policyViolation,
  readCapabilityPolicy,
  type ToolArgConstraint,
} from "./policies/capability-policy.ts";
export { feedbackMessage } from "./policies/feedback.ts";
export { type LoopDetectionLimits, loopDetection } from "./policies/loop-detection.ts";
export {
  type PermissionMatcher,
  type PermissionRequest,
  type PermissionRule,
  type Permissions,
  permissionGate,
  readPermissions,
} from "./policies/permissions.ts";
export { DEFAULT_PROFILE, type LoopProfile, type ProfileName, readProfile } from "./policies/profiles.ts";
export type { LiveEvent, LiveEventType, Recorder, TranscriptNote } from "./policies/recorder.ts";
export { fillSkillBody, renderSkillCatalog, type SkillCard, type SkillValues } from "./policies/skill-text.ts";
export type { Skill, SkillCandidate, SkillOptions, SkillQuestion } from "./policies/skills.ts";
export {
  applyLedgerCall,
  type Deliverable,
  type DeliverableStatus,
  EMPTY_LEDGER,
  type LedgerChange,
  readTaskLedger,
  renderLedger,
  type TaskLedger,
} from "./policies/task-ledger.ts";
export {
  readDeclaredAnnotations,
  readToolAnnotations,
  SIDE_EFFECT_LEVELS,
  type SideEffectLevel,
  type ToolAnnotations,
} from "./policies/tool-annotations.ts";
export { type PreToolAction, type ToolHook, toolHooks } from "./policies/tool-hooks.ts";
export { type ToolOutputOptions, toolOutputLimit } from "./policies/tool-output.ts";
export {
  checkToolSurface,
  type SurfaceDiagnostic,
  type SurfaceReport,
  type ToolSurface,
} from "./policies/tool-surface.ts";
export { readTurnShape, type TurnShape } from "./policies/turn-shape.ts";
export { matchesWildcard } from "./policies/wildcard.ts";

// Streams: retry, reconnect, continuation

export { doublingBackoffMs, ESTABLISHMENT_RETRY, hintedRetry, type RetryPolicy } from "./stream/backoff.ts";
export { type Continuation, continueByAsking, continueByPrefill, type Overlap } from "./stream/continuation.ts";
export type { StreamRetry, StreamSettings } from "./stream/stream-answer.ts";

// Tools

export { boundOutput, OUTPUT_CEILING_BYTES } from "./tools/bounded-output.ts";
export { isBuiltinTool, runBuiltinTool } from "./tools/builtin-tools.ts";
export { type ContractOptions, toolContractPrompt } from "./tools/contract-prompt.ts";
export { type InputRepair, type InputRepairKind, inputViolation, repairToolInput } from "./tools/repair-input.ts";
export { type JsonRepair, repairTruncatedJson } from "./tools/repair-json.ts";
export {
  checkSynthesizedCall,
  describeSynthesizedTool,
  previewSynthesizedCall,
  type SynthesizedTool,
  synthesizeTool,
} from "./tools/synthesized-tool.ts";
export { PLAIN_NATIVE_FORMAT, TEXT_FORMAT } from "./tools/text-channel.ts";
export {
  NO_TOOLS,
  type Purse,
  type ToolContext,
  type ToolInvocation,
  type ToolKind,
  type ToolRuntime,
} from "./tools/tool-runtime.ts";
export {
  TOOL_SEARCH_NAME,
  type ToolSearchFound,
  type ToolSearchOptions,
  type ToolSearchStrategy,
  withToolSearch,
} from "./tools/tool-search.ts";

// Turns: what the loop is made of

export type { DispatchSettings, Harness, RequestSettings, TurnInput, TurnPosition } from "./turn/harness.ts";
export { type HistoryFormat, NATIVE_FORMAT } from "./turn/history-format.ts";
export type {
  Answer,
  Awaitable,
  CallStatus,
  CompletedStep,
  Decision,
  GateVerdict,
  Observation,
  Policy,
  SettledCall,
  ToolErrorCategory,
} from "./turn/policy.ts";
export { toolChoiceFromText } from "./turn/request.ts";
export { driveTurn, runTurn } from "./turn/run-turn.ts";
export { appendMessages, type Emit, type TurnState } from "./turn/turn-state.ts";
export type { TurnUsage } from "./turn/usage.ts";

// Agents in the background

export {
  createWorkerPool,
  readWorkerCarry,
  type WorkerCarry,
  type WorkerPool,
  type WorkerSpec,
  type WorkerStatus,
} from "./workers/worker-pool.ts";
