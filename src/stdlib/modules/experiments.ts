export const experimentsModule: string = `
// Structural experiments: the same request, put differently to a model.

pub fn message(role, content) {
  return {role: role, content: content}
}

/** Paragraphs of the prompt in an order that the seed decides. Options: seed (0). */
pub fn prompt_order_permutation(options = nil) {
  let seed = options?.seed ?? 0
  return {name: "prompt_order_permutation", label: "prompt_order_permutation(seed: \${seed})", seed: seed}
}

fn named(name) {
  return {name: name, label: name}
}

/** The prompt twice. */
pub fn doubled_prompt() {
  return named("doubled_prompt")
}

/** Short drafts before the answer. */
pub fn chain_of_draft() {
  return named("chain_of_draft")
}

/** System and user prompt exchanged. */
pub fn inverted_system() {
  return named("inverted_system")
}

/**
 * An experiment of one's own: the function gets {messages, …} and answers {messages, metadata?}.
 */
pub fn custom(label, transform, args = nil) {
  return {name: label, label: label, args: args ?? {}, transform: transform}
}

/** The last user message that is plain text, with its index; nil without one. */
pub fn latest_string_user_message(messages) {
  let found = messages.enumerate()
    .filter(
    { each -> each.value?.role == "user" && type_of(each.value?.content) == "string" },
  )
    .last()
  return if found == nil {
    nil
  } else {
    {index: found.index, message: found.value}
  }
}

pub fn replace_message(messages, index, message) {
  return messages.enumerate()
    .map(
    { each ->
      if each.index == index {
        message
      } else {
        each.value
      }
    },
  )
}

pub fn prepend_message(messages, msg) {
  return [msg] + messages
}

pub fn append_message(messages, msg) {
  return messages + [msg]
}
`;
