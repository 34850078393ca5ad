import type { ImportDecl, Span } from "../../syntax/ast.ts";
import { removeLines, replace } from "../fix-edits.ts";
import type { LintContext, LintRule, TextEdit } from "../lint-rule.ts";
import type { Binding } from "../name-table.ts";

export const unusedImport: LintRule = {
  name: "unused-import",
  code: "HARN-L004",
  docs: "Reports an imported name that the file does not use and does not export again.",
  bad: `import { floor_to, round_to } from "lib/numbers"

log(round_to(1.5, 0))
`,
  fixed: `import { round_to } from "lib/numbers"

log(round_to(1.5, 0))
`,
  *check(context) {
    const unused = new Set(context.bindings.filter((binding) => binding.kind === "import" && binding.reads === 0));
    for (const binding of unused) {
      if (binding.node.kind !== "ImportDecl" || binding.node.isPub) continue;
      yield {
        message: `Imported name \`${binding.name}\` is never used`,
        span: binding.span,
        hint: `Remove \`${binding.name}\` from the import`,
        fixes: removal(context, binding.node, binding, unused),
      };
    }
  },
};

/** The whole import when nothing of it is used (once, at its first name), else the name with a comma. */
function removal(
  context: LintContext,
  node: ImportDecl,
  binding: Binding,
  unused: ReadonlySet<Binding>,
): readonly TextEdit[] {
  const names = node.names ?? [];
  const unusedNames = [...unused].filter((other) => other.node === node).length;
  if (unusedNames === names.length) {
    return names[0]?.name === binding.name ? removeLines(context.source, node.span) : [];
  }
  return replace(withComma(context.source, binding.span), "");
}

function withComma(source: string, span: Span): Span {
  const after = /^\s*,[ \t]*/.exec(source.slice(span.end));
  if (after !== null) return { start: span.start, end: span.end + after[0].length };
  const before = /,\s*$/.exec(source.slice(0, span.start));
  return { start: span.start - (before?.[0].length ?? 0), end: span.end };
}
