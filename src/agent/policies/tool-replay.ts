/** Tools that are recorded, or whose recorded results stand for running them (REPLAY-05, REPLAY-06, AGENT-35). */

import type { ToolRecordings } from "../../llm/index.ts";
import { toolFailure, toolSuccess } from "../tools/outcome.ts";
import { plainResultText } from "../turn/history-format.ts";
import type { GateVerdict, Policy, SettledCall } from "../turn/policy.ts";

/**
 * The last gate: rules are asked about a recorded call as about any other. What is recorded is the result of the tool
 * itself, so hooks and loop detection see the same on replay. A call without a record runs.
 */
export function toolReplay(recordings: ToolRecordings): Policy {
  return {
    name: "tool-replay",
    gate(_turn, { name, input }): GateVerdict | undefined {
      const record = recordings.find(name, input);
      if (record === undefined) return undefined;
      const text = record.result;
      if (record.isRejected) {
        return { kind: "reject", outcome: toolFailure("Denied", text), category: "permission_denied", text };
      }
      return { kind: "answer", outcome: record.isError ? toolFailure("Runtime", text) : toolSuccess(text), text };
    },
    settle(turn, settled) {
      if (recordings.mode !== "record") return settled;
      const { call, status, executionMs } = settled;
      recordings.record({
        toolName: call.name,
        toolUseId: call.id,
        args: call.input,
        result: ownText(settled),
        isRejected: status === "rejected",
        ...(status === "error" ? { isError: true } : {}),
        durationMs: Math.round(executionMs),
        iteration: turn.stepIndex,
        timestamp: new Date(turn.harness.host.sync("clock.now", {})).toISOString(),
      });
      return settled;
    },
  };
}

/** Without what policies have made of it. */
function ownText({ text: _text, ...settled }: SettledCall): string {
  return plainResultText(settled);
}
