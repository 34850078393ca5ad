/** Every expression. Those with statement blocks share their shape with `print-statements.ts`. */

import type { Block, DictEntry, Expr, MatchArm, NodeOf, Span } from "../syntax/ast.ts";
import { renderSequence } from "./comma-sequence.ts";
import { hasLooseComments, renderBraced } from "./item-list.ts";
import {
  isPostfix,
  isStatementLike,
  objectNeedsParens,
  rangeEndNeedsParens,
  ternaryPartNeedsParens,
  unaryOperandNeedsParens,
} from "./precedence.ts";
import { objectOf, printArguments, printBinary, printElement, printPostfix } from "./print-chains.ts";
import { printParamsInline } from "./print-params.ts";
import { printAnnotation, printReturnType, printTypes } from "./print-types.ts";
import type { Printer } from "./printer.ts";
import { isIdentifierName, textWidth } from "./text-layout.ts";

export function printExpression(printer: Printer, node: Expr, depth: number): string {
  switch (node.kind) {
    case "IntLiteral":
    case "FloatLiteral":
    case "DurationLiteral":
    case "StringLiteral":
    case "InterpolatedString":
    case "ErrorNode":
      return printer.verbatim(node.span);
    case "BoolLiteral":
      return String(node.value);
    case "NilLiteral":
      return "nil";
    case "Identifier":
      return node.name;
    case "ListLiteral":
      return renderSequence(
        printer,
        node.elements.map((element) => ({
          span: element.span,
          render: (inner: number) => printElement(printer, element, inner),
        })),
        { depth, open: "[", close: "]", range: node.span, prefixWidth: 1 },
      );
    case "DictLiteral":
      return printEntries(printer, node.entries, node.span, 1, depth);
    case "StructLiteral": {
      const range = { start: node.name.span.end, end: node.span.end };
      const { name } = node.name;
      return `${name} ${printEntries(printer, node.entries, range, textWidth(name) + 2, depth)}`;
    }
    case "Closure":
      return printClosure(printer, node, depth);
    case "Binary":
      return printBinary(printer, node, depth);
    case "Unary":
      return node.op + printUnaryOperand(printer, node, depth);
    case "TryStar":
      return `try* ${parenthesised(printer.expr(node.operand, depth), unaryOperandNeedsParens(node.operand))}`;
    case "Ternary":
      return printTernary(printer, node, depth);
    case "Range": {
      const side = (operand: Expr): string => parenthesised(printer.expr(operand, depth), rangeEndNeedsParens(operand));
      const from = parenthesised(side(node.from), isStatementLike(node.from));
      return `${from} to ${side(node.to)}${node.exclusive ? " exclusive" : ""}`;
    }
    case "Call": {
      const types = node.typeArgs.length === 0 ? "" : `<${printTypes(printer, node.typeArgs)}>`;
      const name = node.callee.name + types;
      const range = { start: node.callee.span.end, end: node.span.end };
      return printArguments(printer, node.args, { name, range, prefixWidth: textWidth(name) + 1, depth });
    }
    case "MethodCall":
    case "Property":
    case "Index":
    case "Slice":
    case "TryOperator":
      return printPostfix(printer, node, depth);
    case "OrPattern":
      return node.alternatives.map((alternative) => printer.expr(alternative, depth)).join(" | ");
    case "If":
      return printIf(printer, node, depth);
    case "Match":
      return printMatch(printer, node, depth);
    case "Try":
      return printTry(printer, node, depth);
    case "Retry":
      return printer.block(node.body, depth, `retry ${printHeadOperand(printer, node.count, depth)} {`);
    case "Deadline":
      return printer.block(node.body, depth, `deadline ${printHeadOperand(printer, node.duration, depth)} {`);
    case "Mutex":
      return printer.block(node.body, depth, "mutex {");
    case "Spawn":
      return printer.block(node.body, depth, "spawn {");
    case "Parallel":
      return printParallel(printer, node, depth);
    case "Select":
      return printSelect(printer, node, depth);
    case "Yield":
      return node.value === undefined ? "yield" : `yield ${printer.expr(node.value, depth)}`;
    case "Emit":
      return `emit ${printer.expr(node.value, depth)}`;
    case "BlockExpr":
      return printer.block(node.body, depth, "{");
  }
}

