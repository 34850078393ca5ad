import { operandText, replace } from "../fix-edits.ts";
import type { LintRule } from "../lint-rule.ts";
import { isCertainlyBool } from "../purity.ts";
import { sameTree } from "../same-tree.ts";

export const comparisonToBool: LintRule = {
  name: "comparison-to-bool",
  code: "HARN-L013",
  docs: "Reports `x == true` and its relatives: for a bool `x` or `!x` says the same.",
  bad: `fn f(n) {
  return (n > 1) == false
}
`,
  fixed: `fn f(n) {
  return !(n > 1)
}
`,
  *check(context) {
    for (const node of context.tree.all("Binary")) {
      if ((node.op !== "==" && node.op !== "!=") || sameTree(node.left, node.right)) continue;
      const [literal, operand] = node.right.kind === "BoolLiteral" ? [node.right, node.left] : [node.left, node.right];
      if (literal.kind !== "BoolLiteral") continue;
      const plain = (node.op === "==") === literal.value;
      const text = operandText(context, operand);
      yield {
        message: `Comparison with \`${literal.value}\` is redundant`,
        span: node.span,
        hint: plain ? "Use the value itself" : "Use `!` before the value",
        // `1 == true` is false while `1` counts as true: only for a bool it is all the same.
        ...(isCertainlyBool(operand) ? { fixes: replace(node.span, plain ? text : `!${text}`) } : {}),
      };
    }
  },
};
