import type { MatchArm } from "../../syntax/ast.ts";
import type { Finding, LintRule } from "../lint-rule.ts";
import { treeKey } from "../same-tree.ts";

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
    for (const { arms } of tree.all("Match")) yield* unreachable(arms);
  },
};

function* unreachable(arms: readonly MatchArm[]): Generator<Finding> {
  let everythingIsTaken = false;
  const taken = new Set<string>();
  for (const { pattern, guard } of arms) {
    const always = treeKey(pattern);
    const guarded = guard && `${always} if ${treeKey(guard)}`;
    if (everythingIsTaken || taken.has(always) || (guarded !== undefined && taken.has(guarded))) {
      yield {
        message: everythingIsTaken
          ? "This arm is never reached, because an earlier one takes everything"
          : "This arm has the pattern of an earlier one",
        span: pattern.span,
        hint: "Remove the arm, or change its pattern",
      };
    }
    taken.add(guarded ?? always);
    if (guard === undefined && pattern.kind === "Identifier" && pattern.name === "_") everythingIsTaken = true;
  }
}
