export const asyncModule: string = `
// Waiting for something to come true, and calling what may fail.

/** Ask until the answer is truthy: Ok(answer), or Err("timeout") once the time is over. */
pub fn wait_for(timeout_ms, interval_ms, predicate) {
  let until = monotonic_ms() + timeout_ms
  let pause = if interval_ms > 0 {
    interval_ms
  } else {
    100
  }
  while true {
    let answer = predicate()
    if answer {
      return Ok(answer)
    }
    let left = until - monotonic_ms()
    if left <= 0 {
      return Err("timeout")
    }
    sleep(min(pause, left))
  }
}

/** Ask up to so many times without a pause: Ok(answer), or Err("exhausted"). */
pub fn retry_until(max_attempts, predicate) {
  for _ in range(max_attempts) {
    let answer = predicate()
    if answer {
      return Ok(answer)
    }
  }
  return Err("exhausted")
}

/** Ask up to so many times, with pauses of base_ms that double: Ok(answer), or Err("exhausted"). */
pub fn retry_with_backoff(max_attempts, base_ms, predicate) {
  for attempt in range(max_attempts) {
    let answer = predicate()
    if answer {
      return Ok(answer)
    }
    if attempt + 1 < max_attempts {
      sleep(base_ms * pow(2, attempt))
    }
  }
  return Err("exhausted")
}

/**
 * Call through a circuit breaker and record how it went: the call's Result, or Err("circuit_open").
 */
pub fn circuit_call(name, closure) {
  if circuit_check(name) == "open" {
    return Err("circuit_open")
  }
  let result = try {
    closure()
  }
  if is_ok(result) {
    circuit_record_success(name)
  } else {
    circuit_record_failure(name)
  }
  return result
}
`;
