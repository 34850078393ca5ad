import type { DictEntry, Expr } from "../../syntax/ast.ts";
import type { Finding, LintRule } from "../lint-rule.ts";

export const duplicateDictKey: LintRule = {
  name: "duplicate-dict-key",
  code: "HARN-L017",
  docs: "Reports a key that a later entry of the same dict literal overwrites.",
  bad: `let user = {name: "a", age: 1, name: "b"}
log(user)
`,
  fixed: `let user = {age: 1, name: "b"}
log(user)
`,
  *check({ tree }) {
    for (const node of tree.all("DictLiteral")) yield* duplicates(node.entries);
    for (const node of tree.all("StructLiteral")) yield* duplicates(node.entries);
  },
};

function* duplicates(entries: readonly DictEntry[]): Generator<Finding> {
  const seen = new Set<string>();
  for (const entry of entries) {
    // After a spread a key overwrites what the spread brought: that is its purpose.
    if (entry.kind === "SpreadEntry") {
      seen.clear();
      continue;
    }
    const key = literalKey(entry.key);
    if (key === undefined) continue;
    if (seen.has(key)) {
      yield {
        message: `Key \`${key}\` stands in this dict twice`,
        span: entry.key.span,
        hint: "Remove one of the entries",
      };
    }
    seen.add(key);
  }
}

function literalKey(key: Expr): string | undefined {
  switch (key.kind) {
    case "StringLiteral":
      return key.value;
    case "IntLiteral":
      return String(key.value);
    default:
      return undefined;
  }
}
