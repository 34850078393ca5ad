/** Is the model done, and does that count? (AGENT-26 … AGENT-28) */

import type { ParsedAnswer } from "../../llm/index.ts";
import { openItemsFeedback, unresolvedDeliverables } from "../policies/task-ledger.ts";
import { actionNudge, doneForm } from "../policies/turn-shape.ts";
import type { LoopState } from "./loop-state.ts";

/**
 * Text mode with tools: the body of the `<done>` block. Native mode: the sentinel anywhere in the text. No tools: the
 * sentinel in the prose. Everywhere: a `<user_response>`, as long as the model may end the loop by itself.
 */
export function requestsCompletion(state: LoopState, text: string, parsed: ParsedAnswer): boolean {
  const { sentinel, shape, channel, hasTools } = state;
  if (shape.allowDoneSentinel && parsed.userResponse !== undefined) return true;
  if (hasTools && parsed.doneMarker === sentinel) return true;
  if (channel === "native") return text.includes(sentinel);
  return !hasTools && (parsed.prose === "" ? text : parsed.prose).includes(sentinel);
}

/** AGENT-28: the last `next_phase: X` line, when X is another phase than the current one. */
export function announcedPhase(text: string, current: string | undefined): string | undefined {
  if (current === undefined || current.trim() === "") return undefined;
  let announced: string | undefined;
  for (const line of text.split("\n")) {
    const phase = /^\s*next_phase:\s*(\S.*?)\s*$/.exec(line)?.[1];
    if (phase !== undefined) announced = phase;
  }
  return announced === current.trim() ? undefined : announced;
}

export interface CompletionGate {
  readonly kind: "ledger_not_satisfied" | "verification_gate" | "sentinel_without_action";
  readonly feedback: string;
}

/** What stands against a completion, in the order it is told. */
export function completionGates(state: LoopState, callCount: number): readonly CompletionGate[] {
  const gates: CompletionGate[] = [];
  const { exitWhenVerified = false } = state.options.flow ?? {};
  if (unresolvedDeliverables(state.ledger).length > 0) {
    gates.push({ kind: "ledger_not_satisfied", feedback: openItemsFeedback(state.ledger) });
  }
  if (exitWhenVerified && state.lastRunExitCode !== 0) {
    const code = state.lastRunExitCode ?? "none";
    const feedback = `You signalled completion, but verification has not passed (last run exit code: ${code}). Run the verification, mend what fails, and finish then.`;
    gates.push({ kind: "verification_gate", feedback });
  }
  if (state.hasTools && state.toolsUsed.length === 0 && callCount === 0) {
    gates.push({ kind: "sentinel_without_action", feedback: withoutActionText(state) });
  }
  return gates;
}

function withoutActionText(state: LoopState): string {
  const { shape, channel, sentinel } = state;
  const text = shape.allowDoneSentinel
    ? "You signalled completion without having used any tool, so nothing has been done yet. Act first, with one of the tools."
    : "You signalled completion in a stage that does not end that way. Act with one of the tools, or switch phase.";
  const nudge = actionNudge(shape, channel, true, sentinel, false);
  return nudge === undefined ? text : `${text} ${nudge}`;
}

/** AGENT-25: what a persistent loop adds to the system prompt. */
export function persistencePrompt({
  persistent,
  shape,
  channel,
  sentinel,
  hasTools,
  options,
}: LoopState): string | undefined {
  if (!persistent) return undefined;
  const act = hasTools
    ? "Act with tool calls; do not stop to explain."
    : "Solve it directly in your replies; do not stop early to explain or summarise.";
  const keepOn = `IMPORTANT: Keep working until the current request is complete. ${act}`;
  if (!shape.allowDoneSentinel) return keepOn;
  const when =
    options.flow?.exitWhenVerified === true
      ? "Only after the work has passed verification"
      : "When the work is complete";
  return `${keepOn} ${when}, ${doneForm(channel, hasTools, sentinel)}.`;
}
