/** Which statements never let control pass to the next one. */

import type { Block, Item } from "../syntax/ast.ts";

export function alwaysExits(node: Item): boolean {
  switch (node.kind) {
    case "ReturnStmt":
    case "ThrowStmt":
    case "BreakStmt":
    case "ContinueStmt":
      return true;
    case "If":
      return node.elseBody !== undefined && blockExits(node.thenBody) && blockExits(node.elseBody);
    case "Match":
      return node.arms.length > 0 && node.arms.every((arm) => blockExits(arm.body));
    case "Try":
      return (
        (node.finallyBody !== undefined && blockExits(node.finallyBody)) ||
        (node.catchClause !== undefined && blockExits(node.body) && blockExits(node.catchClause.body))
      );
    case "BlockExpr":
      return blockExits(node.body);
    default:
      return false;
  }
}

export function blockExits(body: Block): boolean {
  return body.items.some(alwaysExits);
}
