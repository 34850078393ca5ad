/**
 * The agent loop: turns with a purpose (sections 23 and 24 of the model requirements).
 *
 * One iteration is one step of a turn; what makes it a loop is the policies that are installed here. Their order is the
 * order of precedence: at each point the first that answers wins.
 */

import type { ModelClient } from "../../llm/index.ts";
import { contextWindowOf } from "../compaction/context-window.ts";
import { readMessageDicts } from "../context/message-dict.ts";
import type { RecordedMessage } from "../context/recorded-message.ts";
import { createSessionStore } from "../context/sessions.ts";
import { planEvents } from "../plans/plan-policy.ts";
import { approvalGate, intersectApprovals } from "../policies/approval-policy.ts";
import { argumentSchemaGate } from "../policies/argument-schema.ts";
import { type CapabilityPolicy, capabilityGate, intersectPolicies } from "../policies/capability-policy.ts";
import { loopDetection } from "../policies/loop-detection.ts";
import { permissionGate } from "../policies/permissions.ts";
import { createSkillScope, LOAD_SKILL_TOOL, type SkillScope, skillPolicy } from "../policies/skills.ts";
import { EMPTY_LEDGER, isLedgerEmpty, LEDGER_TOOL } from "../policies/task-ledger.ts";
import { toolHooks } from "../policies/tool-hooks.ts";
import { toolOutputLimit } from "../policies/tool-output.ts";
import { toolReplay } from "../policies/tool-replay.ts";
import { hintedRetry } from "../stream/backoff.ts";
import { joinToolRuntimes } from "../tools/define-tool.ts";
import { PLAIN_NATIVE_FORMAT, TEXT_FORMAT } from "../tools/text-channel.ts";
import { NO_TOOLS, type ToolRuntime } from "../tools/tool-runtime.ts";
import { withToolSearch } from "../tools/tool-search.ts";
import type { Harness, TurnInput, TurnPosition } from "../turn/harness.ts";
import type { Policy } from "../turn/policy.ts";
import { driveTurn } from "../turn/run-turn.ts";
import type { TerminalEvent } from "../turn/turn-event.ts";
import { budgetPolicy, turnBudget } from "./budget.ts";
import { type AgentCheckpoint, CHECKPOINT_VERSION, joinCheckpoints } from "./checkpoint.ts";
import { checkpointMoments, daemonOf, type LoopParts, restoreLoop, startedMsOf } from "./checkpoint-moment.ts";
import { createDaemonState, type DaemonState, daemonPolicy, loadSnapshot, saveSnapshot } from "./daemon.ts";
import { liveTools } from "./live-tools.ts";
import { ledgerPolicy } from "./loop-ledger.ts";
import { createLoopState, type LoopState, type LoopStatus } from "./loop-state.ts";
import { closeMcp, connectMcp, mcpRuntime } from "./mcp-tools.ts";
import type { AgentLoopOptions } from "./options.ts";
import { answerReader } from "./read-answer.ts";
import { type AgentLoopResult, buildResult, transcriptOf } from "./result.ts";
import { schemaRetry } from "./schema-retry.ts";
import { sessionRecord } from "./session-record.ts";
import { completion, postTurnCallback, stepRecord, stopAfterTools } from "./step-record.ts";
import { actionRequired, malformedCalls, nudges, singleAnswer } from "./text-turns.ts";
import { toolSearchEvents } from "./tool-search-events.ts";
import { turnRequest } from "./turn-request.ts";
import { turnStart } from "./turn-start.ts";

/**
 * Runs a loop to its end.
 *
 * @throws TurnError when the model or the tools failed; its `cause` is the `ModelError`. A named session has then been
 * stored with all that happened before.
 * @throws HarnError for options that contradict each other, before anything runs
 */
export async function agentLoop(options: AgentLoopOptions): Promise<AgentLoopResult> {
  const { mcpServers = [], tools = NO_TOOLS } = options;
  if (mcpServers.length === 0) return runLoop(options);
  const connections = await connectMcp(mcpServers);
  try {
    return await runLoop({ ...options, tools: joinToolRuntimes([tools, mcpRuntime(connections)]) });
  } finally {
    await closeMcp(connections);
  }
}

