/** Which statements always leave their block, and what a block assigns or yields. Syntax only. */

import { visitChildren } from "../lint/visit-children.ts";
import type { Block, Expr, Item } from "../syntax/ast.ts";
import { peelAttributes } from "../syntax/ast.ts";

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
  return block.items.some(itemYields);
}

function itemYields(item: Item): boolean {
  if (item.kind === "Yield") return true;
  if (isOwnFunction(item)) return false;
  let found = false;
  forEachChild(item, (child) => {
    found ||= itemYields(child);
  });
  return found;
}

/** The root names that running `items` may assign to; closures and spawned work change copies of their own. */
export function assignedNames(items: readonly Item[]): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (item: Item): void => {
    if (item.kind === "AssignStmt") {
      const root = rootName(item.target);
      if (root !== undefined) names.add(root);
    }
    if (!isOwnFunction(item) && item.kind !== "Spawn" && item.kind !== "Parallel") forEachChild(item, visit);
  };
  for (const item of items) visit(item);
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

function forEachChild(item: Item, visit: (child: Item) => void): void {
  visitChildren(item, { item: visit, block: (block) => block.items.forEach(visit) });
}
