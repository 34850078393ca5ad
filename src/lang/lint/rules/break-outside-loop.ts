import type { Item } from "../../syntax/ast.ts";
import type { LintContext, LintRule } from "../lint-rule.ts";

export const breakOutsideLoop: LintRule = {
  name: "break-outside-loop",
  code: "HARN-L028",
  severity: "error",
  docs: "Reports `break` and `continue` that no loop of the same function surrounds.",
  bad: `fn stop() {
  break
}
`,
  fixed: `fn stop() {
  return
}
`,
  *check(context) {
    for (const node of [...context.tree.all("BreakStmt"), ...context.tree.all("ContinueStmt")]) {
      if (isInLoop(context, node)) continue;
      const keyword = node.kind === "BreakStmt" ? "break" : "continue";
      yield {
        message: `\`${keyword}\` stands outside any loop`,
        span: node.span,
        hint: "Use it inside `for` or `while`, or use `return`",
      };
    }
  },
};

function isInLoop({ tree }: LintContext, node: Item): boolean {
  for (let at = tree.parentOf(node); at !== undefined; at = tree.parentOf(at)) {
    switch (at.kind) {
      case "ForStmt":
      case "WhileStmt":
        return true;
      case "FnDecl":
      case "ToolDecl":
      case "PipelineDecl":
      case "OverrideDecl":
      case "Closure":
      case "Spawn":
      case "Parallel":
        return false;
      default:
        break;
    }
  }
  return false;
}
