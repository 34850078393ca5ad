export const runtimeModule: string = `
// What the host of a run knows and does: its task, processes, questions to people.

pub fn runtime_task() -> string {
  return host_call("runtime.task", {}) ?? ""
}

pub fn runtime_pipeline_input() {
  return host_call("runtime.pipeline_input", {})
}

pub fn runtime_dry_run() -> bool {
  return host_call("runtime.dry_run", {}) ?? false
}

pub fn runtime_approved_plan() -> string {
  return host_call("runtime.approved_plan", {}) ?? ""
}

fn run_in_shell(request) {
  let shell = host_call("process.get_default_shell", {})
  return host_call("process.exec", {mode: "shell", shell_id: shell?.id} + request)
}

/** Run a command line in the host's shell. */
pub fn process_exec(command) {
  return run_in_shell({command: command})
}

pub fn process_exec_with_timeout(command, timeout_ms) {
  return run_in_shell({command: command, timeout: timeout_ms})
}

/** Ask the person at the host. */
pub fn interaction_ask(question) -> string {
  return host_call("interaction.ask", {question: question}) ?? ""
}

pub fn interaction_ask_with_kind(question, kind) -> string {
  return host_call("interaction.ask", {question: question, type: kind}) ?? ""
}

/** Tell the host how a run went; nothing without a path to its record. */
pub fn record_run_metadata(run, workflow_name) {
  if !run?.path {
    return nil
  }
  let transcript = run?.transcript
  host_call(
    "runtime.record_run",
    {
      workflow: workflow_name,
      path: run?.path,
      persisted_path: run?.persisted_path,
      status: run?.status ?? "",
      usage: run?.usage,
      fixture_type: run?.run?.replay_fixture?._type,
      summary: transcript_summary(transcript),
      transcript_state: transcript?.state ?? "",
      message_count: len(transcript_messages(transcript)),
      event_count: len(transcript_events(transcript)),
      asset_count: len(transcript_assets(transcript)),
    },
  )
}
`;
