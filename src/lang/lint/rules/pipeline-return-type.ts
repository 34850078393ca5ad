import { isEntryName, isTestName } from "../entry-points.ts";
import type { LintRule } from "../lint-rule.ts";

export const pipelineReturnType: LintRule = {
  name: "pipeline-return-type",
  code: "HARN-L020",
  docs: "Reports a public pipeline without a return type; entry and test pipelines need none.",
  bad: `pub pipeline report(task) {
  return 1
}
`,
  fixed: `pub pipeline report(task) -> int {
  return 1
}
`,
  *check({ tree }) {
    for (const node of tree.all("PipelineDecl")) {
      const { name } = node.name;
      if (!node.isPub || node.returnType !== undefined || isEntryName(name) || isTestName(name)) continue;
      yield {
        message: `Public pipeline \`${name}\` has no return type`,
        span: node.name.span,
        hint: `Declare one: \`pub pipeline ${name}(…) -> Type\``,
        subject: node,
      };
    }
  },
};