function parenthesised(text: string, needed: boolean): string {
  return needed ? `(${text})` : text;
}

// ---- Operators that are not chains ---------------------------------------------------------------------------------

function printUnaryOperand(printer: Printer, node: NodeOf<"Unary">, depth: number): string {
  const text = printer.expr(node.operand, depth);
  const doubleMinus = node.op === "-" && text.startsWith("-");
  return parenthesised(text, doubleMinus || unaryOperandNeedsParens(node.operand));
}

function printTernary(printer: Printer, node: NodeOf<"Ternary">, depth: number): string {
  const part = (operand: Expr): string => parenthesised(printer.expr(operand, depth), ternaryPartNeedsParens(operand));
  const chosen = part(node.thenExpr);
  const condition = parenthesised(part(node.condition), isStatementLike(node.condition));
  return `${condition} ? ${parenthesised(chosen, !startsTernaryBranch(chosen))} : ${part(node.elseExpr)}`;
}

/** After `?` a keyword is not read as the start of a branch: `x?` would be taken for the postfix operator. */
function startsTernaryBranch(text: string): boolean {
  return !/^(?:if|match|try|spawn|parallel|retry|deadline)\b/.test(text);
}

// ---- Collections and closures --------------------------------------------------------------------------------------

function printEntries(
  printer: Printer,
  entries: readonly DictEntry[],
  range: Span,
  prefixWidth: number,
  depth: number,
): string {
  const members = entries.map((entry) => ({
    span: entry.span,
    render: (inner: number): string => {
      if (entry.kind === "SpreadEntry") return `...${printer.expr(entry.value, inner)}`;
      return `${printKey(printer, entry.key, entry.computed, inner)}: ${printer.expr(entry.value, inner)}`;
    },
  }));
  return renderSequence(printer, members, { depth, open: "{", close: "}", range, prefixWidth });
}

function printKey(printer: Printer, key: Expr, computed: boolean, depth: number): string {
  if (computed) return `[${printer.expr(key, depth)}]`;
  if (key.kind === "StringLiteral" && isIdentifierName(key.value)) return key.value;
  return printer.expr(key, depth);
}

function printClosure(printer: Printer, node: NodeOf<"Closure">, depth: number): string {
  const params = printParamsInline(printer, node.params, depth);
  const opener = node.fnSyntax
    ? `fn(${params})${printReturnType(printer, node.returnType)} {`
    : `{ ${params === "" ? "" : `${params} `}->`;
  return printArmBody(printer, node.body, depth, opener);
}

/** Kinds that may share a line with the braces around them. */
const oneLineBody: ReadonlySet<string> = new Set([
  "InterpolatedString",
  "IntLiteral",
  "FloatLiteral",
  "BoolLiteral",
  "NilLiteral",
  "Identifier",
  "DurationLiteral",
  "Binary",
  "Unary",
  "Call",
  "MethodCall",
  "Property",
  "Index",
  "Slice",
  "Ternary",
  "AssignStmt",
  "ListLiteral",
  "DictLiteral",
  "Range",
  "TryOperator",
  "TryStar",
  "ReturnStmt",
  "BreakStmt",
  "ContinueStmt",
  "RequireStmt",
]);

/** `opener expr }` when the body is one simple item without comments, else a block. */
function printArmBody(printer: Printer, body: Block, depth: number, opener: string): string {
  const [only, ...more] = body.items;
  const simple =
    only !== undefined &&
    more.length === 0 &&
    (oneLineBody.has(only.kind) || (only.kind === "StringLiteral" && only.style !== "raw"));
  if (!simple || hasLooseComments(printer, body)) return printer.block(body, depth, opener);
  return `${opener} ${printer.item(only, depth)} }`;
}

// ---- Control flow --------------------------------------------------------------------------------------------------

/**
 * `keyword expr` before a brace. `x? {` would start a ternary, and `… + Name {}` would end in a struct literal if the
 * block behind it holds no `members`.
 */
export function printHead(
  printer: Printer,
  keyword: string,
  node: Expr,
  members: readonly unknown[],
  depth: number,
): string {
  const text = printer.expr(node, depth);
  const endsInName = /(?:^|[^\p{Alphabetic}\p{N}_.])\p{Uppercase}[\p{Alphabetic}\p{N}_]*$/u.test(text);
  return `${keyword} ${parenthesised(text, text.endsWith("?") || (endsInName && members.length === 0))}`;
}

