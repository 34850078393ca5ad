/** Statements. An expression statement is printed as its expression. */

import type { Item, Stmt } from "../syntax/ast.ts";
import { isDeclaration, isStatement } from "../syntax/item-kinds.ts";
import { printAttributed, printDeclaration } from "./print-declarations.ts";
import { printExpression, printHead } from "./print-expressions.ts";
import { printAnnotation, printPattern } from "./print-types.ts";
import type { Printer } from "./printer.ts";

export function printItem(printer: Printer, node: Item, depth: number): string {
  if (node.kind === "AttributedDecl") return printAttributed(printer, node, depth);
  if (isDeclaration(node)) return printDeclaration(printer, node, depth);
  return isStatement(node) ? printStatement(printer, node, depth) : printExpression(printer, node, depth);
}

function printStatement(printer: Printer, node: Stmt, depth: number): string {
  switch (node.kind) {
    case "LetStmt": {
      const target = printPattern(printer, node.pattern, depth) + printAnnotation(printer, node.type);
      return `${node.mutable ? "var" : "let"} ${target} = ${printer.expr(node.value, depth)}`;
    }
    case "AssignStmt":
      return `${printer.expr(node.target, depth)} ${node.op ?? ""}= ${printer.expr(node.value, depth)}`;
    case "ForStmt": {
      const keyword = `for ${printPattern(printer, node.pattern, depth)} in`;
      return printer.block(node.body, depth, `${printHead(printer, keyword, node.iterable, node.body.items, depth)} {`);
    }
    case "WhileStmt":
      return printer.block(
        node.body,
        depth,
        `${printHead(printer, "while", node.condition, node.body.items, depth)} {`,
      );
    case "ReturnStmt":
      return node.value === undefined ? "return" : `return ${printer.expr(node.value, depth)}`;
    case "ThrowStmt":
      return `throw ${printer.expr(node.value, depth)}`;
    case "BreakStmt":
      return "break";
    case "ContinueStmt":
      return "continue";
    case "GuardStmt": {
      const condition = printer.expr(node.condition, depth);
      // The `else` behind the brace of an `if` would be that one's.
      const guarded = condition.endsWith("}") ? `(${condition})` : condition;
      return printer.block(node.elseBody, depth, `guard ${guarded} else {`);
    }
    case "RequireStmt": {
      const message = node.message === undefined ? "" : `, ${printer.expr(node.message, depth)}`;
      return `require ${printer.expr(node.condition, depth)}${message}`;
    }
    case "DeferStmt":
      return printer.block(node.body, depth, "defer {");
  }
}
