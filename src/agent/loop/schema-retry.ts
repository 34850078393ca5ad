/** Asks again when a structured answer does not fit its schema; here the nudge stays in the history (AGENT-18). */

import { buildSchemaNudge } from "../../llm/index.ts";
import { feedbackMessage } from "../policies/feedback.ts";
import type { Policy } from "../turn/policy.ts";
import type { LoopState } from "./loop-state.ts";
import type { SchemaRetryOptions } from "./options.ts";

export function schemaRetry(state: LoopState, options: SchemaRetryOptions): Policy {
  let attempts = 0;
  let step = -1;
  return {
    name: "schema-retry",
    async review(turn, answer) {
      if (answer.calls.length > 0) return undefined;
      if (turn.stepIndex !== step) {
        step = turn.stepIndex;
        attempts = 0;
      }
      if (attempts >= options.retries) return undefined;
      const errors = await options.check(answer.text);
      if (errors.length === 0) return undefined;
      attempts++;
      const prompt = buildSchemaNudge(errors, options.jsonSchema, options.nudge);
      state.recorder.trace({
        type: "schema_retry",
        attempt: attempts,
        errors,
        nudge_used: prompt !== "",
        correction_prompt: prompt,
      });
      return { messages: prompt === "" ? [] : [feedbackMessage("schema_retry", prompt)] };
    },
  };
}
