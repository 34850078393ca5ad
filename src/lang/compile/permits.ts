/**
 * Permits that a block takes by name (`let lock = sync_mutex_acquire("state")`) and keeps to itself go back when the
 * block is left, on every path, as if a `defer` stood behind the line. One that is handed on (returned, stored, given to
 * a call, captured) is its new owner's business.
 */

import type { Expr, Item } from "../syntax/ast.ts";
import { visitChildren } from "../syntax/visit-children.ts";
import { isClosureNode } from "./analysis.ts";

const ACQUIRING = new Set(["sync_mutex_acquire", "sync_semaphore_acquire", "sync_gate_acquire", "sync_rwlock_acquire"]);

/** The name of the permit that an item takes, when none of the items after it hands it on. */
export function heldPermit(items: readonly Item[], at: number): string | undefined {
  const item = items[at];
  if (item?.kind !== "LetStmt" || item.mutable || item.pattern.kind !== "NamePattern") return undefined;
  const { value, pattern } = item;
  if (value.kind !== "Call" || !ACQUIRING.has(value.callee.name) || pattern.name === "_") return undefined;
  return items.slice(at + 1).some((later) => handsOn(later, pattern.name)) ? undefined : pattern.name;
}

/** Whether a name is used for anything but releasing it or asking whether it is there. */
function handsOn(root: Item, name: string): boolean {
  const pending: { readonly node: Item; readonly inClosure: boolean }[] = [{ node: root, inClosure: false }];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { node } = next;
    const inClosure = next.inClosure || isClosureNode(node);
    if (node.kind === "Identifier" && node.name === name) return true;
    const harmless = inClosure ? [] : harmlessUses(node, name);
    const visit = (child: Item): void => {
      if (!harmless.includes(child)) pending.push({ node: child, inClosure });
    };
    visitChildren(node, { item: visit, block: (body) => body.items.forEach(visit) });
  }
  return false;
}

/** Children of a node that are the name in a place where it goes nowhere. */
function harmlessUses(node: Item, name: string): readonly Item[] {
  const isName = (expr: Expr): boolean => expr.kind === "Identifier" && expr.name === name;
  const uses = (...exprs: readonly Expr[]): readonly Item[] => exprs.filter(isName);
  switch (node.kind) {
    case "Call":
      return node.callee.name === "sync_release"
        ? node.args.flatMap((arg) => (arg.kind === "Spread" ? [] : uses(arg)))
        : [];
    case "Binary":
      return node.op === "==" || node.op === "!=" ? uses(node.left, node.right) : [];
    case "Unary":
      return node.op === "!" ? uses(node.operand) : [];
    case "If":
      return uses(node.condition);
    default:
      return [];
  }
}