/** `retry` and `deadline` take no operators before their brace, and no struct literal. */
function printHeadOperand(printer: Printer, node: Expr, depth: number): string {
  const text = printer.expr(node, depth);
  let innermost = node;
  while (isPostfix(innermost)) innermost = objectOf(innermost);
  const bare = !objectNeedsParens(node) && innermost.kind !== "StructLiteral" && !text.endsWith("?");
  return parenthesised(text, !bare);
}

function printIf(printer: Printer, node: NodeOf<"If">, depth: number): string {
  let text = "";
  let current = node;
  let from: number | undefined;
  for (;;) {
    const { thenBody, elseBody } = current;
    const opener = `${printHead(printer, "if", current.condition, thenBody.items, depth)} {`;
    text += printer.block(thenBody, depth, opener, from);
    if (elseBody === undefined) return text;
    text += " else ";
    const [nested] = elseBody.items;
    if (!current.elseIf || nested?.kind !== "If") {
      return text + printer.block(elseBody, depth, "{", thenBody.span.end);
    }
    from = printer.comments.has(thenBody.span.end, nested.span.start) ? thenBody.span.end : undefined;
    current = nested;
  }
}

function printMatch(printer: Printer, node: NodeOf<"Match">, depth: number): string {
  const members = node.arms.map((arm) => ({ span: arm.span, render: () => printArm(printer, arm, depth + 1) }));
  const opener = `${printHead(printer, "match", node.subject, node.arms, depth)} {`;
  return renderBraced(printer, members, depth, opener, { start: node.subject.span.end, end: node.span.end });
}

function printArm(printer: Printer, arm: MatchArm, depth: number): string {
  const guard = arm.guard === undefined ? "" : ` if ${printer.expr(arm.guard, depth)}`;
  return printArmBody(printer, arm.body, depth, `${printer.expr(arm.pattern, depth)}${guard} -> {`);
}

function printTry(printer: Printer, node: NodeOf<"Try">, depth: number): string {
  let text = printer.block(node.body, depth, "try {");
  let end = node.body.span.end;
  const { catchClause, finallyBody } = node;
  if (catchClause !== undefined) {
    const variable = catchClause.variable?.name;
    const binding = variable === undefined ? "" : ` (${variable}${printAnnotation(printer, catchClause.type)})`;
    text += ` ${printer.block(catchClause.body, depth, `catch${binding} {`, end)}`;
    end = catchClause.body.span.end;
  }
  if (finallyBody !== undefined) text += ` ${printer.block(finallyBody, depth, "finally {", end)}`;
  return text;
}

function printParallel(printer: Printer, node: NodeOf<"Parallel">, depth: number): string {
  const mode = node.mode === "count" ? "parallel" : `parallel ${node.mode}`;
  const options = node.options.map((field) => `${field.name.name}: ${printer.expr(field.value, depth)}`);
  const withClause = options.length === 0 ? "" : ` with { ${options.join(", ")} }`;
  const variable = node.variable === undefined ? "" : ` ${node.variable.name} ->`;
  const opener = `${printHead(printer, mode, node.subject, node.body.items, depth)}${withClause} {${variable}`;
  return printer.block(node.body, depth, opener) + (node.asStream ? " as stream" : "");
}

function printSelect(printer: Printer, node: NodeOf<"Select">, depth: number): string {
  const inner = depth + 1;
  const members = node.cases.map((each) => ({
    span: each.span,
    render: () =>
      printer.block(
        each.body,
        inner,
        `${printHead(printer, `${each.variable.name} from`, each.channel, each.body.items, inner)} {`,
      ),
  }));
  const { timeout, defaultBody } = node;
  if (timeout !== undefined) {
    members.push({
      span: { start: timeout.duration.span.start, end: timeout.body.span.end },
      render: () =>
        printer.block(
          timeout.body,
          inner,
          `${printHead(printer, "timeout", timeout.duration, timeout.body.items, inner)} {`,
        ),
    });
  }
  if (defaultBody !== undefined) {
    members.push({ span: defaultBody.span, render: () => printer.block(defaultBody, inner, "default {") });
  }
  members.sort((a, b) => a.span.start - b.span.start);
  return renderBraced(printer, members, depth, "select {", node.span);
}
