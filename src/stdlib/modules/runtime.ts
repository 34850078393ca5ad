export const runtimeModule: string = `
// What the host of a run knows and does: its task, processes, questions to people.

/** What the host says, or the fallback when it says nothing. */
fn ask(operation, params, fallback = nil) {
  return host_call(operation, params) ?? fallback
}

/** What the run is for. */
pub fn runtime_task() -> string {
  return ask("runtime.task", {}, "")
}

/** What the pipeline was started with. */
pub fn runtime_pipeline_input() {
  return ask("runtime.pipeline_input", {})
}

/** True when nothing may be changed. */
pub fn runtime_dry_run() -> bool {
  return ask("runtime.dry_run", {}, false)
}

/** The plan that a person agreed to. */
pub fn runtime_approved_plan() -> string {
  return ask("runtime.approved_plan", {}, "")
}

fn run_in_shell(request) {
  let shell = ask("process.get_default_shell", {})
  return host_call("process.exec", request.merge({mode: "shell", shell_id: shell?.id}))
}

/** Run a command line in the host's shell. */
pub fn process_exec(command) {
  return run_in_shell({command: command})
}

/** Run a command line in the host's shell, for so many milliseconds at most. */
pub fn process_exec_with_timeout(command, timeout_ms) {
  return run_in_shell({command: command, timeout: timeout_ms})
}

/** Ask the person at the host. */
pub fn interaction_ask(question) -> string {
  return ask("interaction.ask", {question: question}, "")
}

/** Ask the person at the host; the kind says how. */
pub fn interaction_ask_with_kind(question, kind) -> string {
  return ask("interaction.ask", {question: question, type: kind}, "")
}

/** Numbers and states of a transcript, as the host records them. */
fn transcript_facts(transcript) {
  return {
    asset_count: len(transcript_assets(transcript)),
    event_count: len(transcript_events(transcript)),
    message_count: len(transcript_messages(transcript)),
    summary: transcript_summary(transcript),
    transcript_state: transcript?.state ?? "",
  }
}

/** Tell the host how a run went; nothing without a path to its record. */
pub fn record_run_metadata(run, workflow_name) {
  if run?.path {
    let facts = {
      fixture_type: run.run?.replay_fixture?._type,
      path: run.path,
      persisted_path: run.persisted_path,
      status: run.status ?? "",
      usage: run.usage,
      workflow: workflow_name,
    }
    host_call("runtime.record_run", facts.merge(transcript_facts(run.transcript)))
  }
}
`;
