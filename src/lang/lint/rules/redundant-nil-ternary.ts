import type { Expr, NodeOf } from "../../syntax/ast.ts";
import { operandText, replace } from "../fix-edits.ts";
import type { LintRule } from "../lint-rule.ts";

export const redundantNilTernary: LintRule = {
  name: "redundant-nil-ternary",
  code: "HARN-L015",
  docs: "Reports `x == nil ? y : x`, which is `x ?? y`.",
  bad: `fn greet(name) {
  return name == nil ? "you" : name
}
`,
  fixed: `fn greet(name) {
  return name ?? "you"
}
`,
  *check(context) {
    for (const node of context.tree.all("Ternary")) {
      const parts = nilFallback(node);
      if (parts === undefined) continue;
      const fallback = operandText(context, parts.fallback);
      yield {
        message: `This test of \`${parts.name}\` for nil is a \`??\``,
        span: node.span,
        hint: `Write \`${parts.name} ?? ${fallback}\``,
        fixes: replace(node.span, `${parts.name} ?? ${fallback}`),
      };
    }
  },
};

/** Only a plain name: anything else would be evaluated a different number of times. */
function nilFallback(node: NodeOf<"Ternary">): { name: string; fallback: Expr } | undefined {
  const { condition } = node;
  if (condition.kind !== "Binary" || (condition.op !== "==" && condition.op !== "!=")) return undefined;
  const tested = condition.right.kind === "NilLiteral" ? condition.left : condition.right;
  const other = tested === condition.left ? condition.right : condition.left;
  if (tested.kind !== "Identifier" || other.kind !== "NilLiteral") return undefined;
  const [present, fallback] = condition.op === "==" ? [node.elseExpr, node.thenExpr] : [node.thenExpr, node.elseExpr];
  return present.kind === "Identifier" && present.name === tested.name ? { name: tested.name, fallback } : undefined;
}
