/**
 * Phase 5: run the calls of a step (LOOP-39 … LOOP-43, LOOP-66, LOOP-70 … LOOP-78, AGENT-34, AGENT-35).
 *
 * Gates are passed and results are settled in call order whatever runs at the same time, so bookkeeping never depends
 * on which tool was faster.
 */

import { CANCELLED } from "../cancel/cancellation.ts";
import { invalidInputMessage } from "../tools/describe-input.ts";
import { type InvokeResult, invokeTool } from "../tools/invoke-tool.ts";
import { failureText, type ToolOutcome, toolFailure } from "../tools/outcome.ts";
import { isReadOnly, type Purse, type ToolInvocation } from "../tools/tool-runtime.ts";
import { askGate, passThrough } from "./ask-policies.ts";
import { NATIVE_FORMAT } from "./history-format.ts";
import type { CallStatus, GateVerdict, SettledCall, ToolErrorCategory } from "./policy.ts";
import { TurnError } from "./turn-error.ts";
import {
  appendMessages,
  isCancelled,
  observe,
  persistHistory,
  stoppedOutcome,
  type TurnOutcome,
  type TurnState,
} from "./turn-state.ts";
import { addUsage } from "./usage.ts";

/** A call between its first gate and its last settling. */
interface OpenCall {
  call: ToolInvocation;
  readonly startedMs: number;
  /** Set by a gate: the call does not run. */
  verdict: Exclude<GateVerdict, { kind: "modify" }> | undefined;
  result: InvokeResult | undefined;
  executionMs: number;
}

type Stopped = { readonly kind: "stopped" };
type Fatal = { readonly kind: "fatal"; readonly error: TurnError };

/** Records the answer, then runs its calls and records their results. */
export async function dispatch(turn: TurnState): Promise<TurnOutcome | undefined> {
  const answer = turn.step.answer!;
  const format = turn.harness.format ?? NATIVE_FORMAT;
  const message = format.assistantMessage(answer);
  if (message !== undefined) appendMessages(turn, [message]);
  if (answer.calls.length === 0) {
    await persistHistory(turn);
    return undefined;
  }
  for (const { id, name, input } of answer.calls) {
    if (!(await turn.emit({ type: "tool-call", id, name, input }))) return { kind: "abandoned" };
  }
  const settled: SettledCall[] = [];
  const broken = await runCalls(turn, answer.calls, settled);
  if (broken?.kind === "stopped") return stoppedOutcome(turn);

  turn.step.settled = settled;
  turn.ranTools = settled.length > 0;
  appendMessages(turn, format.resultMessages(settled));
  for (const { call, outcome } of settled) {
    const { output } = outcome;
    const shown = output.ok ? output : ({ ok: false, error: failureText(output.failure) } as const);
    if (!(await turn.emit({ type: "tool-result", id: call.id, output: shown }))) return { kind: "abandoned" };
  }
  if (broken !== undefined) return { kind: "error", error: broken.error };
  await persistHistory(turn);
  return undefined;
}

/** Fills `settled` in call order; a return value says why not all calls are in it. */
async function runCalls(
  turn: TurnState,
  calls: readonly ToolInvocation[],
  settled: SettledCall[],
): Promise<Stopped | Fatal | undefined> {
  const together = countTogether(turn, calls);
  const groups = [calls.slice(0, together), ...calls.slice(together).map((call) => [call])];
  for (const group of groups) {
    const open: OpenCall[] = [];
    for (const call of group) {
      const gated = await passGates(turn, call);
      if (gated === CANCELLED) return { kind: "stopped" };
      open.push(gated);
    }
    await runOpenCalls(turn, open);
    if (isCancelled(turn)) return { kind: "stopped" };
    for (const entry of open) {
      if (entry.result?.kind === "fatal") return { kind: "fatal", error: toolRuntimeError(entry.result) };
      const one = await settleCall(turn, entry);
      if (one === CANCELLED) return { kind: "stopped" };
      settled.push(one);
    }
  }
  return undefined;
}

/** How many calls from the start may run at the same time; the rest run one by one. */
function countTogether(turn: TurnState, calls: readonly ToolInvocation[]): number {
  if (turn.harness.dispatch?.schedule !== "ordered") return calls.length;
  const firstOther = calls.findIndex((call) => !isReadOnly(turn.harness.tools, call.name));
  const readOnly = firstOther === -1 ? calls.length : firstOther;
  return readOnly >= 2 ? readOnly : 0;
}

