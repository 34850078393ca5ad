import { type Item, peelAttributes } from "../../syntax/ast.ts";
import { precedingComments } from "../doc-comments.ts";
import { replace } from "../fix-edits.ts";
import type { LintContext, LintRule } from "../lint-rule.ts";

export const legacyDocComment: LintRule = {
  name: "legacy-doc-comment",
  code: "HARN-L023",
  docs: "Reports `//` and `///` lines that document a declaration: tools read `/** … */`.",
  bad: `/// Half of a number,
/// rounded down.
fn half(n) {
  return n / 2
}
`,
  fixed: `/**
 * Half of a number,
 * rounded down.
 */
fn half(n) {
  return n / 2
}
`,
  *check(context) {
    for (const item of documentable(context)) {
      const above = precedingComments(context, item.span.start);
      const from = above.findLastIndex((comment) => comment.kind !== "line" && comment.kind !== "doc-line") + 1;
      const lines = above.slice(from);
      const [first] = lines;
      const last = lines.at(-1);
      if (first === undefined || last === undefined || isSection(lines[0]!.text)) continue;
      const span = { start: first.span.start, end: last.span.end };
      const body = lines.map((comment) => comment.text.replace(/^\/{2,3} ?/, "").trimEnd());
      const holdsMarks = body.some((line) => line.includes("/*") || line.includes("*/"));
      yield {
        message: "This comment documents a declaration but is not a `/** … */` comment",
        span,
        hint: "Write it as `/** … */`",
        ...(holdsMarks ? {} : { fixes: replace(span, docBlock(body, columnOf(context, span.start))) }),
      };
    }
  },
};

function* documentable({ module, tree }: LintContext): Generator<Item> {
  for (const item of module.items) {
    const { kind } = peelAttributes(item).item;
    if (kind !== "ImportDecl" && (kind.endsWith("Decl") || kind === "ImplBlock")) yield item;
  }
  for (const block of tree.all("ImplBlock")) yield* block.methods.filter((method) => method.isPub);
}

/** `// ----` lines divide a file, they do not document. */
function isSection(text: string): boolean {
  return /^\/\/\s*[-=]{4,}/.test(text);
}

function columnOf({ source }: LintContext, offset: number): string {
  return " ".repeat(offset - (source.lastIndexOf("\n", offset - 1) + 1));
}

function docBlock(body: readonly string[], indent: string): string {
  if (body.length === 1) return `/** ${body[0]!.trim()} */`;
  return ["/**", ...body.map((line) => `${indent} * ${line}`.trimEnd()), `${indent} */`].join("\n");
}
