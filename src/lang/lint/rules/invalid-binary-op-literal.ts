import type { Expr } from "../../syntax/ast.ts";
import type { LintRule } from "../lint-rule.ts";

const arithmetic: ReadonlySet<string> = new Set(["+", "-", "*", "/", "%"]);

export const invalidBinaryOpLiteral: LintRule = {
  name: "invalid-binary-op-literal",
  code: "HARN-L027",
  docs: "Reports arithmetic with `true`, `false` or `nil`, which fails when it runs.",
  *check({ tree }) {
    for (const node of tree.all("Binary")) {
      if (!arithmetic.has(node.op)) continue;
      const wrong = [node.left, node.right].find(isBoolOrNil);
      if (wrong === undefined) continue;
      yield {
        message: `Operator \`${node.op}\` does not take ${wrong.kind === "NilLiteral" ? "nil" : "a bool"}`,
        span: node.span,
        hint: "Convert the value with `to_string` or an interpolation",
      };
    }
  },
};

function isBoolOrNil(node: Expr): boolean {
  return node.kind === "BoolLiteral" || node.kind === "NilLiteral";
}
