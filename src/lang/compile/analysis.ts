/** Facts about a file that the compiler needs before it emits anything. */

import { type Block, type Expr, type Item, peelAttributes, type Span, type TypeExpr } from "../syntax/ast.ts";
import { visitChildren, walkItems } from "../syntax/visit-children.ts";

/** Declarations by name, wherever they stand in the file. */
export interface FileFacts {
  /** Names whose `Name.Variant` makes an enum value. */
  readonly enums: ReadonlySet<string>;
  /** Struct name → declared field names. */
  readonly structs: ReadonlyMap<string, readonly string[]>;
  /** Interface name → method names. */
  readonly interfaces: ReadonlyMap<string, readonly string[]>;
  /** Type aliases without parameters of their own. */
  readonly aliases: ReadonlyMap<string, TypeExpr>;
  readonly mentions: ClosureMentions;
}

/** Nodes whose body becomes a function of its own. */
export function isClosureNode(node: Item): boolean {
  switch (node.kind) {
    case "FnDecl":
    case "ToolDecl":
    case "Closure":
    case "Spawn":
    case "Parallel":
    case "OverrideDecl":
    case "PipelineDecl":
      return true;
    default:
      return false;
  }
}

/** For each name: where the closures begin that mention it, and where they mention it. */
export class ClosureMentions {
  readonly #byName = new Map<string, { readonly at: number; readonly closures: readonly number[] }[]>();

  add(name: string, at: number, closures: readonly number[]): void {
    if (closures.length === 0) return;
    const list = this.#byName.get(name);
    if (list) list.push({ at, closures });
    else this.#byName.set(name, [{ at, closures }]);
  }

  /**
   * True when a closure inside `block` that begins before `declared` ends mentions the name: it would capture the
   * variable before it is set, so the variable must be a cell.
   */
  beforeDeclared(name: string, block: Span, declared: Span): boolean {
    for (const { at, closures } of this.#byName.get(name) ?? []) {
      if (at < block.start || at > block.end) continue;
      if (closures.some((start) => start >= block.start && start < declared.end)) return true;
    }
    return false;
  }
}

export function analyse(items: readonly Item[]): FileFacts {
  const enums = new Set<string>(["Result"]);
  const structs = new Map<string, readonly string[]>();
  const interfaces = new Map<string, readonly string[]>();
  const aliases = new Map<string, TypeExpr>();
  const mentions = new ClosureMentions();

  // A work list instead of recursion: trees may be as deep as the parser allows.
  const pending: { readonly node: Item; readonly closures: readonly number[] }[] = items.map((node) => ({
    node,
    closures: [],
  }));
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { node } = next;
    const { item } = peelAttributes(node);
    const closures = isClosureNode(item) ? [...next.closures, item.span.start] : next.closures;
    switch (item.kind) {
      case "EnumDecl":
        enums.add(item.name.name);
        break;
      case "StructDecl":
        structs.set(
          item.name.name,
          item.fields.map((field) => field.name.name),
        );
        break;
      case "InterfaceDecl":
        interfaces.set(
          item.name.name,
          item.methods.map((method) => method.name.name),
        );
        break;
      case "TypeDecl":
        if (item.typeParams.length === 0) aliases.set(item.name.name, item.type);
        break;
      case "Identifier":
        mentions.add(item.name, item.span.start, closures);
        break;
      case "Call":
        mentions.add(item.callee.name, item.callee.span.start, closures);
        break;
      case "StructLiteral":
        mentions.add(item.name.name, item.name.span.start, closures);
        break;
      default:
        break;
    }
    visitChildren(item, {
      item: (child) => pending.push({ node: child, closures }),
      block: (body) => {
        for (const child of body.items) pending.push({ node: child, closures });
      },
    });
  }
  return { enums, structs, interfaces, aliases, mentions };
}

/** Whether a body yields, not counting the closures inside it. */
export function containsYield(body: Block): boolean {
  return someInBody(body, (node) => node.kind === "Yield");
}

/** Whether evaluating an expression may assign to a variable of the same function (a block inside it). */
export function mayAssign(expr: Expr): boolean {
  switch (expr.kind) {
    case "Identifier":
    case "IntLiteral":
    case "FloatLiteral":
    case "StringLiteral":
    case "BoolLiteral":
    case "NilLiteral":
    case "DurationLiteral":
    case "Closure":
      return false;
    default:
      return someInBody({ items: [expr], span: expr.span }, (node) => node.kind === "AssignStmt");
  }
}

/** Whether a name is read anywhere in some expressions. */
export function mentionsName(exprs: readonly Item[], name: string): boolean {
  for (const node of walkItems(exprs)) if (mentionedName(node) === name) return true;
  return false;
}

/** The name a node reads as a variable, function or type with a constructor. */
export function mentionedName(node: Item): string | undefined {
  switch (node.kind) {
    case "Identifier":
      return node.name;
    case "Call":
      return node.callee.name;
    case "StructLiteral":
      return node.name.name;
    default:
      return undefined;
  }
}

function someInBody(body: Block, test: (node: Item) => boolean): boolean {
  for (const node of walkItems(body.items, (item) => !isClosureNode(peelAttributes(item).item))) {
    if (test(node)) return true;
  }
  return false;
}
