/** The loop answers `ledger` calls itself (LEDGER-06). */

import { applyLedgerCall, isLedgerEmpty, LEDGER_TOOL } from "../policies/task-ledger.ts";
import { toolFailure, toolSuccess } from "../tools/outcome.ts";
import type { Policy } from "../turn/policy.ts";
import { addOnce, type LoopState } from "./loop-state.ts";

export function ledgerPolicy(state: LoopState): Policy {
  return {
    name: "task-ledger",
    gate(_turn, call) {
      if (call.name !== LEDGER_TOOL.name) return undefined;
      if (isLedgerEmpty(state.ledger)) {
        addOnce(state.rejectedTools, LEDGER_TOOL.name);
        const text = "<tool_result>ledger unavailable: no task ledger is active in this turn</tool_result>";
        return {
          kind: "reject",
          outcome: toolFailure("Denied", "no task ledger is active"),
          category: "tool_error",
          text,
        };
      }
      const change = applyLedgerCall(state.ledger, call.input);
      if (!change.ok) {
        return {
          kind: "answer",
          outcome: toolFailure("InvalidInput", change.error),
          text: `<tool_result>ledger error: ${change.error}</tool_result>`,
        };
      }
      state.ledger = change.ledger;
      return {
        kind: "answer",
        outcome: toolSuccess(change.summary),
        text: `<tool_result>ledger: ${change.summary}</tool_result>`,
      };
    },
  };
}
