/**
 * Reads an answer in the loop's protocol (section 31): finds calls in its text, separates prose from control blocks,
 * notices that the model is done, and prepares what the model will be told about its mistakes.
 */

import { type ParsedAnswer, parseTextAnswer, type ToolSpec } from "../../llm/index.ts";
import { feedbackMessage } from "../policies/feedback.ts";
import { cutProse, isProseTooLong } from "../policies/turn-shape.ts";
import { repairToolInput } from "../tools/repair-input.ts";
import { callBlock, cutHistoryText } from "../tools/text-channel.ts";
import { NO_CALLS, type ToolInvocation } from "../tools/tool-runtime.ts";
import { claimCallId } from "../turn/decode-calls.ts";
import type { Answer, Policy } from "../turn/policy.ts";
import type { TurnState } from "../turn/turn-state.ts";
import { announcedPhase, completionGates, requestsCompletion } from "./completion.ts";
import type { LoopState } from "./loop-state.ts";

export function answerReader(state: LoopState): Policy {
  return {
    name: "read-answer",
    answer(turn, answer) {
      const text = withPrefill(state, answer.text);
      state.totalText += text;
      noteAnswer(state, turn, { ...answer, text });
      const parsed = parseTextAnswer(
        text,
        turn.tools.map((tool) => tool.name),
      );
      const fromText = answer.calls.length === 0 && state.hasTools;
      const parseErrors = fromText ? parsed.errors : [];
      const calls = fromText ? callsFromText(state, turn, parsed) : answer.calls;
      const prose = parsed.prose === "" ? text : parsed.prose;

      tellParseErrors(state, parseErrors, calls.length);
      if (parsed.violations.length > 0 && state.hasTools && state.channel === "text" && fromText) {
        tell(state, "protocol_violation", violationText(parsed.violations));
      }
      const phaseChange = announcedPhase(text, state.options.flow?.breakUnlessPhase);
      if (phaseChange !== undefined) tracePhase(state, turn, phaseChange);
      const completionRequested = requestsCompletion(state, text, parsed);
      const proseTooLong = isProseTooLong(prose, state.shape);
      const shaped = cutProse(prose, state.shape);
      state.lastText = [shaped, parsed.doneMarker === undefined ? "" : `<done>${parsed.doneMarker}</done>`]
        .filter((part) => part !== "")
        .join("\n\n");
      state.reading = {
        text,
        prose,
        proseTooLong,
        parseErrors,
        completionRequested,
        phaseChange,
        completionAccepted:
          state.persistent && (phaseChange !== undefined || (completionRequested && passesGates(state, calls.length))),
      };
      return {
        ...answer,
        text,
        calls,
        historyText: historyText(state, text, parsed, calls, parseErrors.length, proseTooLong),
      };
    },
  };
}

/** EVENT-04: a prefill counts once, and is put in front of an answer that does not repeat it. */
function withPrefill(state: LoopState, text: string): string {
  const { prefill } = state;
  state.prefill = undefined;
  return prefill === undefined || text.startsWith(prefill) ? text : prefill + text;
}

function noteAnswer(state: LoopState, turn: TurnState, answer: Answer): void {
  const { model } = turn.harness.request;
  const { usage, calls } = answer;
  state.recorder.transcript({ of: "answer", model, mode: state.channel, usage, calls });
  const reasoning = answer.thinking.map((part) => part.text).join("");
  if (reasoning === "") return;
  state.recorder.transcript({ kind: "private_reasoning", role: "assistant", visibility: "private", text: reasoning });
}

/** Calls that the model wrote into its text; in native mode they count only as far as the fallback rule lets them. */
function callsFromText(state: LoopState, turn: TurnState, parsed: ParsedAnswer): readonly ToolInvocation[] {
  if (parsed.calls.length === 0) return NO_CALLS;
  const calls = parsed.calls.map((call) =>
    repaired(turn.toolsByName.get(call.name), { id: call.id, name: call.name, input: call.arguments }),
  );
  if (state.channel === "text") return calls;
  // These go back as calls of the provider's channel, where ids count.
  return acceptsFallback(state, turn, parsed) ? calls.map((call) => ({ ...call, id: claimCallId(turn, call.id) })) : [];
}

