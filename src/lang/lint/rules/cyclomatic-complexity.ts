import type { Block, Item } from "../../syntax/ast.ts";
import { walkItems } from "../../syntax/visit-children.ts";
import type { LintRule } from "../lint-rule.ts";

const defaultThreshold = 25;

export const cyclomaticComplexity: LintRule = {
  name: "cyclomatic-complexity",
  code: "HARN-L021",
  docs: "Reports a function with more independent paths than a reader can follow; `@complexity(allow)` permits it.",
  bad: branchingFunction(""),
  fixed: branchingFunction("@complexity(allow)\n"),
  *check({ tree, options }) {
    const threshold = options.complexityThreshold ?? defaultThreshold;
    for (const node of [...tree.all("FnDecl"), ...tree.all("ToolDecl")]) {
      const complexity = complexityOf(node.body);
      if (complexity <= threshold) continue;
      yield {
        message: `Function \`${node.name.name}\` has cyclomatic complexity ${complexity}, above the limit of ${threshold}`,
        span: node.name.span,
        hint: "Split it into smaller functions, or mark it `@complexity(allow)`",
        subject: node,
      };
    }
  },
};

/** One, and one more for every decision. Functions inside count for themselves. */
export function complexityOf(body: Block): number {
  let total = 1;
  for (const node of walkItems(body.items, (item) => !isNamedFunction(item))) total += decisions(node);
  return total;
}

function isNamedFunction(item: Item): boolean {
  return item.kind === "FnDecl" || item.kind === "ToolDecl" || item.kind === "ImplBlock";
}

function decisions(node: Item): number {
  switch (node.kind) {
    case "If":
    case "ForStmt":
    case "WhileStmt":
    case "Retry":
    case "Match":
    case "GuardStmt":
    case "Ternary":
      return 1;
    case "Try":
      return node.catchClause === undefined && node.finallyBody === undefined ? 0 : 1;
    case "Select":
      return node.cases.length;
    case "Binary":
      return node.op === "&&" || node.op === "||" ? 1 : 0;
    default:
      return 0;
  }
}

/** An example that is over the limit would be long to write out. */
function branchingFunction(attributes: string): string {
  const branches = Array.from({ length: defaultThreshold }, (_, index) => `  if n == ${index} {\n    log(n)\n  }\n`);
  return `${attributes}fn classify(n) {\n${branches.join("")}}\n`;
}
