/** What a program asks people: a question, an approval, two pairs of eyes, a hand-over. Payloads as hosts know them. */

import type { Json, JsonObject } from "../../base/index.ts";
import { type AskOptions, type HumanDesk, PEOPLE_TIMEOUT_MS } from "./human-desk.ts";
import type { ApprovalRecord } from "./human-request.ts";

type Who = Pick<AskOptions, "agent" | "port" | "signal">;

export interface Question extends Who {
  readonly prompt: string;
  /** Shown beside the question; answers are checked by whoever asked. */
  readonly schema?: Json;
  readonly default?: Json;
  readonly timeoutMs?: number;
}

/** @throws HumanError `timeout` */
export function askQuestion(desk: HumanDesk, question: Question): Promise<Json> {
  const { prompt, schema, timeoutMs = PEOPLE_TIMEOUT_MS } = question;
  return desk.ask({
    ...who(question),
    kind: "question",
    prompt,
    timeoutMs,
    payload: () => ({ prompt, schema: schema ?? null, default: question.default ?? null, timeout_ms: timeoutMs }),
  });
}

export interface ApprovalQuestion extends Who {
  readonly action: string;
  readonly detail?: Json;
  /** What the action would be called with; default: the detail. */
  readonly args?: Json;
  /** Default 1. */
  readonly quorum?: number;
  readonly reviewers?: readonly string[];
  readonly deadlineMs?: number;
  /** On whose behalf; default: the agent. */
  readonly principal?: string;
  readonly evidenceRefs?: readonly Json[];
  readonly undoMetadata?: Json;
  readonly capabilitiesRequested?: readonly string[];
}

/** @throws HumanError `timeout` or `denied` */
export async function requestApproval(desk: HumanDesk, question: ApprovalQuestion): Promise<ApprovalRecord> {
  const { action, detail = null, quorum = 1, reviewers = [], deadlineMs = PEOPLE_TIMEOUT_MS } = question;
  const { record } = await desk.approve({
    ...who(question),
    kind: "approval",
    prompt: action,
    approvers: reviewers,
    quorum,
    timeoutMs: deadlineMs,
    payload(id, requestedAt) {
      const request: JsonObject = {
        id,
        action,
        args: question.args ?? detail,
        principal: question.principal ?? question.agent ?? "",
        requested_at: requestedAt,
        deadline: later(requestedAt, deadlineMs),
        approvers_required: quorum,
        evidence_refs: question.evidenceRefs ?? [],
        undo_metadata: question.undoMetadata ?? null,
        capabilities_requested: question.capabilitiesRequested ?? [],
      };
      return { approval_request: request, ...request, detail, quorum, reviewers, deadline_ms: deadlineMs };
    },
  });
  return record;
}

export interface DualControl extends Who {
  readonly action: string;
  readonly required: number;
  readonly of: number;
  readonly approvers?: readonly string[];
}

/** @throws HumanError `timeout` or `denied` */
export async function requestDualControl(desk: HumanDesk, control: DualControl): Promise<ApprovalRecord> {
  const { action, required, of, approvers = [] } = control;
  const { record } = await desk.approve({
    ...who(control),
    kind: "dual_control",
    prompt: action,
    approvers,
    quorum: required,
    timeoutMs: PEOPLE_TIMEOUT_MS,
    payload(id, requestedAt) {
      const request: JsonObject = {
        id,
        action,
        args: { n: required, m: of, approvers },
        principal: control.agent ?? "",
        requested_at: requestedAt,
        deadline: later(requestedAt, PEOPLE_TIMEOUT_MS),
        approvers_required: required,
      };
      return { approval_request: request, ...request, n: required, m: of, approvers, deadline_ms: PEOPLE_TIMEOUT_MS };
    },
  });
  return record;
}

export interface Escalation extends Who {
  readonly role: string;
  readonly reason: string;
  /** The ceiling under which whoever asks works. */
  readonly capabilityPolicy?: JsonObject;
}

/** Waits until somebody accepts, however long; the handle that programs get (EscalationHandle). */
export async function escalateTo(desk: HumanDesk, escalation: Escalation): Promise<JsonObject> {
  const { role, reason, capabilityPolicy = null } = escalation;
  const { request, response } = await desk.escalate({
    ...who(escalation),
    kind: "escalation",
    prompt: `${role}: ${reason}`,
    payload: () => ({ role, reason, capability_policy: capabilityPolicy }),
  });
  const accepted = response.accepted ?? true;
  return {
    request_id: request.id,
    role,
    reason,
    trace_id: request.traceId,
    status: accepted ? "accepted" : "pending",
    accepted_at: accepted ? (response.respondedAt ?? request.requestedAt) : null,
    reviewer: response.reviewer ?? null,
  };
}

function who({ agent, port, signal }: Who): Who {
  return {
    ...(agent === undefined ? {} : { agent }),
    ...(port === undefined ? {} : { port }),
    ...(signal === undefined ? {} : { signal }),
  };
}

function later(from: string, ms: number): string {
  return new Date(Date.parse(from) + ms).toISOString();
}
