export const textModule: string = `
// Text as programs and models write it: numbers, paths, fenced code, test output.

fn as_text(number, builtin, kind) {
  require number != nil, "\${builtin} expects \${kind}-compatible value"
  return "\${number}"
}

/** The digits of something that is an int or reads as one. */
pub fn int_to_string(value) {
  return as_text(to_int(value), "int_to_string", "an integer")
}

/** The text of something that is a float or reads as one. */
pub fn float_to_string(value) {
  return as_text(to_float(value), "float_to_string", "a float")
}

/** An int, or the fallback when the value does not read as one. */
pub fn parse_int_or(value, fallback) {
  return to_int(value) ?? fallback
}

/** A float, or the fallback when the value does not read as one. */
pub fn parse_float_or(value, fallback) {
  return to_float(value) ?? fallback
}

fn is_comment(line) {
  return line.starts_with("//") || line.starts_with("#")
}

/** A word without the quotes, brackets and punctuation around it. */
fn bare_word(word) {
  let around = "\\"'\`,;:()[]{}<>"
  var text = word.trim()
  while text != "" && around.contains(text[0]) {
    text = text.substring(1, len(text))
  }
  while text != "" && (around + ".").contains(text[-1]) {
    text = text.substring(0, len(text) - 1)
  }
  return text
}

/** Longest extension, with its dot, that still looks like one. */
fn looks_like_file(word) {
  let extension = extname(word)
  return extension != "" && len(extension) <= 11
}

/**
 * File paths that a text mentions, sorted, each once. Only lines with a slash count; comment lines do not.
 */
pub fn extract_paths(text) {
  return text.split("\\n")
    .map({ line -> line.trim() })
    .filter(
    { line -> line.contains("/") && !is_comment(line) },
  )
    .flat_map(
    { line -> line.split(" ").map({ word -> bare_word(word) }) },
  )
    .filter(
    { word -> looks_like_file(word) },
  )
    .unique()
    .sort()
}

/** What stands behind the fence: \`call\` and an optional name, or a language. */
fn fence_of(mark) {
  if mark == "call" || mark.starts_with("call ") {
    let name = mark.substring(4, len(mark)).trim()
    return {
      type: "call",
      lang: if name == "" {
        nil
      } else {
        name
      },
    }
  }
  return {
    type: "code",
    lang: if mark == "" {
      nil
    } else {
      mark
    },
  }
}

/**
 * Fenced blocks of a model's answer: \`{type: "code" | "call", lang, code}\`. A block that is never closed is left out.
 */
pub fn parse_cells(response) {
  var cells = []
  var open = nil
  var body = []
  for line in response.split("\\n") {
    let trimmed = line.trim()
    if !trimmed.starts_with("\`\`\`") {
      body = body.push(line)
    } else if open == nil {
      open = fence_of(trimmed.substring(3, len(trimmed)).trim())
      body = []
    } else {
      cells = cells.push({type: open.type, lang: open.lang, code: body.join("\\n")})
      open = nil
    }
  }
  return cells
}

/** Cells that matter for tests: all code, and calls that write a file (the given one, if any). */
pub fn filter_test_cells(cells, target_file) {
  return cells
    .filter(
    { cell ->
      let writes = cell.type == "call" && cell.code.contains("write_file")
      cell.type == "code" || (writes && (target_file == nil || cell.code.contains(target_file)))
    },
  )
}

/** The first and last n lines; what is left out between them is counted. */
pub fn truncate_head_tail(text, n) {
  let lines = text.split("\\n")
  let skipped = len(lines) - 2 * n
  if skipped <= 0 {
    return text
  }
  let head = lines.take(n).join("\\n")
  let tail = lines.skip(len(lines) - n).join("\\n")
  return "\${head}\\n... (\${skipped} lines omitted) ...\\n\${tail}"
}

fn mentions(text, words) {
  return words.any({ word -> text.contains(word) })
}

/** True when a build's output speaks of code that does not compile. Letter case matters. */
pub fn detect_compile_error(output) {
  return mentions(
    output,
    [
      "SyntaxError",
      "IndentationError",
      "ImportError",
      "ModuleNotFoundError",
      "compile error",
      "cannot find",
    ],
  )
}

/** True when a test's output shows both what came and what was expected. */
pub fn has_got_want(output) {
  return mentions(output, ["got:", "Got:", "actual:", "Actual:"])
    && mentions(output, ["want:", "Want:", "expected:", "Expected:"])
}

/** The first 20 lines of a test's output that speak of errors. */
pub fn format_test_errors(output) {
  return output.split("\\n")
    .filter({ line -> mentions(line, ["FAIL", "Error", "error", "assert"]) })
    .take(
    20,
  )
    .join(
    "\\n",
  )
}
`;
