/** Blocks: a scope, the names that must exist before they are declared, and the items. */

import { type Block, type Item, peelAttributes } from "../syntax/ast.ts";
import type { FunctionScope } from "./function-scope.ts";

/** As a target: nobody wants the value. */
export const DISCARD = -1;

/** A block in a scope of its own; `target` receives the value of its last item, nil when that has none. */
export function compileBlock(f: FunctionScope, block: Block, target: number): void {
  f.openScope(block.span);
  hoistNames(f, block.items);
  f.unit.rules.items(f, block.items, target);
  f.closeScope();
}

/** Cells for the names of a list of items that closures mention before they are declared. */
export function hoistNames(f: FunctionScope, items: readonly Item[]): void {
  const { mentions } = f.unit.facts;
  for (const outer of items) {
    const { item } = peelAttributes(outer);
    if (
      item.kind === "FnDecl" ||
      item.kind === "ToolDecl" ||
      item.kind === "OverrideDecl" ||
      item.kind === "StructDecl"
    ) {
      if (!f.isTopLevel && mentions.beforeDeclared(item.name.name, f.scopeSpan, item.span)) {
        f.hoist(item.name.name, false);
      }
    } else if (item.kind === "LetStmt" && item.pattern.kind === "NamePattern") {
      const { name } = item.pattern;
      if (name !== "_" && !f.lookup(name) && mentions.beforeDeclared(name, f.scopeSpan, item.span)) {
        f.hoist(name, item.mutable);
      }
    }
  }
}