async function runLoop(options: AgentLoopOptions): Promise<AgentLoopResult> {
  const from = checkpointIn(options);
  const state = openState(options, from);
  const { skills, daemon, history, position } =
    from === undefined ? await openParts(state) : continueParts(state, from);
  const harness = createHarness(state, skills, daemon);
  if (state.maxIterations === 0) return close(state, skills, daemon, "done", withPrompt(history, options));

  const input = position === undefined ? turnInput(options, history) : continuedInput(options, position);
  const end = await driveTurn(harness, input, emitTo(options));
  if (end === undefined) return close(state, skills, daemon, "interrupt", history);
  const status = statusOf(state, end);
  if (status === "budget_exhausted" && end.type === "turn-end" && end.stopReason === "max_turns") {
    await state.recorder.live({ type: "budget_exhausted", max_iterations: state.maxIterations });
  }
  if (status !== undefined) return close(state, skills, daemon, status, end.finalMessages);
  await close(state, skills, daemon, "failed", end.finalMessages);
  throw (end as Extract<TerminalEvent, { type: "turn-error" }>).error;
}

/** One that was split comes from a snapshot of this release, which was checked as a whole. */
function checkpointIn({ from, record }: AgentLoopOptions): AgentCheckpoint | undefined {
  if (from === undefined) return undefined;
  const isOurs = record !== undefined && "lists" in from && from.version === CHECKPOINT_VERSION;
  return isOurs ? from : joinCheckpoints(from);
}

interface OpenedParts {
  readonly skills: SkillScope;
  readonly daemon: DaemonState | undefined;
  readonly history: readonly RecordedMessage[];
  /** Present: the loop goes on there. */
  readonly position?: TurnPosition;
}

async function openParts(state: LoopState): Promise<OpenedParts> {
  const { options } = state;
  const prior = openHistory(state);
  const daemon = options.daemon === undefined ? undefined : await createDaemonState(state.host, options.daemon);
  const history = daemon === undefined ? prior : await resumeDaemon(state, daemon, prior);
  const skills = createSkillScope(options.skills, state.anonymous ? [] : state.store.activeSkills(state.sessionId));
  return { skills, daemon, history };
}

function continueParts(state: LoopState, from: AgentCheckpoint): OpenedParts {
  const { options } = state;
  const skills = createSkillScope(options.skills);
  const position = restoreLoop(from, state, skills, options.skills?.skills);
  const daemon = options.daemon === undefined ? undefined : daemonOf(from);
  return { skills, daemon, history: position.history, position };
}

function openState(options: AgentLoopOptions, from: AgentCheckpoint | undefined): LoopState {
  const { host, session, tools = NO_TOOLS } = options;
  const clock = () => host.sync("clock.monotonic", {});
  const store = session?.store ?? createSessionStore(host);
  const named = session?.id?.trim() ?? "";
  const anonymous = named === "" || session?.anonymous === true;
  const wanted = from?.sessionId ?? named;
  const sessionId =
    wanted === "" ? host.sync("id.next", { prefix: "agent_session" }) : anonymous ? wanted : store.open(wanted);
  const hasTools = tools.specs().length > 0 || (options.skills?.skills.length ?? 0) > 0;
  const ledger = from?.facts.ledger ?? options.ledger ?? EMPTY_LEDGER;
  const startedMs = from === undefined ? clock() : startedMsOf(from, clock);
  return createLoopState(options, { store, sessionId, anonymous, hasTools, ledger, startedMs });
}

/** AGENT-08: a named session goes on where it was. */
function openHistory(state: LoopState): readonly RecordedMessage[] {
  const given = state.options.priorMessages ?? [];
  if (state.anonymous) return given;
  const { messages, summary } = state.store.prompt(state.sessionId);
  state.summary = summary;
  return [...readMessageDicts(messages), ...given];
}

async function resumeDaemon(
  state: LoopState,
  daemon: DaemonState,
  prior: readonly RecordedMessage[],
): Promise<readonly RecordedMessage[]> {
  const { resumePath, persistPath } = state.options.daemon!;
  state.daemonSnapshotPath = persistPath ?? resumePath;
  if (resumePath === undefined) return prior;
  const history = await loadSnapshot(state, resumePath, daemon);
  state.recordedUpTo = history.length;
  return history;
}

/** A daemon that resumes has the prompt in its history already. */
function turnInput(options: AgentLoopOptions, priorMessages: readonly RecordedMessage[]): TurnInput {
  const { prompt, attachments, system, signal, daemon } = options;
  const isKnown =
    daemon?.resumePath !== undefined &&
    priorMessages.some((message) => message.role === "user" && message.content === prompt);
  return {
    ...(isKnown ? {} : { prompt }),
    ...(attachments === undefined || isKnown ? {} : { attachments }),
    ...(system === undefined ? {} : { system }),
    ...(signal === undefined ? {} : { signal }),
    priorMessages,
  };
}

