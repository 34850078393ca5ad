import type { LintRule } from "../lint-rule.ts";

const boundaries: readonly string[] = ["fail", "continue", "escalate"];

export const unknownErrorBoundary: LintRule = {
  name: "unknown-error-boundary",
  code: "HARN-L035",
  docs: "Reports an `error_boundary` of a step that is none of the three words and so means `fail`.",
  bad: `@step(error_boundary: "contineu")
fn plan() {
  return 1
}
`,
  fixed: `@step(error_boundary: "continue")
fn plan() {
  return 1
}
`,
  *check({ tree }) {
    for (const node of tree.all("AttributedDecl")) {
      for (const attribute of node.attributes) {
        if (attribute.name !== "step") continue;
        const value = attribute.args.find((arg) => arg.name === "error_boundary")?.value;
        const word =
          value?.kind === "StringLiteral" ? value.value : value?.kind === "Identifier" ? value.name : undefined;
        if (value === undefined || word === undefined || boundaries.includes(word)) continue;
        yield {
          message: `Expected an error boundary \`fail\`, \`continue\` or \`escalate\`, found \`${word}\``,
          span: value.span,
          hint: "Choose one of the three; any other word means `fail`",
        };
      }
    }
  },
};
