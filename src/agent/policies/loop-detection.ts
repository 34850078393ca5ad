/**
 * Notices a model that calls the same tool with the same arguments and gets the same result, again and again
 * (DETECT-01 … DETECT-04): first a hint, then a refusal in place of the result, at last the call is not run any more.
 */

import { toolFailure } from "../tools/outcome.ts";
import { plainResultText } from "../turn/history-format.ts";
import type { Policy, SettledCall } from "../turn/policy.ts";
import type { TurnState } from "../turn/turn-state.ts";
import { type Recorder, SILENT_RECORDER } from "./recorder.ts";
import { stableJson, textHash } from "./stable-json.ts";

/** How many identical results it takes. `warn: 0` switches detection off. */
export interface LoopDetectionLimits {
  /** Default 2. */
  readonly warn?: number;
  /** Default 3. */
  readonly block?: number;
  /** Default 4: a call that would be the fourth is not run. */
  readonly skip?: number;
}

/** Which call gave which result: hashes of the tool's name with its arguments, and of the text. */
export type SeenCall = readonly [call: string, result: number];

/** What loop detection knows. It follows from the list, which only grows. */
export interface CallMemory {
  readonly seen: SeenCall[];
  /** How often a call has given its last result in a row. */
  readonly streaks: Map<string, { count: number; result: number }>;
}

export function createCallMemory(): CallMemory {
  return { seen: [], streaks: new Map() };
}

/** @returns how often this call has now given this result in a row */
export function rememberCall({ seen, streaks }: CallMemory, entry: SeenCall): number {
  seen.push(entry);
  const [call, result] = entry;
  const streak = streaks.get(call);
  if (streak?.result === result) return ++streak.count;
  streaks.set(call, { count: 1, result });
  return 1;
}

/** Warns about, then blocks, calls that are repeated with the same result. */
export function loopDetection(
  limits: LoopDetectionLimits = {},
  recorder: Recorder = SILENT_RECORDER,
  memory: CallMemory = createCallMemory(),
): Policy {
  const { warn = 2, block = 3, skip = 4 } = limits;
  const keyOf = ({ name, input }: SettledCall["call"]) => `${name}:${textHash(stableJson(input))}`;
  const report = (turn: TurnState, tool: string, kind: string, count: number) =>
    recorder.trace({ type: "loop_intervention", tool_name: tool, kind, count, iteration: turn.stepIndex });

  return {
    name: "loop-detection",
    gate(turn, call) {
      if (warn === 0) return undefined;
      const next = (memory.streaks.get(keyOf(call))?.count ?? 0) + 1;
      if (next < skip || next === 1) return undefined;
      report(turn, call.name, "skip", next);
      const text = skipText(call.name, next);
      return { kind: "reject", outcome: toolFailure("Denied", text), category: "rejected_loop", text };
    },
    settle(turn, settled) {
      if (warn === 0 || settled.status === "rejected") return settled;
      const { call } = settled;
      const text = plainResultText(settled);
      const count = rememberCall(memory, [keyOf(call), textHash(text)]);
      if (count === 1 || count < warn) return settled;
      if (count >= block) {
        report(turn, call.name, "block", count);
        return { ...settled, text: blockText(call.name, count) };
      }
      report(turn, call.name, "warn", count);
      return { ...settled, text: text + warnText(call.name, count, text) };
    },
  };
}

function warnText(tool: string, count: number, result: string): string {
  const line = result.split("\n", 1)[0]!.slice(0, 200);
  return `\n[LOOP DETECTED] This exact ${tool}() call has produced the same result ${count} times. It said: "${line}". Do something else: another tool, or other arguments.`;
}

function blockText(tool: string, count: number): string {
  return `BLOCKED: ${tool}() has failed ${count} times identically. Repeating it will not help; choose another tool or other arguments.`;
}

function skipText(tool: string, count: number): string {
  return `BLOCKED: ${tool}() was NOT executed (repeated ${count} times identically). It will not be run with these arguments again; change your approach.`;
}
