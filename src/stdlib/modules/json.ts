export const jsonModule: string = `
// JSON for people, and dicts as records.

fn indented(value, indent) {
  let inner = "\${indent}  "
  if type_of(value) == "list" && len(value) > 0 {
    let items = value.map({ item -> inner + indented(item, inner) })
    return "[\\n" + items.join(",\\n") + "\\n\${indent}]"
  }
  if type_of(value) == "dict" && len(value) > 0 {
    let fields = value.entries()
      .map(
      { entry -> inner + json_stringify(entry.key) + ": " + indented(entry.value, inner) },
    )
    return "{\\n" + fields.join(",\\n") + "\\n\${indent}}"
  }
  return json_stringify(value)
}

/** JSON with one field or item a line, indented by two spaces. */
pub fn pretty(value) {
  return indented(value, "")
}

/** Parsed JSON; nil for text that is none. */
pub fn safe_parse(text) {
  return unwrap_or(
    try {
      json_parse(text)
    },
    nil,
  )
}

/** Both dicts in one; where both have a key, b's value. */
pub fn merge(a, b) {
  return a.merge(b)
}

/** Only the given keys, as far as they have a value. */
pub fn pick(data, keys) {
  let wanted = set(keys)
  return data.entries()
    .filter({ entry -> entry.value != nil && set_contains(wanted, entry.key) })
    .reduce(
    {},
    { out, entry -> out.merge({[entry.key]: entry.value}) },
  )
}

/** All but the given keys. */
pub fn omit(data, keys) {
  return keys.reduce(data, { rest, key -> rest.remove(key) })
}
`;
