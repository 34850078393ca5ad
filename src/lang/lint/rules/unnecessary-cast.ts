import { table } from "../../../base/index.ts";
import type { Expr } from "../../syntax/ast.ts";
import { replace } from "../fix-edits.ts";
import type { LintRule } from "../lint-rule.ts";

const literalKinds: Readonly<Record<string, readonly string[]>> = table({
  to_string: ["StringLiteral", "InterpolatedString"],
  to_int: ["IntLiteral"],
  to_float: ["FloatLiteral"],
  to_list: ["ListLiteral"],
  to_dict: ["DictLiteral"],
});

export const unnecessaryCast: LintRule = {
  name: "unnecessary-cast",
  code: "HARN-L026",
  docs: "Reports a conversion whose argument has the type already.",
  bad: `log(to_string("text"))
`,
  fixed: `log("text")
`,
  *check(context) {
    const own = new Set(context.bindings.map(({ name }) => name));
    for (const call of context.tree.all("Call")) {
      const cast = call.callee.name;
      const kinds = literalKinds[cast];
      const [argument, ...more] = call.args;
      if (
        kinds === undefined ||
        own.has(cast) ||
        argument === undefined ||
        more.length > 0 ||
        argument.kind === "Spread"
      )
        continue;
      if (!kinds.includes(argument.kind) && !isSameCast(argument, cast)) continue;
      yield {
        message: `\`${cast}\` changes nothing here`,
        span: call.span,
        hint: `Remove the \`${cast}(…)\` around the value`,
        fixes: replace(call.span, context.text(argument.span)),
      };
    }
  },
};

function isSameCast(node: Expr, cast: string): boolean {
  return node.kind === "Call" && node.callee.name === cast && node.args.length === 1;
}
