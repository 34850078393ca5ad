import type { NodeOf } from "../../syntax/ast.ts";
import { blockExits } from "../exits.ts";
import { replace } from "../fix-edits.ts";
import type { LintContext, LintRule, TextEdit } from "../lint-rule.ts";

export const unnecessaryElseReturn: LintRule = {
  name: "unnecessary-else-return",
  code: "HARN-L016",
  docs: "Reports an `else` after a branch that always leaves: its body can stand behind the `if`.",
  bad: `fn sign(n) {
  if n < 0 {
    return -1
  } else {
    return 1
  }
}
`,
  fixed: `fn sign(n) {
  if n < 0 {
    return -1
  }
  return 1
}
`,
  *check(context) {
    const { tree } = context;
    const chained = new Set(tree.all("If").flatMap((node) => (node.elseIf ? (node.elseBody?.items ?? []) : [])));
    for (const node of tree.all("If")) {
      const isStatement = tree.blockOf(node) !== undefined || tree.parentOf(node) === undefined;
      if (node.elseBody === undefined || !isStatement || chained.has(node)) continue;
      if (!blockExits(node.thenBody)) continue;
      yield {
        message: "This `else` follows a branch that always leaves",
        span: node.span,
        hint: "Remove the `else` and put its body behind the `if`",
        ...unindent(context, node),
      };
    }
  },
};

/** No fix where names or a `defer` of the `else` would come into the scope around it. */
function unindent({ source }: LintContext, node: NodeOf<"If">): { fixes?: readonly TextEdit[] } {
  const { thenBody, elseBody } = node;
  if (elseBody === undefined) return {};
  const binds = elseBody.items.some(
    (item) => item.kind === "LetStmt" || item.kind === "DeferStmt" || item.kind.endsWith("Decl"),
  );
  if (binds && !node.elseIf) return {};
  // A lone semicolon may open a block, but not stand behind one.
  if (source.slice(elseBody.span.start + 1, elseBody.items[0]?.span.start).includes(";") && !node.elseIf) return {};
  const lineStart = source.lastIndexOf("\n", node.span.start - 1) + 1;
  const indent = /^[ \t]*/.exec(source.slice(lineStart))?.[0] ?? "";
  const body = node.elseIf
    ? source.slice(elseBody.items[0]?.span.start, node.span.end)
    : source.slice(elseBody.span.start + 1, elseBody.span.end - 1).trim();
  if (body === "") return {};
  // A comment at its end would swallow what stands behind the brace.
  const isLastOfLine = /^[ \t]*(?:\r?\n|$)/.test(source.slice(node.span.end, node.span.end + 200));
  if (!isLastOfLine && body.slice(body.lastIndexOf("\n") + 1).includes("//")) return {};
  return { fixes: replace({ start: thenBody.span.end, end: node.span.end }, `\n${indent}${body}`) };
}
