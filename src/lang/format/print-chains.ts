/**
 * Chains: operators (`a + b + c`) and what hangs on a value (`a.b(c)[d]?`). Both are left-deep in the tree, so they are
 * printed from the innermost outwards in a loop; a chain of thousands does not recurse.
 *
 * A link that starts a line in the source keeps doing so. Comments between links stay between them.
 */

import type { Element, Expr, NodeOf } from "../syntax/ast.ts";
import { BINARY_OPERATORS } from "../syntax/precedence.ts";
import { renderSequence } from "./comma-sequence.ts";
import { layoutComments, trailingComment } from "./comment-layout.ts";
import { isPostfix, objectNeedsParens, operandNeedsParens, type PostfixExpr } from "./precedence.ts";
import type { Printer } from "./printer.ts";
import { breaksBetween, isMultiline, pad, textWidth } from "./text-layout.ts";

// ---- Operators -----------------------------------------------------------------------------------------------------

type Binary = NodeOf<"Binary">;

export function printBinary(printer: Printer, node: Binary, depth: number): string {
  const spine: Binary[] = [];
  let innermost: Expr = node;
  while (innermost.kind === "Binary") {
    spine.push(innermost);
    innermost = innermost.left;
  }
  let text = printer.expr(innermost, depth);
  let width = textWidth(text);
  let broken = isMultiline(text);
  for (const link of spine.reverse()) {
    const right = printRight(printer, link, depth);
    if (leftNeedsParens(link, text, right)) {
      text = `(${text})`;
      width += 2;
    }
    const gap = printGap(printer, link, depth);
    const op = link.op === "not_in" ? "not in" : link.op;
    const rightWidth = textWidth(right);
    const oneLine = width + op.length + 2 + rightWidth;
    const splits =
      gap !== "" ||
      broken ||
      breaksBetween(printer.source, link.left.span.end, link.right.span.start) ||
      depth * 2 + oneLine > printer.options.lineWidth;
    if (splits) {
      const joint = `${BINARY_OPERATORS[link.op].leadsLine ? gap : " \\"}\n${pad(depth + 1)}`;
      text += `${joint}${op} ${right}`;
      width = oneLine + textWidth(joint) - 1;
      broken = true;
    } else {
      text += ` ${op} ${right}`;
      width = oneLine;
      broken = isMultiline(right);
    }
  }
  return text;
}

function printRight(printer: Printer, node: Binary, depth: number): string {
  const text = printer.expr(node.right, depth);
  return operandNeedsParens(node.op, node.right, "right") ? `(${text})` : text;
}

function leftNeedsParens(node: Binary, left: string, right: string): boolean {
  if (operandNeedsParens(node.op, node.left, "left")) return true;
  // `x? - y` and `x? not in y` would be read as the start of `x ? … : …`.
  if (left.endsWith("?") && (node.op === "-" || node.op === "not_in")) return true;
  // `a < b > (c)` would be read as a call with type arguments.
  return node.op === ">" && right.startsWith("(") && !isPostfix(node.left);
}

/** Comments before the right operand, ready to follow the left one. */
function printGap(printer: Printer, node: Binary, depth: number): string {
  return BINARY_OPERATORS[node.op].leadsLine
    ? printLinkComments(printer, node.left.span.end, node.right.span.start, depth)
    : "";
}

function printLinkComments(printer: Printer, from: number, to: number, depth: number): string {
  if (!printer.comments.has(from, to)) return "";
  const beside = printer.comments.takeTrailing(from, to).map((comment) => ` ${trailingComment(comment)}`);
  const layout = { source: printer.source, options: printer.options, depth: depth + 1, sections: false };
  const own = layoutComments(printer.comments.take(from, to), layout).map((piece) => `\n${piece.text}`);
  return [...beside, ...own].join("");
}

// ---- Postfix -------------------------------------------------------------------------------------------------------

export function objectOf(link: PostfixExpr): Expr {
  return link.kind === "TryOperator" ? link.operand : link.object;
}

export function printPostfix(printer: Printer, node: PostfixExpr, depth: number): string {
  const spine: PostfixExpr[] = [];
  let innermost: Expr = node;
  while (isPostfix(innermost)) {
    spine.push(innermost);
    innermost = objectOf(innermost);
  }
  const base = printer.expr(innermost, depth);
  let text = objectNeedsParens(innermost) ? `(${base})` : base;
  let width = textWidth(text);
  for (const link of spine.reverse()) {
    // `x?` before another link would become `x?.name`, `x?[0]` or `x??`.
    if (objectOf(link).kind === "TryOperator") {
      text = `(${text})`;
      width += 2;
    }
    const next = printLink(printer, link, width, depth);
    text += next;
    width += textWidth(next);
  }
  return text;
}

function printLink(printer: Printer, link: PostfixExpr, objectWidth: number, depth: number): string {
  switch (link.kind) {
    case "TryOperator":
      return "?";
    case "Index":
      return `${link.optional ? "?" : ""}[${printer.expr(link.index, depth)}]`;
    case "Slice": {
      const from = link.from === undefined ? "" : printer.expr(link.from, depth);
      const to = link.to === undefined ? "" : printer.expr(link.to, depth);
      return `[${from}:${to}]`;
    }
    case "Property": {
      const gap = printLinkComments(printer, link.object.span.end, link.property.span.start, depth);
      const joint = gap === "" ? "" : `${gap}\n${pad(depth + 1)}`;
      return `${joint}${link.optional ? "?." : "."}${link.property.name}`;
    }
    case "MethodCall": {
      const dot = link.optional ? "?." : ".";
      const gap = printLinkComments(printer, link.object.span.end, link.method.span.start, depth);
      const call = printArguments(printer, link.args, {
        name: link.method.name,
        range: { start: link.method.span.end, end: link.span.end },
        prefixWidth: objectWidth + textWidth(link.method.name) + dot.length + 1,
        depth,
      });
      const ownLine =
        gap !== "" || isMultiline(call) || breaksBetween(printer.source, link.object.span.end, link.method.span.start);
      return `${gap}${ownLine ? `\n${pad(depth + 1)}` : ""}${dot}${call}`;
    }
  }
}

/** `name(a, ...b)`. */
export function printArguments(
  printer: Printer,
  args: readonly Element[],
  call: {
    readonly name: string;
    readonly range: { readonly start: number; readonly end: number };
    readonly prefixWidth: number;
    readonly depth: number;
  },
): string {
  const members = args.map((arg) => ({
    span: arg.span,
    render: (depth: number) => printElement(printer, arg, depth),
  }));
  const list = renderSequence(printer, members, {
    depth: call.depth,
    open: "(",
    close: ")",
    range: call.range,
    prefixWidth: call.prefixWidth,
  });
  return call.name + list;
}

export function printElement(printer: Printer, element: Element, depth: number): string {
  return element.kind === "Spread" ? `...${printer.expr(element.value, depth)}` : printer.expr(element, depth);
}
