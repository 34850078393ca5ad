export const planModule: string = `
// Plans as data: tools with which a model states one, and approval by people.

import "std/hitl"

type PlanStepStatus = "pending" | "in_progress" | "completed" | "blocked" | "cancelled"

type PlanStep = {id: string, content: string, status: PlanStepStatus, priority: string | int | nil}

type PlanApprovalState = "unrequested" | "requested" | "approved" | "rejected"

type PlanApproval = {
  state: PlanApprovalState,
  request_id?: string,
  reviewer?: string,
  reviewers?: list<string>,
  approved_at?: string,
  reason?: string | nil,
}

type PlanArtifact = {
  _type: "plan_artifact",
  schema_version: "harn.plan.v1",
  id: string,
  tool: string,
  title: string,
  summary: string,
  steps: list<PlanStep>,
  assumptions: list<string>,
  open_questions: list<string>,
  verification_commands: list<string>,
  approval: PlanApproval,
}

/** Any way of writing a plan, as an artifact. */
pub fn plan_from(plan) -> PlanArtifact {
  return plan_artifact(plan)
}

/** The steps of a plan as entries that editors show. */
pub fn plan_acp_entries(plan) {
  return plan_entries(plan)
}

fn optional(type_name, description) {
  return {type: type_name, description: description, required: false}
}

fn shared_parameters() {
  return {
    assumptions: optional("array", "What the plan takes for granted"),
    open_questions: optional("array", "What is not yet known"),
    verification_commands: optional("array", "Commands that show whether the work is right"),
    approval: optional("object", "Approval so far, if any"),
  }
}

fn plan_tool(registry, name, description, parameters) {
  let config = {executor: "harn", parameters: parameters + shared_parameters(), returns: {type: "object"}}
  return tool_define(registry, name, description, config)
}

/** Add the tool with which a model states its plan and ends its turn. */
pub fn emit_plan_tool(registry) {
  return plan_tool(
    registry,
    "emit_plan",
    "State the plan as structured data. This ends the planning turn.",
    {
      summary: optional("string", "The plan in one sentence"),
      direction: optional("string", "Another name for summary"),
      steps: optional("array", "Steps, each with its content and status"),
      tasks: optional("array", "Another name for steps"),
      verification: optional("array", "Another name for verification_commands"),
    },
  )
}

/** Add the tool with which a model changes its plan as it goes. */
pub fn update_plan_tool(registry) {
  return plan_tool(
    registry,
    "update_plan",
    "Change the current plan.",
    {
      explanation: optional("string", "Why the plan changes"),
      plan: {type: "array", description: "Steps, each with its content and status"},
    },
  )
}

/** Both tools. */
pub fn plan_tools(registry = nil) {
  return update_plan_tool(emit_plan_tool(registry ?? tool_registry()))
}

/** The plan with what people decided. */
pub fn plan_approved(plan, approval: ApprovalRecord) -> PlanArtifact {
  return plan_from(plan)
    + {
    approval: {
      state: if approval.approved {
        "approved"
      } else {
        "rejected"
      },
      reviewers: approval.reviewers,
      approved_at: approval.approved_at,
      reason: approval.reason,
    },
  }
}

/**
 * Ask people to approve a plan; gives it back with their decision. Options: action, and those of request_approval.
 */
pub fn request_plan_approval(plan, options = nil) -> PlanArtifact {
  let artifact = plan_from(plan)
  let action = options?.action ?? "Approve plan"
  return plan_approved(artifact, request_approval(action, options ?? {} + {detail: artifact}))
}
`;
