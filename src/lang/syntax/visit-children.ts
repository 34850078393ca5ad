/** One place that knows what hangs below each node, so that analyses need no walk of their own. */

import type { Block, DictEntry, Element, Expr, Item, NamedField, Param, Pattern, TypeExpr } from "./ast.ts";

/** What a block is to the node that owns it. */
export type BlockRole = "body" | "loop" | "branch" | "arm" | "closure" | "try" | "catch" | "finally" | "task" | "plain";

export interface ChildVisitor {
  item?(node: Item): void;
  block?(body: Block, role: BlockRole): void;
  type?(type: TypeExpr): void;
}

/** Calls the visitor for the direct children of `node`, in source order of evaluation; items of a block are not visited. */
export function visitChildren(node: Item, visitor: ChildVisitor): void {
  const one = (child: Item | undefined): void => {
    if (child !== undefined) visitor.item?.(child);
  };
  const many = (children: readonly Item[]): void => {
    for (const child of children) visitor.item?.(child);
  };
  const block = (body: Block | undefined, role: BlockRole): void => {
    if (body !== undefined) visitor.block?.(body, role);
  };
  const type = (child: TypeExpr | undefined): void => {
    if (child !== undefined) visitor.type?.(child);
  };
  const params = (list: readonly Param[]): void => {
    for (const param of list) {
      type(param.type);
      one(param.defaultValue);
    }
  };
  const fields = (list: readonly NamedField[]): void => many(list.map((field) => field.value));

  switch (node.kind) {
    // Declarations
    case "ImportDecl":
      return;
    case "PipelineDecl":
      type(node.returnType);
      block(node.body, "body");
      return;
    case "OverrideDecl":
      block(node.body, "body");
      return;
    case "FnDecl":
    case "ToolDecl":
      params(node.params);
      type(node.returnType);
      block(node.body, "body");
      return;
    case "SkillDecl":
      fields(node.fields);
      return;
    case "EvalPackDecl":
      fields(node.fields);
      block(node.body, "body");
      block(node.summarize, "body");
      return;
    case "EnumDecl":
      for (const variant of node.variants) params(variant.fields);
      return;
    case "StructDecl":
      for (const field of node.fields) type(field.type);
      return;
    case "InterfaceDecl":
      for (const associated of node.associatedTypes) type(associated.defaultType);
      for (const method of node.methods) {
        params(method.params);
        type(method.returnType);
      }
      return;
    case "ImplBlock":
      many(node.methods);
      return;
    case "TypeDecl":
      type(node.type);
      return;
    case "AttributedDecl":
      one(node.decl);
      return;

    // Statements
    case "LetStmt":
      many(patternDefaults(node.pattern));
      type(node.type);
      one(node.value);
      return;
    case "AssignStmt":
      one(node.target);
      one(node.value);
      return;
    case "ForStmt":
      many(patternDefaults(node.pattern));
      one(node.iterable);
      block(node.body, "loop");
      return;
    case "WhileStmt":
      one(node.condition);
      block(node.body, "loop");
      return;
    case "ReturnStmt":
    case "ThrowStmt":
    case "Yield":
    case "Emit":
      one(node.value);
      return;
    case "GuardStmt":
      one(node.condition);
      block(node.elseBody, "branch");
      return;
    case "RequireStmt":
      one(node.condition);
      one(node.message);
      return;
    case "DeferStmt":
      block(node.body, "plain");
      return;

    // Expressions
    case "BreakStmt":
    case "ContinueStmt":
    case "IntLiteral":
    case "FloatLiteral":
    case "DurationLiteral":
    case "BoolLiteral":
    case "NilLiteral":
    case "StringLiteral":
    case "Identifier":
    case "ErrorNode":
      return;
    case "InterpolatedString":
      for (const part of node.parts) if (part.kind === "Interpolation") one(part.expr);
      return;
    case "ListLiteral":
      many(node.elements.map(elementValue));
      return;
    case "DictLiteral":
    case "StructLiteral":
      many(node.entries.flatMap(entryParts));
      return;
    case "Closure":
      params(node.params);
      type(node.returnType);
      block(node.body, "closure");
      return;
    case "Binary":
      one(node.left);
      one(node.right);
      return;
    case "Unary":
    case "TryOperator":
    case "TryStar":
      one(node.operand);
      return;
    case "Ternary":
      one(node.condition);
      one(node.thenExpr);
      one(node.elseExpr);
      return;
    case "Range":
      one(node.from);
      one(node.to);
      return;
    case "Call":
      for (const argument of node.typeArgs) type(argument);
      many(node.args.map(elementValue));
      return;
    case "MethodCall":
      one(node.object);
      many(node.args.map(elementValue));
      return;
    case "Property":
      one(node.object);
      return;
    case "Index":
      one(node.object);
      one(node.index);
      return;
    case "Slice":
      one(node.object);
      one(node.from);
      one(node.to);
      return;
    case "If":
      one(node.condition);
      block(node.thenBody, "branch");
      block(node.elseBody, "branch");
      return;
    case "Match":
      one(node.subject);
      for (const arm of node.arms) {
        one(arm.pattern);
        one(arm.guard);
        block(arm.body, "arm");
      }
      return;
    case "OrPattern":
      many(node.alternatives);
      return;
    case "Try":
      block(node.body, "try");
      type(node.catchClause?.type);
      block(node.catchClause?.body, "catch");
      block(node.finallyBody, "finally");
      return;
    case "Retry":
      one(node.count);
      block(node.body, "plain");
      return;
    case "Deadline":
      one(node.duration);
      block(node.body, "plain");
      return;
    case "Mutex":
    case "BlockExpr":
      block(node.body, "plain");
      return;
    case "Spawn":
      block(node.body, "task");
      return;
    case "Parallel":
      one(node.subject);
      fields(node.options);
      block(node.body, "task");
      return;
    case "Select":
      for (const each of node.cases) {
        one(each.channel);
        block(each.body, "arm");
      }
      one(node.timeout?.duration);
      block(node.timeout?.body, "arm");
      block(node.defaultBody, "arm");
      return;
  }
}

export function elementValue(element: Element): Expr {
  return element.kind === "Spread" ? element.value : element;
}

function entryParts(entry: DictEntry): Expr[] {
  return entry.kind === "Entry" && entry.computed ? [entry.key, entry.value] : [entry.value];
}

function patternDefaults(pattern: Pattern): Expr[] {
  const members =
    pattern.kind === "DictPattern" ? pattern.fields : pattern.kind === "ListPattern" ? pattern.elements : [];
  return members.flatMap((member) => (member.defaultValue === undefined ? [] : [member.defaultValue]));
}

/** All items below `roots`, parents first, in source order. Iterative: a chain of thousands is no deeper than one. */
export function* walkItems(roots: readonly Item[], into: (node: Item) => boolean = () => true): Generator<Item> {
  const stack = [...roots].reverse();
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    yield node;
    if (!into(node)) continue;
    const children: Item[] = [];
    visitChildren(node, {
      item: (child) => children.push(child),
      block: (body) => {
        for (const item of body.items) children.push(item);
      },
    });
    while (children.length > 0) stack.push(children.pop()!);
  }
}