function continuedInput({ system, signal }: AgentLoopOptions, from: TurnPosition): TurnInput {
  return { from, ...(system === undefined ? {} : { system }), ...(signal === undefined ? {} : { signal }) };
}

function withPrompt(history: readonly RecordedMessage[], { prompt }: AgentLoopOptions): readonly RecordedMessage[] {
  return [...history, { role: "user", content: prompt }];
}

function emitTo({ onTurnEvent }: AgentLoopOptions): Parameters<typeof driveTurn>[2] {
  if (onTurnEvent === undefined) return () => true;
  return (event) => {
    const handled = onTurnEvent(event);
    return handled instanceof Promise ? handled.then(() => true) : true;
  };
}

function createHarness(state: LoopState, skills: SkillScope, daemon: DaemonState | undefined): Harness {
  const { options, host } = state;
  const { toolUse = {}, retry = {}, compaction } = options;
  const llmRetries = retry.llmRetries ?? 3;
  const client = modelClient(state, llmRetries);
  const search =
    toolUse.search === undefined
      ? undefined
      : withToolSearch(options.tools ?? NO_TOOLS, toolSearchEvents(state, toolUse.search));
  const tools = withRuntimeTools(state, search?.tools ?? options.tools ?? NO_TOOLS);
  return {
    host,
    model: client,
    request: options.request,
    tools,
    maxSteps: state.maxIterations,
    stream: {
      retry: hintedRetry(llmRetries, retry.llmBackoffMs ?? 2000),
      unseen: options.onTurnEvent === undefined,
      ...(retry.idleTimeoutMs === undefined ? {} : { idleTimeoutMs: retry.idleTimeoutMs }),
      ...(retry.continuation === undefined ? {} : { continuation: retry.continuation }),
    },
    dispatch: {
      schedule: "ordered",
      ...(toolUse.concurrency === undefined ? {} : { concurrency: toolUse.concurrency }),
      ...(toolUse.timeoutMs === undefined ? {} : { timeoutMs: toolUse.timeoutMs }),
      ...(toolUse.retries === undefined ? {} : { retries: toolUse.retries }),
      ...(toolUse.backoffMs === undefined ? {} : { backoffMs: toolUse.backoffMs }),
    },
    format: state.channel === "native" ? PLAIN_NATIVE_FORMAT : TEXT_FORMAT,
    emptyAnswer: "accept",
    budget: turnBudget(options.budget, options.purse),
    shortenResults: false,
    policies: createPolicies(state, skills, daemon, search?.policies ?? []),
    ...atBoundary({ state, skills, daemon }),
    ...(compaction === undefined
      ? {}
      : {
          compaction: {
            strategy: compaction.strategy,
            client: compaction.client ?? client,
            request: options.request,
            windowTokens: compaction.windowTokens ?? contextWindowOf(options.request.model),
            atEnd: true,
          },
        }),
  };
}

function atBoundary(parts: LoopParts): Pick<Harness, "boundary"> {
  const { onCheckpoint, from } = parts.state.options;
  if (onCheckpoint === undefined) return {};
  const momentAt = checkpointMoments(parts, from !== undefined);
  return { boundary: (turn) => onCheckpoint(momentAt(turn)) };
}

