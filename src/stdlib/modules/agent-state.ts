export const agentStateModule: string = `
// Texts of a session that outlive the run: plans, evidence, and what is handed over to whoever goes on.

/** Open a session below a folder, new or not: the one of options, of the agent, or a fresh one. */
pub fn agent_state_init(root: string, options = nil) {
  return __agent_state_init(root, options)
}

/** Open a session that must be there already. */
pub fn agent_state_resume(root: string, session_id: string, options = nil) {
  return __agent_state_resume(root, session_id, options)
}

/** Keep a text; under conflict_policy "error" only where no other writer_id has written. */
pub fn agent_state_write(handle, key: string, content: string) {
  return __agent_state_write(handle, key, content)
}

/** The text under a key, or nil. */
pub fn agent_state_read(handle, key: string) {
  return __agent_state_read(handle, key)
}

/** All keys, sorted. */
pub fn agent_state_list(handle) {
  return __agent_state_list(handle)
}

/** Remove a key; one that is not there is fine. */
pub fn agent_state_delete(handle, key: string) {
  return __agent_state_delete(handle, key)
}

/** Leave a summary for whoever goes on with the session. */
pub fn agent_state_handoff(handle, summary: dict) {
  return __agent_state_handoff(handle, summary)
}

/** The key under which the handoff lies. */
pub fn agent_state_handoff_key() {
  return "__handoff.json"
}
`;
