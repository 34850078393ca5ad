export const testingModule: string = `
// Tests of programs that talk to the host and to models: answers prepared beforehand, and what was asked.

/** Forget prepared answers of the host and what it was asked. */
pub fn clear_host_mocks() {
  return host_mock_clear()
}

/** The host answers a call with a value; with params only calls that have them. */
pub fn mock_host_result(cap: string, op: string, result, params = nil) {
  return if params == nil {
    host_mock(cap, op, result)
  } else {
    host_mock(cap, op, result, params)
  }
}

/** The host fails a call with a message. */
pub fn mock_host_error(cap: string, op: string, message: string, params = nil) {
  let config = if params == nil {
    {error: message}
  } else {
    {error: message, params: params}
  }
  return host_mock(cap, op, config)
}

/** The host answers as a config says: {result} or {error}, {params}. */
pub fn mock_host_response(cap: string, op: string, config) {
  return host_mock(cap, op, config)
}

/** Every call the host was asked for, in order. */
pub fn host_calls() {
  return host_mock_calls()
}

pub fn host_calls_for(cap: string, op: string) {
  return host_calls().filter({ call -> call?.capability == cap && call?.operation == op })
}

pub fn host_call_count() -> int {
  return len(host_calls())
}

pub fn host_call_count_for(cap: string, op: string) -> int {
  return len(host_calls_for(cap, op))
}

/** True when everything that is expected of the params is in them. */
fn params_fit(expected, actual) {
  let both_dicts = type_of(expected) == "dict" && type_of(actual) == "dict"
  return if both_dicts {
    expected.keys().all({ key -> actual[key] == expected[key] })
  } else {
    expected == nil || expected == actual
  }
}

/** True when the host was asked for this, with at least these params. */
pub fn host_was_called(cap: string, op: string, expected_params = nil) -> bool {
  return host_calls_for(cap, op).any({ call -> params_fit(expected_params, call?.params) })
}

pub fn assert_host_called(cap: string, op: string, params = nil, message = nil) {
  let with_params = if params == nil {
    ""
  } else {
    " with params \${params}"
  }
  let text = message ?? "Expected host call \${cap}.\${op}\${with_params} to be recorded"
  return assert(host_was_called(cap, op, params), text)
}

pub fn assert_host_call_count(expected_count: int, cap: string, op: string, message = nil) {
  let count = host_call_count_for(cap, op)
  return assert_eq(count, expected_count, message ?? "Expected \${expected_count} host calls, got \${count}")
}

fn check_entry(entry, caller, what) {
  if type_of(entry) != "dict" {
    throw "\${caller}: each \${what} must be a dict, got \${type_of(entry)}"
  }
}

fn add_host_mock(entry) {
  check_entry(entry, "with_host_mocks", "entry")
  if ["capability", "operation"].any({ name -> entry[name] == nil }) {
    throw "with_host_mocks: each entry must include 'capability' and 'operation'"
  }
  let {capability, operation, result, error, params} = entry
  return if error == nil {
    mock_host_result(capability, operation, result, params)
  } else {
    mock_host_error(capability, operation, error, params)
  }
}

/**
 * Run the body with prepared host answers of its own: {capability, operation, result or error, params?}. What was
 * prepared and recorded before is back afterwards, also when the body throws.
 */
pub fn with_host_mocks(mocks, body) {
  host_mock_push_scope()
  try {
    for entry in mocks ?? [] {
      add_host_mock(entry)
    }
    return body()
  } finally {
    host_mock_pop_scope()
  }
}

/** What models were asked. */
pub fn llm_calls() {
  return llm_mock_calls()
}

pub fn llm_call_count() -> int {
  return len(llm_mock_calls())
}

/** Run the body with prepared model answers of its own, each as llm_mock takes it. */
pub fn with_llm_mocks(mocks, body) {
  llm_mock_push_scope()
  try {
    add_llm_mocks(mocks, "with_llm_mocks", "entry")
    return body()
  } finally {
    llm_mock_pop_scope()
  }
}

fn add_llm_mocks(mocks, caller, what) {
  for entry in mocks ?? [] {
    check_entry(entry, caller, what)
    llm_mock(entry)
  }
}

/** Run the body with prepared answers of both: {host_mocks?, llm_mocks?}. */
pub fn with_mocks(config, body) {
  host_mock_push_scope()
  llm_mock_push_scope()
  try {
    for entry in config?.host_mocks ?? [] {
      add_host_mock(entry)
    }
    add_llm_mocks(config?.llm_mocks, "with_mocks", "llm_mocks entry")
    return body()
  } finally {
    llm_mock_pop_scope()
    host_mock_pop_scope()
  }
}
`;
