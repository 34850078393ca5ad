/**
 * Findings that the author has looked at.
 *
 * `// lint: allow rule-a, rule-b` silences those rules on its own line and on the next; with `allow-file` in the whole
 * file. Words after ` - ` are the reason. `@complexity(allow)` on a declaration silences `cyclomatic-complexity` there.
 */

import { table } from "../../base/index.ts";
import { type Attribute, type Comment, type Item, peelAttributes, type Span } from "../syntax/ast.ts";
import type { LintContext } from "./lint-rule.ts";

export interface Suppressions {
  allows(rule: string, span: Span, subject: Item | undefined): boolean;
}

interface Range {
  readonly rule: string;
  readonly span: Span;
}

/** Attributes with the argument `allow`, and the rule each is for. */
const attributeRules: Readonly<Record<string, string>> = table({ complexity: "cyclomatic-complexity" });

export function findSuppressions(context: LintContext): Suppressions {
  const ranges = context.module.comments.flatMap((comment) => fromComment(context.source, comment));
  const allowed = new Map<string, Set<Item>>();
  for (const node of context.tree.all("AttributedDecl")) {
    for (const attribute of node.attributes) {
      const rule = attributeRules[attribute.name];
      if (rule === undefined || !saysAllow(attribute)) continue;
      allowed.set(rule, (allowed.get(rule) ?? new Set()).add(node.decl));
    }
  }
  const inside = (rule: string, subject: Item): boolean => {
    const declarations = allowed.get(rule);
    if (declarations === undefined) return false;
    for (let at: Item | undefined = peelAttributes(subject).item; at !== undefined; at = context.tree.parentOf(at)) {
      if (declarations.has(at)) return true;
    }
    return false;
  };
  return {
    allows: (rule, span, subject) =>
      ranges.some((range) => range.rule === rule && range.span.start <= span.start && span.start < range.span.end) ||
      (subject !== undefined && inside(rule, subject)),
  };
}

function saysAllow(attribute: Attribute): boolean {
  return attribute.args.some(
    (arg) => arg.name === undefined && arg.value.kind === "Identifier" && arg.value.name === "allow",
  );
}

function fromComment(source: string, comment: Comment): Range[] {
  const match = /^(?:\/\/|\/\*)\s*lint:\s*allow(-file)?\s+(.*?)(?:\s+-\s.*)?(?:\*\/)?$/s.exec(comment.text.trim());
  if (match === null) return [];
  const span = match[1] === undefined ? besideAndBelow(source, comment) : { start: 0, end: source.length + 1 };
  const rules = (match[2] ?? "").split(/[\s,]+/).filter((rule) => rule !== "");
  return rules.map((rule) => ({ rule, span }));
}

/** From the start of the comment's line to the end of the line below it. */
function besideAndBelow(source: string, comment: Comment): Span {
  const lineEnd = (from: number): number => {
    const newline = source.indexOf("\n", from);
    return newline < 0 ? source.length : newline;
  };
  const start = source.lastIndexOf("\n", comment.span.start - 1) + 1;
  return { start, end: lineEnd(Math.min(lineEnd(comment.span.end) + 1, source.length)) + 1 };
}