/** Every policy of a loop; their order is their precedence (AGENT-24, AGENT-35). */
function createPolicies(
  state: LoopState,
  skills: SkillScope,
  daemon: DaemonState | undefined,
  search: readonly Policy[],
): readonly Policy[] {
  const { options, recorder, sessionId, grants, calls } = state;
  const { rules = {}, flow = {}, toolUse = {}, compaction } = options;
  const ceiling = effectivePolicy(rules.ceiling, rules.policy);
  const approvals = rules.approvals ?? [];
  const approval = approvals.length === 0 ? undefined : approvals.reduce(intersectApprovals);
  const annotations = ceiling?.toolAnnotations ?? {};
  const list: (Policy | undefined)[] = [
    sessionRecord(state),
    options.skills && skillPolicy(options.skills, skills, recorder),
    turnStart(state),
    turnRequest(state, skills),
    options.retry?.schema && schemaRetry(state, options.retry.schema),
    answerReader(state),
    // Gates and results, in the order in which a call passes them.
    ...search,
    ledgerPolicy(state),
    ceiling && capabilityGate(ceiling, { recorder }),
    rules.permissions && rules.permissions.length > 0
      ? permissionGate(rules.permissions, { sessionId, recorder, grants })
      : undefined,
    approval && approvalGate(approval, { sessionId, annotations, recorder, ask: options.ports?.requestPermission }),
    stepRecord(state),
    planEvents(recorder),
    compaction?.toolOutput && toolOutputLimit(compaction.toolOutput),
    toolUse.hooks && toolHooks(toolUse.hooks),
    argumentSchemaGate(),
    loopDetection(options.loopDetection, recorder, calls),
    toolUse.recordings && toolReplay(toolUse.recordings),
    liveTools(state),
    // Decisions, in order of precedence.
    (options.budget ?? options.purse) && budgetPolicy(options.budget, options.purse),
    flow.stopAfterSuccessfulTools && stopAfterTools(flow.stopAfterSuccessfulTools),
    flow.postTurn && postTurnCallback(state, flow.postTurn),
    completion(state),
    malformedCalls(state),
    actionRequired(state),
    singleAnswer(state),
    daemon && options.daemon && daemonPolicy(state, options.daemon, daemon),
    nudges(state),
  ];
  return list.filter((policy) => policy !== undefined);
}

function effectivePolicy(
  ceiling: CapabilityPolicy | undefined,
  policy: CapabilityPolicy | undefined,
): CapabilityPolicy | undefined {
  return ceiling === undefined || policy === undefined ? (policy ?? ceiling) : intersectPolicies(ceiling, policy);
}

/** Tells the source which call of the loop it is asked for. */
function modelClient(state: LoopState, maxRetries: number): ModelClient {
  const { model, request } = state.options;
  if (typeof model !== "function") return model;
  let iteration = -1;
  let attempt = 0;
  return {
    provider: request.provider,
    stream(input, signal) {
      const current = Math.max(0, state.iterations - state.resumedIterations - 1);
      attempt = current === iteration ? attempt + 1 : 0;
      iteration = current;
      return model({ iteration, attempt, maxRetries }).stream(input, signal);
    },
  };
}

/** `ledger` and `load_skill` are offered like any tool; their calls never reach the runtime. */
function withRuntimeTools(state: LoopState, runtime: ToolRuntime): ToolRuntime {
  const own = [
    ...(isLedgerEmpty(state.ledger) || !state.hasTools ? [] : [LEDGER_TOOL]),
    ...(state.options.skills && state.options.skills.skills.length > 0 ? [LOAD_SKILL_TOOL] : []),
  ];
  if (own.length === 0) return runtime;
  return {
    ...runtime,
    specs: () => [...own, ...runtime.specs()],
    invoke: (call, context) => runtime.invoke(call, context),
  };
}

/** AGENT-40; undefined when the turn failed for another reason than money. */
function statusOf(state: LoopState, end: TerminalEvent): LoopStatus | undefined {
  if (end.type === "turn-error")
    return end.error.modelError?.category === "budget_exceeded" ? "budget_exhausted" : undefined;
  const status = knownStatus(end.stopReason);
  if (status !== "done") return status;
  const required = state.options.flow?.requireSuccessfulTools ?? [];
  if (required.length > 0 && !required.some((name) => state.successfulTools.includes(name))) return "failed";
  return state.options.daemon === undefined ? "done" : "idle";
}

function knownStatus(stopReason: string): LoopStatus {
  switch (stopReason) {
    case "max_turns":
      return "budget_exhausted";
    case "stuck":
    case "budget_exhausted":
    case "idle":
    case "watchdog":
    case "interrupt":
      return stopReason;
    default:
      return "done";
  }
}

/** The end of every loop: deferred messages, snapshot, result, and the session as it is now. */
async function close(
  state: LoopState,
  skills: SkillScope,
  daemon: DaemonState | undefined,
  status: LoopStatus,
  history: readonly RecordedMessage[],
): Promise<AgentLoopResult> {
  state.deferredMessages.push(...((await state.options.ports?.takeMessages?.("end")) ?? []));
  if (daemon !== undefined && state.options.daemon !== undefined) {
    state.daemonState = status;
    await saveSnapshot(state, history, state.options.daemon, daemon);
  }
  const result = buildResult(state, status, history);
  if (!state.anonymous) {
    state.store.store(state.sessionId, transcriptOf(state, history, status === "done" ? "active" : "paused"));
    state.store.setActiveSkills(
      state.sessionId,
      skills.active.map((skill) => skill.name),
    );
  }
  return result;
}
