import type { LintRule } from "../lint-rule.ts";
import { isInTest } from "./assert-outside-test.ts";

export const requireInTest: LintRule = {
  name: "require-in-test",
  code: "HARN-L032",
  docs: "Reports `require` in a test, where an assertion reports better.",
  bad: `pipeline test_half() {
  require 4 / 2 == 2
}
`,
  fixed: `pipeline test_half() {
  assert_eq(4 / 2, 2)
}
`,
  *check(context) {
    for (const node of context.tree.all("RequireStmt")) {
      if (!isInTest(context, node)) continue;
      yield {
        message: "`require` stands in a test",
        span: node.span,
        hint: "Use `assert` or `assert_eq`",
      };
    }
  },
};
