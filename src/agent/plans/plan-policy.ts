/** Plans that a model states with its plan tools are events of the transcript, and live events for whoever watches. */

import { isJsonObject, type JsonObject } from "../../base/index.ts";
import type { Recorder } from "../policies/recorder.ts";
import type { Policy } from "../turn/policy.ts";
import { EMIT_PLAN, planArtifact, planEntries, renderPlan, UPDATE_PLAN } from "./plan-artifact.ts";

export function planEvents(recorder: Recorder): Policy {
  return {
    name: "plan-events",
    async settle(_turn, settled) {
      const { call, status, outcome } = settled;
      if (status !== "ok" || (call.name !== EMIT_PLAN && call.name !== UPDATE_PLAN)) return settled;
      const plan = statedPlan(outcome.output) ?? planArtifact(call.name, call.input);
      recorder.transcript({
        kind: "plan",
        role: "assistant",
        visibility: "public",
        text: renderPlan(plan),
        metadata: { plan, entries: planEntries(plan), tool_name: call.name, tool_use_id: call.id },
      });
      await recorder.live({ type: "plan", plan });
      return settled;
    },
  };
}

/** A handler of the program may have answered with a plan of its own. */
function statedPlan(output: { readonly ok: boolean; readonly value?: unknown }): JsonObject | undefined {
  const { value } = output;
  return isJsonObject(value) && value["_type"] === "plan_artifact" ? value : undefined;
}