function repaired(spec: ToolSpec | undefined, call: ToolInvocation): ToolInvocation {
  const repair = spec === undefined ? undefined : repairToolInput(spec.inputSchema, call.input);
  return repair === undefined ? call : { ...call, input: repair.input };
}

/** AGENT-19. */
function acceptsFallback(state: LoopState, turn: TurnState, parsed: ParsedAnswer): boolean {
  const rule = state.options.toolUse?.nativeFallback ?? "allow";
  const index = ++state.nativeFallbacks;
  const accepted = rule === "allow" || (rule === "allow_once" && index === 1);
  const facts = { accepted, policy: rule, fallback_index: index, tool_call_count: parsed.calls.length };
  state.recorder.trace({ type: "native_tool_fallback", iteration: turn.stepIndex, ...facts });
  state.recorder.transcript({
    kind: "native_tool_fallback",
    role: "assistant",
    visibility: "internal",
    text: "",
    metadata: { ...facts, tool_parse_error_count: parsed.errors.length },
  });
  if (!accepted) {
    tell(
      state,
      "native_tool_contract",
      `This stage calls tools through the provider's own channel, and your last answer wrote the call as text instead (fallback ${index}, rule \`${rule}\`). Make the same call again through the tool channel; text such as \`<tool_call>\` or \`name({ ... })\` is not run.`,
    );
  }
  return accepted;
}

/** AGENT-33: how to write a call when none could be read, else only what was wrong with those that could not. */
function tellParseErrors(state: LoopState, errors: readonly string[], readable: number): void {
  if (errors.length === 0) return;
  if (readable > 0) {
    tell(
      state,
      "parse_error",
      `${readable} call(s) of your last answer have been run. These could not be read:\n\n${errors.join("\n\n")}`,
    );
    return;
  }
  const example =
    'edit({\n  path: "main.go",\n  content: <<EOF\npackage main\n// backticks and "quotes" need no escaping here\nEOF\n})';
  tell(
    state,
    "parse_guidance",
    `Your tool call could not be read: ${errors.slice(0, 2).join("; ")}\n\nWrite text over several lines as a heredoc:\n\n${example}`,
  );
}

function violationText(violations: readonly string[]): string {
  return `Your answer broke the response protocol:\n- ${violations.join("\n- ")}\n\nUse only the blocks <tool_call>, <assistant_prose>, <user_response> and <done>, with nothing but white space between them. What a tool should get goes into its arguments, not into prose.`;
}

/** AGENT-27. */
function passesGates(state: LoopState, callCount: number): boolean {
  const gates = completionGates(state, callCount);
  for (const gate of gates) {
    tell(state, gate.kind, gate.feedback);
    if (gate.kind === "ledger_not_satisfied") state.ledgerRejections++;
  }
  return gates.length === 0;
}

function tell(state: LoopState, kind: string, text: string): void {
  state.pendingFeedback.push(feedbackMessage(kind, text));
}

/** TOOL-02, POLICY-04: what history repeats of the answer, so that it does not teach the model its own mistakes. */
function historyText(
  state: LoopState,
  text: string,
  parsed: ParsedAnswer,
  calls: readonly ToolInvocation[],
  malformed: number,
  proseTooLong: boolean,
): string {
  if (state.channel === "native") return proseTooLong ? cutProse(text, state.shape) : text;
  if (malformed > 0) {
    const names = calls.map((call) => call.name).join(", ");
    return `<assistant turn shortened: ${calls.length} tool call(s) ran (${names}), ${malformed} malformed call(s) were rejected; see what follows.>`;
  }
  if (!state.hasTools) return cutHistoryText(proseTooLong ? cutProse(text, state.shape) : text.trim());
  const written = parsed.calls.length > 0 || calls.length === 0 ? [] : calls.map(callBlock);
  const canonical = parsed.canonical.trim() === "" ? text.trim() : parsed.canonical.trim();
  const shaped = proseTooLong
    ? canonical.replace(parsed.prose.trim(), () => cutProse(parsed.prose, state.shape))
    : canonical;
  return cutHistoryText([shaped, ...written].filter((part) => part !== "").join("\n\n"));
}

function tracePhase(state: LoopState, turn: TurnState, toPhase: string): void {
  const fromPhase = state.options.flow?.breakUnlessPhase ?? "";
  state.recorder.trace({ type: "phase_change", from_phase: fromPhase, to_phase: toPhase, iteration: turn.stepIndex });
}
