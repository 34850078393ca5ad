import type { Block, Item } from "../../syntax/ast.ts";
import { removeLines } from "../fix-edits.ts";
import type { LintContext, LintRule } from "../lint-rule.ts";
import { isInert } from "../purity.ts";

export const emptyBlock: LintRule = {
  name: "empty-block",
  code: "HARN-L011",
  docs: "Reports a branch, loop or `try` with nothing in it; a comment inside says that it is meant.",
  bad: `fn f(ready) {
  if ready {
  }
  log(ready)
}
`,
  fixed: `fn f(ready) {
  log(ready)
}
`,
  *check(context) {
    for (const { body, owner, role } of context.tree.blocks) {
      const what = describe(role, owner, body);
      if (what === undefined || body.items.length > 0 || hasComment(context, body)) continue;
      const removable = isRemovable(context, owner);
      yield {
        message: `The ${what} is empty`,
        span: body.span,
        hint: "Remove it, or say in a comment why it is empty",
        ...(removable ? { fixes: removeLines(context.source, owner.span) } : {}),
      };
    }
  },
};

function describe(role: string, owner: Item, body: Block): string | undefined {
  if (role === "loop") return "body of the loop";
  if (role === "try" && owner.kind === "Try") return "`try` block";
  if (owner.kind === "If") return body === owner.thenBody ? "`if` block" : "`else` block";
  return undefined;
}

function hasComment({ module }: LintContext, body: Block): boolean {
  return module.comments.some((comment) => comment.span.start >= body.span.start && comment.span.end <= body.span.end);
}

/** A statement that does nothing at all, not even in its condition. */
function isRemovable(context: LintContext, owner: Item): boolean {
  const { tree } = context;
  const place = tree.blockOf(owner);
  const isValue = place === undefined ? tree.parentOf(owner) !== undefined : place.body.items.at(-1) === owner;
  return !isValue && pureHead(owner) && !isNamedElsewhere(context, owner);
}

/** A name that a loop binds also hides, in its function, that no scope knows it elsewhere. */
function isNamedElsewhere({ bindings, source }: LintContext, owner: Item): boolean {
  const rest = `${source.slice(0, owner.span.start)} ${source.slice(owner.span.end)}`;
  const words = new Set(rest.match(/[\p{ID_Start}_][\p{ID_Continue}]*/gu));
  return bindings.some(({ node, name }) => node === owner && words.has(name));
}

function pureHead(owner: Item): boolean {
  switch (owner.kind) {
    case "If":
      return owner.elseBody === undefined && isInert(owner.condition);
    case "ForStmt":
      return owner.iterable.kind === "ListLiteral" && isInert(owner.iterable);
    default:
      return false;
  }
}
