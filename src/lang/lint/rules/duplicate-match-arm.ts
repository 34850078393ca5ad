import type { MatchArm } from "../../syntax/ast.ts";
import type { LintRule } from "../lint-rule.ts";
import { sameTree } from "../same-tree.ts";

export const duplicateMatchArm: LintRule = {
  name: "duplicate-match-arm",
  code: "HARN-L018",
  docs: "Reports an arm that cannot be reached, because an earlier one has the same pattern or takes everything.",
  bad: `fn f(x) {
  return match x {
    1 -> { "one" }
    1 -> { "uno" }
    _ -> { "more" }
  }
}
`,
  fixed: `fn f(x) {
  return match x {
    1 -> { "one" }
    _ -> { "more" }
  }
}
`,
  *check({ tree }) {
    for (const { arms } of tree.all("Match")) {
      for (const [index, arm] of arms.entries()) {
        const earlier = arms.slice(0, index).find((other) => covers(other, arm));
        if (earlier === undefined) continue;
        yield {
          message: takesAll(earlier)
            ? "This arm is never reached, because an earlier one takes everything"
            : "This arm has the pattern of an earlier one",
          span: arm.pattern.span,
          hint: "Remove the arm, or change its pattern",
        };
      }
    }
  },
};

function covers(earlier: MatchArm, arm: MatchArm): boolean {
  if (takesAll(earlier)) return true;
  return sameTree(earlier.pattern, arm.pattern) && (earlier.guard === undefined || sameTree(earlier.guard, arm.guard));
}

function takesAll(arm: MatchArm): boolean {
  return arm.guard === undefined && arm.pattern.kind === "Identifier" && arm.pattern.name === "_";
}
