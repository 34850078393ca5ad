/** Refuses calls whose input does not fit the tool's schema, before anybody counts them as work (AGENT-35). */

import { invalidInputMessage } from "../tools/describe-input.ts";
import { toolFailure } from "../tools/outcome.ts";
import { inputViolation } from "../tools/repair-input.ts";
import type { Policy } from "../turn/policy.ts";

export function argumentSchemaGate(): Policy {
  return {
    name: "argument-schema",
    gate(turn, call) {
      const spec = turn.toolsByName.get(call.name);
      const violation = spec === undefined ? undefined : inputViolation(spec.inputSchema, call.input);
      if (spec === undefined || violation === undefined) return undefined;
      const outcome = toolFailure(
        "InvalidInput",
        invalidInputMessage(call.name, violation, call.input, spec.inputSchema),
      );
      return { kind: "reject", outcome, category: "schema_validation" };
    },
  };
}
