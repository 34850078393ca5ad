import { replace } from "../fix-edits.ts";
import type { LintRule } from "../lint-rule.ts";

export const letThenReturn: LintRule = {
  name: "let-then-return",
  code: "HARN-L025",
  docs: "Reports a variable that is returned by the very next statement.",
  bad: `fn twice(n) {
  let result = n * 2
  return result
}
`,
  fixed: `fn twice(n) {
  return n * 2
}
`,
  *check(context) {
    const readOnce = new Set(context.bindings.flatMap(({ node, reads }) => (reads === 1 ? [node] : [])));
    for (const { body } of context.tree.blocks) {
      for (const [index, item] of body.items.entries()) {
        const next = body.items[index + 1];
        if (item.kind !== "LetStmt" || item.pattern.kind !== "NamePattern" || item.type !== undefined) continue;
        if (next?.kind !== "ReturnStmt" || next.value?.kind !== "Identifier") continue;
        if (next.value.name !== item.pattern.name) continue;
        const span = { start: item.span.start, end: next.span.end };
        const between = context.source.slice(item.span.end, next.span.start).trim();
        // With the parentheses around the value, which the tree has dropped: lines may break inside of them.
        const value = /^\s*=\s*([^\s/].*)$/s.exec(context.source.slice(item.pattern.span.end, item.span.end))?.[1];
        yield {
          message: `Variable \`${item.pattern.name}\` is returned at once`,
          span,
          hint: "Return the value itself",
          // A comment in between would be lost, and so would be what a name that no scope knows is taken for.
          ...(value !== undefined && (between === "" || between === ";") && readOnce.has(item)
            ? { fixes: replace(span, `return ${value}`) }
            : {}),
        };
      }
    }
  },
};
