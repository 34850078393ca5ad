/** How a refused call looks to the model (AGENT-35). */

import type { Json } from "../../base/index.ts";
import { toolFailure } from "../tools/outcome.ts";
import type { GateVerdict } from "../turn/policy.ts";

export function denyCall(tool: string, reason: string): Extract<GateVerdict, { kind: "reject" }> {
  return {
    kind: "reject",
    outcome: toolFailure("Denied", reason),
    category: "permission_denied",
    text: denialText(tool, reason),
  };
}

export function denialText(tool: string, reason: string): string {
  const denial: Json = { error: "permission_denied", tool, reason };
  return JSON.stringify(denial, null, 2);
}
