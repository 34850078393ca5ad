export const acpModule: string = `
// Session updates of the Agent Client Protocol, as builders and as types. The protocol wants every field present: what
// is not known yet is nil.

fn update(kind, fields) {
  return fields.merge({sessionUpdate: kind})
}

/** Every named field, nil where it has no value. */
fn with_unknown(fields, names) {
  return names.reduce(fields, { all, name -> all.merge({[name]: all[name]}) })
}

/** A piece of what the agent says. */
pub fn agent_message_chunk(text) {
  return update("agent_message_chunk", {content: with_unknown({text: text, type: "text"}, ["annotations"])})
}

/** A call that was asked for and has not begun. */
pub fn tool_call(tool_call_id, title) {
  let known = {status: "pending", title: title, toolCallId: tool_call_id}
  return update("tool_call", with_unknown(known, ["content", "kind", "locations", "rawInput", "rawOutput"]))
}

/** News of a call. */
pub fn tool_call_update(tool_call_id, status) {
  let known = {status: status, toolCallId: tool_call_id}
  return update(
    "tool_call_update",
    with_unknown(known, ["content", "executor", "locations", "rawOutput", "title"]),
  )
}

/** Entries of a plan: {content, priority, status}. */
pub fn plan(entries) {
  return update("plan", {entries: entries})
}

/** A plan artifact, as entries and whole. */
pub fn harn_plan(plan_artifact) {
  return plan(plan_entries(plan_artifact)).merge({harnPlan: plan_artifact})
}

/** Work given to another agent. */
pub fn handoff_update(handoff_id, artifact_id, handoff) {
  return update("handoff", {artifactId: artifact_id, handoff: handoff, handoffId: handoff_id})
}

type AgentMessageChunk = {
  content: {annotations: dict | nil, text: string | nil, type: string},
  sessionUpdate: string,
}

type ToolCall = {
  content: list<dict> | nil,
  kind: string | nil,
  locations: list<dict> | nil,
  rawInput: dict | nil,
  rawOutput: dict | nil,
  sessionUpdate: string,
  status: string | nil,
  title: string | nil,
  toolCallId: string,
}

type ToolCallUpdate = {
  content: list<dict> | nil,
  executor: dict | string | nil,
  locations: list<dict> | nil,
  rawOutput: dict | nil,
  sessionUpdate: string,
  status: string | nil,
  title: string | nil,
  toolCallId: string,
}

type Plan = {
  entries: list<{content: string, priority: string | nil, status: string | nil}>,
  harnPlan?: dict,
  sessionUpdate: string,
}

type Handoff = {artifactId: string | nil, handoff: dict, handoffId: string, sessionUpdate: string}

type SessionUpdate = Plan | ToolCall | ToolCallUpdate | Handoff | AgentMessageChunk

/** What a pipeline gives back to a client of the protocol. */
type PipelineResult = {
  events: list<SessionUpdate> | nil,
  run_record: dict | nil,
  text: string | nil,
}
`;
