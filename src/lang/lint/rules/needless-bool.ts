import type { Block, Expr } from "../../syntax/ast.ts";
import { operandText, replace } from "../fix-edits.ts";
import type { Finding, LintContext, LintRule } from "../lint-rule.ts";
import { isCertainlyBool } from "../purity.ts";

export const needlessBool: LintRule = {
  name: "needless-bool",
  code: "HARN-L014",
  docs: "Reports a choice between `true` and `false` by a condition that is a bool already, and a double negation of one.",
  bad: `fn is_adult(age) {
  return age >= 18 ? true : false
}
`,
  fixed: `fn is_adult(age) {
  return age >= 18
}
`,
  *check(context) {
    for (const node of context.tree.all("Ternary")) {
      yield* choice(context, node, node.condition, node.thenExpr, node.elseExpr);
    }
    const chained = new Set(
      context.tree.all("If").flatMap((node) => (node.elseIf ? (node.elseBody?.items ?? []) : [])),
    );
    for (const node of context.tree.all("If")) {
      if (node.elseBody === undefined || node.elseIf || chained.has(node)) continue;
      yield* choice(context, node, node.condition, onlyValue(node.thenBody), onlyValue(node.elseBody));
    }
    for (const node of context.tree.all("Unary")) {
      const inner = node.operand;
      if (node.op !== "!" || inner.kind !== "Unary" || inner.op !== "!" || !isCertainlyBool(inner.operand)) continue;
      yield {
        message: "Double negation of a bool changes nothing",
        span: node.span,
        hint: "Remove both `!`",
        fixes: replace(node.span, operandText(context, inner.operand)),
      };
    }
  },
};

function* choice(
  context: LintContext,
  node: Expr,
  condition: Expr,
  whenTrue: Expr | undefined,
  whenFalse: Expr | undefined,
): Generator<Finding> {
  if (whenTrue?.kind !== "BoolLiteral" || whenFalse?.kind !== "BoolLiteral") return;
  if (whenTrue.value === whenFalse.value || !isCertainlyBool(condition)) return;
  const text = operandText(context, condition);
  yield {
    message: "The condition is the result already",
    span: node.span,
    hint: whenTrue.value ? "Use the condition itself" : "Use the negated condition",
    fixes: replace(node.span, whenTrue.value ? text : `!${text}`),
  };
}

function onlyValue(body: Block): Expr | undefined {
  const [only, ...more] = body.items;
  return more.length === 0 && only?.kind === "BoolLiteral" ? only : undefined;
}