async function passGates(turn: TurnState, call: ToolInvocation): Promise<OpenCall | typeof CANCELLED> {
  const startedMs = turn.harness.host.sync("clock.monotonic", {});
  const open: OpenCall = { call, startedMs, verdict: undefined, result: undefined, executionMs: 0 };
  await observe(turn, { type: "call-pending", call });
  if (call.unusable !== undefined) {
    const outcome = toolFailure("InvalidInput", invalidInputMessage(call.name, call.unusable, call.input));
    open.verdict = { kind: "reject", outcome, category: "schema_validation" };
    return open;
  }
  for (const policy of turn.policies) {
    if (policy.gate === undefined) continue;
    const verdict = await askGate(turn, policy, open.call);
    if (verdict === CANCELLED) return CANCELLED;
    if (verdict === undefined) continue;
    if (verdict.kind !== "modify") {
      open.verdict = verdict;
      return open;
    }
    open.call = { ...open.call, input: verdict.input };
  }
  return open;
}

async function runOpenCalls(turn: TurnState, open: readonly OpenCall[]): Promise<void> {
  const waiting = open.filter((entry) => entry.verdict === undefined);
  const lanes = Math.max(1, Math.min(turn.harness.dispatch?.concurrency ?? waiting.length, waiting.length));
  let next = 0;
  const work = async () => {
    for (let entry = waiting[next++]; entry !== undefined; entry = waiting[next++]) await runOpenCall(turn, entry);
  };
  await Promise.all(Array.from({ length: lanes }, work));
}

async function runOpenCall(turn: TurnState, entry: OpenCall): Promise<void> {
  const { host, tools, dispatch: settings = {} } = turn.harness;
  await observe(turn, { type: "call-running", call: entry.call });
  const started = host.sync("clock.monotonic", {});
  const { timeoutMs, retries, backoffMs } = settings;
  entry.result = await invokeTool(
    entry.call,
    { host, runtime: tools, purse: purseOf(turn), timeoutMs, retries, backoffMs },
    turn.cancel,
  );
  entry.executionMs = host.sync("clock.monotonic", {}) - started;
}

function purseOf({ accounts, harness }: TurnState): Purse {
  return {
    charge(usage) {
      accounts.delegated = addUsage(accounts.delegated, usage);
      harness.budget?.passOn(usage);
    },
    isSpent: () => harness.budget?.isSpent(accounts) ?? false,
  };
}

async function settleCall(turn: TurnState, entry: OpenCall): Promise<SettledCall | typeof CANCELLED> {
  const { verdict, result } = entry;
  let outcome: ToolOutcome;
  if (verdict !== undefined) outcome = verdict.outcome;
  else if (result?.kind === "settled") outcome = result.outcome;
  else return CANCELLED;
  const status = statusOf(outcome, verdict);
  const category = verdict?.kind === "reject" ? verdict.category : categoryOf(outcome);
  const draft: SettledCall = {
    call: entry.call,
    outcome,
    status,
    durationMs: turn.harness.host.sync("clock.monotonic", {}) - entry.startedMs,
    executionMs: entry.executionMs,
    ...(verdict?.text === undefined ? {} : { text: verdict.text }),
    ...(category === undefined ? {} : { category }),
  };
  const settled = await passThrough(turn, draft, (policy, current) => policy.settle?.(turn, current));
  if (settled !== CANCELLED) await observe(turn, { type: "call-settled", settled });
  return settled;
}

function statusOf({ output }: ToolOutcome, verdict: OpenCall["verdict"]): CallStatus {
  if (verdict?.kind === "reject") return "rejected";
  if (output.ok) return "ok";
  return output.failure.kind === "Denied" ? "rejected" : "error";
}

function categoryOf({ output }: ToolOutcome): ToolErrorCategory | undefined {
  if (output.ok) return undefined;
  switch (output.failure.kind) {
    case "InvalidInput":
      return "schema_validation";
    case "Timeout":
      return "timeout";
    case "Denied":
      return "permission_denied";
    case "NotFound":
    case "NonZeroExit":
    case "Runtime":
      return "tool_error";
  }
}

function toolRuntimeError({ message, cause }: Extract<InvokeResult, { kind: "fatal" }>): TurnError {
  return new TurnError("tool-runtime", message, { cause });
}
