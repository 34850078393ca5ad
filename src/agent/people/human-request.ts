/** Questions to people, and what comes back, as plain data. */

import type { Json, JsonObject } from "../../base/index.ts";

export type HumanRequestKind = "question" | "approval" | "dual_control" | "escalation";

export const HUMAN_REQUEST_KINDS: readonly HumanRequestKind[] = ["question", "approval", "dual_control", "escalation"];

export interface HumanRequest {
  /** `hitl_<kind>_…`; answers are given by it. */
  readonly id: string;
  readonly kind: HumanRequestKind;
  /** Session or agent that asks; empty outside of any. */
  readonly agent: string;
  readonly traceId: string;
  /** RFC 3339. */
  readonly requestedAt: string;
  /** One line for people. */
  readonly prompt: string;
  /** Whose word counts; empty: anybody's. */
  readonly approvers: readonly string[];
  /** Everything else that whoever shows the request may need. */
  readonly payload: JsonObject;
}

export interface HumanResponse {
  readonly answer?: Json;
  readonly approved?: boolean;
  readonly accepted?: boolean;
  readonly reviewer?: string;
  readonly reason?: string;
  /** RFC 3339; default: when it arrived. */
  readonly respondedAt?: string;
  /** The host's own receipt; default: a digest. */
  readonly signature?: string;
}

/** `{approved, reviewers, approved_at, reason, signatures}` */
export interface ApprovalRecord extends JsonObject {
  readonly approved: true;
  readonly reviewers: readonly string[];
  readonly approved_at: string;
  readonly reason: string | null;
  readonly signatures: readonly { readonly reviewer: string; readonly signed_at: string; readonly signature: string }[];
}

/** A response as hosts and tests write it. Undefined unless it is a dict. */
export function readHumanResponse(value: unknown): HumanResponse | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const dict = value as JsonObject;
  const text = (key: string) => {
    const found = dict[key];
    return found === undefined || found === null
      ? undefined
      : typeof found === "string"
        ? found
        : JSON.stringify(found);
  };
  const flag = (key: string) => (typeof dict[key] === "boolean" ? dict[key] : undefined);
  return stripped({
    answer: dict["answer"],
    approved: flag("approved"),
    accepted: flag("accepted"),
    reviewer: text("reviewer"),
    reason: text("reason"),
    respondedAt: text("responded_at"),
    signature: text("signature"),
  });
}

function stripped(fields: { readonly [K in keyof HumanResponse]: HumanResponse[K] | undefined }): HumanResponse {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as HumanResponse;
}
