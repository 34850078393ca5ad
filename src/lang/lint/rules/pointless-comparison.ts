import { table } from "../../../base/index.ts";
import type { Expr } from "../../syntax/ast.ts";
import { replace } from "../fix-edits.ts";
import type { Finding, LintRule } from "../lint-rule.ts";
import { isPlainLiteral, isPure } from "../purity.ts";
import { sameTree } from "../same-tree.ts";

const resultOfSame: Readonly<Record<string, boolean>> = table({
  "==": true,
  "<=": true,
  ">=": true,
  "!=": false,
  "<": false,
  ">": false,
});

export const pointlessComparison: LintRule = {
  name: "pointless-comparison",
  code: "HARN-L012",
  docs: "Reports a value compared to itself, and a condition that is a constant; `while true` is a loop, not a mistake.",
  bad: `fn is_open() {
  return 1 == 1
}
`,
  fixed: `fn is_open() {
  return true
}
`,
  *check({ tree }) {
    for (const node of tree.all("Binary")) {
      const result = resultOfSame[node.op];
      if (result === undefined || !sameTree(node.left, node.right) || !isPure(node.left)) continue;
      // A name may hold NaN, which equals nothing, itself included.
      const isCertain = (node.op === "==" || node.op === "!=") && isPlainLiteral(node.left);
      yield {
        message: `This value is compared to itself with \`${node.op}\``,
        span: node.span,
        hint: `Compare different values, or write \`${result}\``,
        ...(isCertain ? { fixes: replace(node.span, String(result)) } : {}),
      };
    }
    for (const node of tree.all("If")) yield* constant(node.condition);
    for (const node of tree.all("Ternary")) yield* constant(node.condition);
    for (const node of tree.all("GuardStmt")) yield* constant(node.condition);
    for (const node of tree.all("WhileStmt")) {
      if (node.condition.kind !== "BoolLiteral" || !node.condition.value) yield* constant(node.condition);
    }
  },
};

function* constant(condition: Expr): Generator<Finding> {
  if (condition.kind !== "BoolLiteral" && condition.kind !== "NilLiteral") return;
  const value = condition.kind === "BoolLiteral" ? String(condition.value) : "nil";
  yield {
    message: `This condition is always \`${value}\``,
    span: condition.span,
    hint: "Remove the condition, or test something",
  };
}
