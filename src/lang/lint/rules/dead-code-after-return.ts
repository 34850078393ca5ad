import type { Item } from "../../syntax/ast.ts";
import { alwaysExits } from "../exits.ts";
import type { LintRule } from "../lint-rule.ts";

export const deadCodeAfterReturn: LintRule = {
  name: "dead-code-after-return",
  code: "HARN-L009",
  docs: "Reports statements that are never reached, because the one before always leaves the block.",
  bad: `fn answer() {
  return 42
  log("done")
}
`,
  fixed: `fn answer() {
  log("done")
  return 42
}
`,
  *check({ tree }) {
    for (const { body } of tree.blocks) {
      const dead = firstDead(body.items);
      if (dead === undefined) continue;
      yield { message: "This statement is never reached", span: dead.span, hint: "Remove the unreachable code" };
    }
  },
};

/** Declarations are known throughout their block, wherever they stand. */
function firstDead(items: readonly Item[]): Item | undefined {
  const exit = items.findIndex(alwaysExits);
  if (exit < 0) return undefined;
  return items.slice(exit + 1).find((item) => !item.kind.endsWith("Decl"));
}
