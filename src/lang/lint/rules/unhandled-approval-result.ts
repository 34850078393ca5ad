import type { LintRule } from "../lint-rule.ts";

export const unhandledApprovalResult: LintRule = {
  name: "unhandled-approval-result",
  code: "HARN-L033",
  docs: "Reports a `request_approval` whose answer nobody looks at.",
  bad: `request_approval("deploy", {})
`,
  fixed: `let approval = request_approval("deploy", {})
log(approval)
`,
  *check({ module, tree }) {
    const lists = [module.items, ...tree.blocks.filter(({ role }) => role !== "try").map(({ body }) => body.items)];
    for (const items of lists) {
      for (const item of items) {
        if (item.kind !== "Call" || item.callee.name !== "request_approval") continue;
        yield {
          message: "The answer of `request_approval` is dropped",
          span: item.span,
          hint: "Look at the answer, or assign it to `_`",
        };
      }
    }
  },
};
