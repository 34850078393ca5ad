export const hitlModule: string = `
// Types of questions to people, their answers and their errors.

// What is asked.

type HitlRequestKind = "approval" | "dual_control" | "escalation" | "question"

type HitlPendingRequest = {
  agent: string,
  approvers: list<string>,
  metadata: dict,
  prompt: string,
  request_id: string,
  request_kind: HitlRequestKind,
  timestamp: string,
  trace_id: string,
}

type HitlPendingFilters = {
  agent?: string,
  kinds?: list<HitlRequestKind>,
  limit?: int,
  since?: string,
  until?: string,
}

type AskUserOptions<T> = {default?: T, schema?: Schema<T>, timeout?: duration}

type ApprovalOptions = {deadline?: duration, detail?: any, quorum?: int, reviewers?: list<string>}

// What is answered.

type ApprovalSignature = {reviewer: string, signature: string, signed_at: string}

type ApprovalRecord = {
  approved: bool,
  approved_at: string,
  reason: string | nil,
  reviewers: list<string>,
  signatures: list<ApprovalSignature>,
}

type EscalationStatus = "accepted" | "pending"

type EscalationHandle = {
  accepted_at: string | nil,
  reason: string,
  request_id: string,
  reviewer: string | nil,
  role: string,
  status: EscalationStatus,
  trace_id: string,
}

// What goes wrong.

type ApprovalDeniedError = {
  category: string,
  message: string,
  name: "ApprovalDeniedError",
  reason: string | nil,
  request_id: string,
  reviewers: list<string>,
}

type HumanTimeoutError = {
  category: "timeout",
  kind: HitlRequestKind,
  message: string,
  name: "HumanTimeoutError",
  request_id: string,
}
`;
