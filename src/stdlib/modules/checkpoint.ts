export const checkpointModule: string = `
// Stages of a program that are done once: a later run finds what they came to.

/** What a stage of that name came to, now or in an earlier run; without that, it is called. */
pub fn checkpoint_stage(name: string, stage) {
  if checkpoint_exists(name) {
    return checkpoint_get(name)
  }
  let outcome = stage()
  checkpoint(name, outcome)
  return outcome
}

/** The same for a stage that may fail: it is called up to so many times until it does not. */
pub fn checkpoint_stage_retry(name: string, max_retries: int, stage) {
  if max_retries < 1 {
    throw "checkpoint_stage_retry: expected \`max_retries\` to be at least 1, got \${max_retries}"
  }
  if checkpoint_exists(name) {
    return checkpoint_get(name)
  }
  var failure = nil
  for _ in range(max_retries) {
    let attempt = try {
      stage()
    }
    if is_ok(attempt) {
      let outcome = unwrap(attempt)
      checkpoint(name, outcome)
      return outcome
    }
    failure = unwrap_err(attempt)
  }
  throw "checkpoint_stage_retry failed after \${max_retries} attempts: \${failure}"
}
`;
