/** The files of a new project: a program, a module with a function that asks a model, tests of both, and how to go on. */

export interface ProjectFile {
  /** Relative to the project's folder. */
  readonly path: string;
  readonly text: string;
}

export function projectFiles(name: string): readonly ProjectFile[] {
  return [
    { path: "main.harn", text: main },
    { path: "notes.harn", text: notes },
    { path: "tests/notes_test.harn", text: tests },
    { path: "README.md", text: readme(name) },
    { path: ".gitignore", text: ".harn/\n" },
  ];
}

const main = `import { summary } from "notes"

/** What \`harn run main.harn -- some words\` runs; the words are in argv. */
pipeline default(task) {
  let text = len(argv) > 0 ? argv.join(" ") : "A new project, ready to be changed."
  println(summary(text))
}
`;

const notes = `/** How long a note is, in words. */
pub fn summary(note: string) -> string {
  let words = note.split(" ").filter({ word -> word != "" })
  return "\${len(words)} words: \${note}"
}

/** A headline for a note. Asks a model. */
pub fn headline(note: string, options: dict = {}) -> string {
  let answer = llm_call("A headline of at most six words for this note:\\n\${note}", nil, options)
  return answer.text.trim()
}
`;

const tests = `import { headline, summary } from "../notes"

pipeline test_summary_counts_words(task) {
  assert_eq(summary("two  words"), "2 words: two  words")
}

/** Model answers are prepared: tests need neither a key nor a network. */
pipeline test_headline_is_trimmed(task) {
  llm_mock({text: " Plan agreed \\n"})
  assert_eq(headline("We agreed on the plan."), "Plan agreed")
}
`;

const readme = (name: string): string => `# ${name}

- \`harn run main.harn -- some words\` runs the program.
- \`harn test\` runs the tests; they need no key and no network. \`harn test --watch\` runs them after each change.
- \`harn check\`, \`harn lint\` and \`harn fmt\` look after the source; \`harn repl\` is for trying things out.
- For a real model set the key of its provider (such as ANTHROPIC_API_KEY), then call \`headline\` of \`notes.harn\`.
`;
