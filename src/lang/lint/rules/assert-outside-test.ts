import type { Item } from "../../syntax/ast.ts";
import { isTestName } from "../entry-points.ts";
import type { LintContext, LintRule } from "../lint-rule.ts";

const assertions: ReadonlySet<string> = new Set(["assert", "assert_eq", "assert_ne"]);

export const assertOutsideTest: LintRule = {
  name: "assert-outside-test",
  code: "HARN-L031",
  docs: "Reports assertions outside test pipelines and test functions: `require` states an invariant.",
  bad: `fn half(n) {
  assert(n > 0)
  return n / 2
}
`,
  fixed: `fn half(n) {
  require n > 0
  return n / 2
}
`,
  *check(context) {
    for (const call of context.tree.all("Call")) {
      if (!assertions.has(call.callee.name) || isInTest(context, call)) continue;
      yield {
        message: `\`${call.callee.name}\` is meant for tests`,
        span: call.span,
        hint: "Use `require`",
      };
    }
  },
};

/** Inside a pipeline or function called `test…`, or one marked `@test`. */
export function isInTest({ tree }: LintContext, node: Item): boolean {
  for (let at = tree.parentOf(node); at !== undefined; at = tree.parentOf(at)) {
    if ((at.kind === "PipelineDecl" || at.kind === "FnDecl") && isTestName(at.name.name)) return true;
    if (at.kind === "AttributedDecl" && at.attributes.some((attribute) => attribute.name === "test")) return true;
  }
  return false;
}
