/**
 * Objects of one kind have the same names of fields: a *shape* is those names, said once and referred to by its number.
 * Shapes are found by their names in a tree, one name a step.
 */

export interface ShapeNode {
  readonly next: Map<string, ShapeNode>;
  /** The number of the shape that ends here; -1: a beginning only. */
  index: number;
}

export function shapeTree(): ShapeNode {
  return { next: new Map(), index: -1 };
}

/** The node one name further. */
export function nextShape(node: ShapeNode, name: string): ShapeNode {
  let next = node.next.get(name);
  if (next === undefined) {
    next = shapeTree();
    node.next.set(name, next);
  }
  return next;
}

/** The node that is reached by all the names. */
export function shapeOfNames(from: ShapeNode, names: readonly string[]): ShapeNode {
  let node = from;
  for (const name of names) node = nextShape(node, name);
  return node;
}

/** Sets a field of an object that is read back. Assigning `__proto__` would set the prototype instead of a field. */
export function setField(object: object, name: string, value: unknown): void {
  if (name === "__proto__") {
    Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
  } else (object as Record<string, unknown>)[name] = value;
}
