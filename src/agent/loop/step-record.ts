/** Bookkeeping after each iteration: counters, feedback that had to wait, the end of the turn for subscribers. */

import { isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import { feedbackMessage } from "../policies/feedback.ts";
import { plainResultText } from "../turn/history-format.ts";
import type { CompletedStep, Decision, Policy, SettledCall } from "../turn/policy.ts";
import { appendMessages, type TurnState } from "../turn/turn-state.ts";
import type { LoopState } from "./loop-state.ts";
import { deliverMessages } from "./turn-start.ts";

/** First of the deciding policies; never decides itself. */
export function stepRecord(state: LoopState): Policy {
  return {
    name: "step-record",
    settle(_turn, settled) {
      // Rendered once: the policies that follow, history, transcript and events all show this text.
      const text = plainResultText(settled);
      if (settled.call.name === "run") noteExitCode(state, text);
      return { ...settled, text };
    },
    async decide(turn, step) {
      appendMessages(turn, state.pendingFeedback);
      state.pendingFeedback = [];
      if (step.answer.calls.length === 0) return undefined;
      state.textOnlyTurns = 0;
      state.singleToolTurns = step.answer.calls.length === 1 ? state.singleToolTurns + 1 : 0;
      await deliverMessages(state, turn, "after_operation");
      // It lists all tools of the session, which grows: made only for somebody.
      if (!isWatched(state)) return undefined;
      const { type: _type, ...info } = turnInfo(state, turn, step);
      await state.recorder.live({ type: "turn_end", iteration: turn.stepIndex, turn_info: info });
      return undefined;
    },
  };
}

function isWatched({ options, store, sessionId }: LoopState): boolean {
  return options.onEvent !== undefined || store.subscribers(sessionId).length > 0;
}

/** AGENT-38: what the result of a `run` says about how it ended; says nothing: the last one stands. */
function noteExitCode(state: LoopState, text: string): void {
  if (/exit_code=0\b|Command succeeded|success=true/.test(text)) state.lastRunExitCode = 0;
  else if (/exit_code=|Command failed|success=false/.test(text)) state.lastRunExitCode = 1;
}

/** AGENT-37: what `post_turn_callback` and subscribers of `turn_end` get. */
function turnInfo(state: LoopState, turn: TurnState, { answer, settled }: CompletedStep): JsonObject {
  const results = settled.map(({ call, status }) => ({
    tool_name: call.name,
    status,
    rejected: status === "rejected",
  }));
  return {
    type: "turn",
    tool_names: answer.calls.map((call) => call.name),
    tool_results: results,
    successful_tool_names: successfulNames(settled),
    tool_count: answer.calls.length,
    iteration: turn.stepIndex,
    failed: results.some((result) => result.status !== "ok") || state.reading.parseErrors.length > 0,
    consecutive_single_tool_turns: state.singleToolTurns,
    session_tools_used: [...state.toolsUsed],
    session_successful_tools: [...state.successfulTools],
  };
}

function successfulNames(settled: readonly SettledCall[]): readonly string[] {
  return settled.filter(({ status }) => status === "ok").map(({ call }) => call.name);
}

/** AGENT-15. */
export function stopAfterTools(names: readonly string[]): Policy {
  return {
    name: "stop-after-successful-tools",
    start(turn) {
      const known = turn.tools.map((tool) => tool.name);
      const unknown = names.filter((name) => !known.includes(name));
      if (unknown.length === 0) return;
      const message = "stop_after_successful_tools names tools that do not exist and will never stop the loop";
      turn.harness.host.sync("log.write", { level: "warn", message, fields: { names: unknown } });
    },
    decide(_turn, { settled }) {
      return successfulNames(settled).some((name) => names.includes(name)) ? DONE : undefined;
    },
  };
}

/** AGENT-16, AGENT-37: nil and the empty string do nothing, a string is told, true stops, a dict does both. */
export function postTurnCallback(state: LoopState, callback: (turn: JsonObject) => unknown): Policy {
  return {
    name: "post-turn-callback",
    async decide(turn, step) {
      if (step.answer.calls.length === 0) return undefined;
      const { type: _type, ...info } = turnInfo(state, turn, step);
      const { message, stop } = readCallbackAnswer(await callback(info));
      if (message.trim() !== "") appendMessages(turn, [feedbackMessage("post_turn_callback", message)]);
      return stop ? DONE : undefined;
    },
  };
}

function readCallbackAnswer(answer: unknown): { message: string; stop: boolean } {
  if (typeof answer === "boolean") return { message: "", stop: answer };
  if (typeof answer === "string") return { message: answer, stop: false };
  if (!isJsonObject(answer)) return { message: "", stop: false };
  const message: Json | undefined = answer["message"];
  return { message: typeof message === "string" ? message : "", stop: answer["stop"] === true };
}

/** Completion that was asked for and accepted; calls of the same turn have run by now. */
export function completion(state: LoopState): Policy {
  return {
    name: "completion",
    decide: () => (state.reading.completionAccepted ? DONE : undefined),
  };
}

export const DONE: Decision = { kind: "stop", stopReason: "done" };
export const CONTINUE: Decision = { kind: "continue" };
