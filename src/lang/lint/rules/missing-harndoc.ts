import { precedingComments } from "../doc-comments.ts";
import type { LintRule } from "../lint-rule.ts";

export const missingHarndoc: LintRule = {
  name: "missing-harndoc",
  code: "HARN-L022",
  docs: "Reports a public function without a `/** … */` comment directly above it.",
  bad: `pub fn half(n) {
  return n / 2
}
`,
  fixed: `/** Half of a number. */
pub fn half(n) {
  return n / 2
}
`,
  *check(context) {
    for (const node of context.tree.all("FnDecl")) {
      if (!node.isPub) continue;
      const places = [node, context.tree.parentOf(node)].filter((at) => at === node || at?.kind === "AttributedDecl");
      const documented = places.some(
        (place) => place !== undefined && precedingComments(context, place.span.start).at(-1)?.kind === "doc-block",
      );
      if (documented) continue;
      yield {
        message: `Public function \`${node.name.name}\` has no doc comment`,
        span: node.name.span,
        hint: "Say in `/** … */` above it what it is for",
        subject: node,
      };
    }
  },
};
