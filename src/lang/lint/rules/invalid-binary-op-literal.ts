import type { Expr, NodeOf } from "../../syntax/ast.ts";
import { replace } from "../fix-edits.ts";
import type { LintContext, LintRule, TextEdit } from "../lint-rule.ts";

const arithmetic: ReadonlySet<string> = new Set(["+", "-", "*", "/", "%"]);

export const invalidBinaryOpLiteral: LintRule = {
  name: "invalid-binary-op-literal",
  code: "HARN-L027",
  docs: "Reports arithmetic with `true`, `false` or `nil`, which fails when it runs.",
  bad: `log("ready: " + true)
`,
  fixed: `log("ready: \${true}")
`,
  *check(context) {
    for (const node of context.tree.all("Binary")) {
      if (!arithmetic.has(node.op)) continue;
      const wrong = [node.left, node.right].find(isBoolOrNil);
      if (wrong === undefined) continue;
      yield {
        message: `Operator \`${node.op}\` does not take ${wrong.kind === "NilLiteral" ? "nil" : "a bool"}`,
        span: node.span,
        hint: "Convert the value with `to_string` or an interpolation",
        ...interpolation(context, node),
      };
    }
  },
};

/** `"a" + nil` as `"a${nil}"`. */
function interpolation(context: LintContext, node: NodeOf<"Binary">): { fixes?: readonly TextEdit[] } {
  const { left, right } = node;
  if (node.op !== "+") return {};
  if (isPlainString(left)) {
    return { fixes: replace(node.span, `${context.text(left.span).slice(0, -1)}\${${context.text(right.span)}}"`) };
  }
  if (isPlainString(right)) {
    return { fixes: replace(node.span, `"\${${context.text(left.span)}}${context.text(right.span).slice(1)}`) };
  }
  return {};
}

function isPlainString(node: Expr): boolean {
  return node.kind === "StringLiteral" && node.style === "plain";
}

function isBoolOrNil(node: Expr): boolean {
  return node.kind === "BoolLiteral" || node.kind === "NilLiteral";
}
