import type { Expr, Item } from "../../syntax/ast.ts";
import type { LintContext, LintRule } from "../lint-rule.ts";
import { isPure, onlyComputes } from "../purity.ts";

export const unusedResult: LintRule = {
  name: "unused-result",
  code: "HARN-L019",
  docs: "Reports a statement that only computes a value and drops it, such as `xs.push(1)`: lists and dicts are values.",
  bad: `fn add(xs, x) {
  xs.push(x)
  return xs
}
`,
  fixed: `fn add(xs, x) {
  return xs.push(x)
}
`,
  *check(context) {
    for (const items of statementLists(context)) {
      // The last item is the value of its list.
      for (const item of items.slice(0, -1)) {
        if (!isExpression(item) || (!onlyComputes(item) && !isPure(item))) continue;
        yield {
          message: "The result of this expression is not used",
          span: item.span,
          hint: "Assign the result, or remove the statement",
        };
      }
    }
  },
};

function* statementLists({ module, tree }: LintContext): Generator<readonly Item[]> {
  yield module.items;
  for (const { body } of tree.blocks) yield body.items;
}

function isExpression(item: Item): item is Expr {
  return !item.kind.endsWith("Stmt") && !item.kind.endsWith("Decl") && item.kind !== "ImplBlock";
}
