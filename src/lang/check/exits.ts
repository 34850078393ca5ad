/** Which statements always leave their block, and what a block assigns or yields. Syntax only. */

import type { Block, Expr, Item } from "../syntax/ast.ts";
import { peelAttributes } from "../syntax/ast.ts";
import { walkItems } from "../syntax/visit-children.ts";

/** `return`, `throw`, `break`, `continue`, or an `if` whose both branches do. */
export function definitelyExits(item: Item): boolean {
  switch (item.kind) {
    case "ReturnStmt":
    case "ThrowStmt":
    case "BreakStmt":
    case "ContinueStmt":
      return true;
    case "If": {
      let branch: Expr | undefined = item;
      while (branch?.kind === "If") {
        if (branch.elseBody === undefined || !blockExits(branch.thenBody)) return false;
        if (!branch.elseIf) return blockExits(branch.elseBody);
        const [next]: readonly Item[] = branch.elseBody.items;
        branch = next?.kind === "If" ? next : undefined;
      }
      return false;
    }
    default:
      return false;
  }
}

function blockExits(block: Block): boolean {
  return block.items.some(definitelyExits);
}

/** True when running the block can `yield` from the function it belongs to. */
export function containsYield(block: Block): boolean {
  for (const item of walkItems(block.items, (node) => !isOwnFunction(node))) {
    if (item.kind === "Yield") return true;
  }
  return false;
}

/** The root names that running `items` may assign to; closures and spawned work change copies of their own. */
export function assignedNames(items: readonly Item[]): ReadonlySet<string> {
  const names = new Set<string>();
  const runsHere = (node: Item): boolean => !isOwnFunction(node) && node.kind !== "Spawn" && node.kind !== "Parallel";
  for (const item of walkItems(items, runsHere)) {
    const root = item.kind === "AssignStmt" ? rootName(item.target) : undefined;
    if (root !== undefined) names.add(root);
  }
  return names;
}

/** `a` for `a`, `a.b`, `a[0].c`. */
export function rootName(target: Expr): string | undefined {
  let expr = target;
  while (expr.kind === "Property" || expr.kind === "Index") expr = expr.object;
  return expr.kind === "Identifier" ? expr.name : undefined;
}

function isOwnFunction(item: Item): boolean {
  switch (peelAttributes(item).item.kind) {
    case "FnDecl":
    case "ToolDecl":
    case "Closure":
    case "PipelineDecl":
    case "OverrideDecl":
    case "ImplBlock":
      return true;
    default:
      return false;
  }
}
