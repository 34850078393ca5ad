/** The tree by kind, with parents and blocks: what most rules look at, gathered in one walk. */

import type { Block, Item, Module, NodeOf, TypeExpr } from "../syntax/ast.ts";
import { type BlockRole, visitChildren, walkItems } from "../syntax/visit-children.ts";

export interface BlockUse {
  readonly body: Block;
  /** The node the block belongs to. */
  readonly owner: Item;
  readonly role: BlockRole;
}

export interface TreeIndex {
  /** Every node of a kind, in source order. */
  all<K extends Item["kind"]>(kind: K): readonly NodeOf<K>[];
  /** The node directly above; undefined for a top-level item. */
  parentOf(node: Item): Item | undefined;
  readonly blocks: readonly BlockUse[];
  /** The block whose item this node is; undefined at top level and inside expressions. */
  blockOf(node: Item): BlockUse | undefined;
  /** Types written anywhere, outermost only. */
  readonly types: readonly TypeExpr[];
}

export function indexTree(module: Module): TreeIndex {
  const byKind = new Map<Item["kind"], Item[]>();
  const parents = new Map<Item, Item>();
  const blockOfItem = new Map<Item, BlockUse>();
  const blocks: BlockUse[] = [];
  const types: TypeExpr[] = [];

  for (const node of walkItems(module.items)) {
    const sameKind = byKind.get(node.kind);
    if (sameKind === undefined) byKind.set(node.kind, [node]);
    else sameKind.push(node);
    visitChildren(node, {
      item: (child) => parents.set(child, node),
      block: (body, role) => {
        const use = { body, owner: node, role };
        blocks.push(use);
        for (const item of body.items) {
          parents.set(item, node);
          blockOfItem.set(item, use);
        }
      },
      type: (type) => types.push(type),
    });
  }

  return {
    all: <K extends Item["kind"]>(kind: K) => (byKind.get(kind) ?? []) as readonly Item[] as readonly NodeOf<K>[],
    parentOf: (node) => parents.get(node),
    blocks,
    blockOf: (node) => blockOfItem.get(node),
    types,
  };
}
