/**
 * Which names a file binds and which of them are read or assigned.
 *
 * Scopes are lexical: a block opens one, functions of a block are known throughout it, and their bodies are looked at
 * when the rest of the block has been (they see its later variables). A name that no scope knows counts as a read of
 * every binding so called: rather miss an unused variable than report a used one.
 *
 * The walk keeps its own stack of steps instead of recursing, so deep trees cost no JavaScript stack.
 */

import {
  type Block,
  type Expr,
  type Ident,
  type Item,
  type Module,
  type NodeOf,
  type Param,
  type Pattern,
  peelAttributes,
  type Span,
} from "../syntax/ast.ts";
import { visitChildren } from "../syntax/visit-children.ts";

export type BindingKind =
  | "variable"
  /** Part of a destructuring. */
  | "pattern"
  | "parameter"
  | "import"
  | "function"
  | "tool"
  | "type"
  /** A declaration that is used by existing: pipeline, skill, evaluation pack. */
  | "entry"
  /** Bound by a construct that leaves no choice: loop variable, caught error, pipeline parameter. */
  | "implicit";

export interface Binding {
  readonly name: string;
  readonly kind: BindingKind;
  readonly mutable: boolean;
  /** Of the name alone where the tree has it, else of the member that binds it. */
  readonly span: Span;
  /** The statement, declaration or closure that binds it. */
  readonly node: Item;
  /** The variable of an enclosing scope that it hides. */
  readonly shadows?: Binding;
  /** The variable of the same scope that it replaces. */
  readonly replaces?: Binding;
  readonly reads: number;
  readonly assignments: number;
}

interface MutableBinding extends Binding {
  reads: number;
  assignments: number;
}

interface Scope {
  readonly names: Map<string, MutableBinding>;
  readonly parent: Scope | undefined;
  /** Function bodies to look at when the scope ends. */
  readonly deferred: Step[];
}

type Step = () => void;

/** All bindings of the file, in the order in which they were met. Types count as read where `typeMentions` has them. */
export function resolveNames(module: Module, typeMentions: ReadonlySet<string>): readonly Binding[] {
  const bindings: MutableBinding[] = [];
  const unresolved = new Set<string>();
  const steps: Step[] = [];
  let scope: Scope = { names: new Map(), parent: undefined, deferred: [] };

  const schedule = (next: readonly Step[]): void => {
    for (let index = next.length - 1; index >= 0; index--) steps.push(next[index]!);
  };

  const defer = (later: readonly Step[]): void => append(scope.deferred, later);

  // ---- Scopes ------------------------------------------------------------------------------------------------------

  const enter: Step = () => {
    scope = { names: new Map(), parent: scope, deferred: [] };
  };
  const leave: Step = () => {
    if (scope.parent !== undefined) scope = scope.parent;
  };
  const runDeferred: Step = () => schedule(scope.deferred.splice(0));

  const find = (name: string): MutableBinding | undefined => {
    for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
      const found = at.names.get(name);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const declare = (kind: BindingKind, name: string, span: Span, node: Item, mutable = false): void => {
    if (name === "_") return;
    const here = scope.names.get(name);
    const outer = here === undefined ? find(name) : undefined;
    const binding: MutableBinding = {
      name,
      kind,
      mutable,
      span,
      node,
      ...(outer !== undefined && isVariable(outer) ? { shadows: outer } : {}),
      ...(here !== undefined && isVariable(here) ? { replaces: here } : {}),
      reads: 0,
      assignments: 0,
    };
    scope.names.set(name, binding);
    bindings.push(binding);
  };
  const declareIdent = (kind: BindingKind, ident: Ident | undefined, node: Item): void => {
    if (ident !== undefined) declare(kind, ident.name, ident.span, node);
  };
  const read = (name: string): void => {
    const binding = find(name);
    if (binding === undefined) unresolved.add(name);
    else binding.reads++;
  };

  const declarePattern = (pattern: Pattern, node: Item, single: BindingKind, mutable: boolean): void => {
    switch (pattern.kind) {
      case "NamePattern":
        declare(single, pattern.name, pattern.span, node, mutable);
        return;
      case "PairPattern":
        declareIdent("pattern", pattern.first, node);
        declareIdent("pattern", pattern.second, node);
        return;
      case "DictPattern":
        for (const field of pattern.fields) declare("pattern", field.alias ?? field.key, field.span, node, mutable);
        return;
      case "ListPattern":
        for (const element of pattern.elements) declare("pattern", element.name, element.span, node, mutable);
        return;
    }
  };

  /** Functions and types of a statement list are known before its first statement. */
  const hoist = (items: readonly Item[]): void => {
    for (const outer of items) {
      const { item } = peelAttributes(outer);
      switch (item.kind) {
        case "FnDecl":
          declareIdent("function", item.name, outer);
          break;
        case "ToolDecl":
          declareIdent("tool", item.name, outer);
          break;
        case "SkillDecl":
        case "PipelineDecl":
          declareIdent("entry", item.name, outer);
          break;
        case "EvalPackDecl":
          declareIdent("entry", item.bindingName, outer);
          break;
        case "StructDecl":
        case "EnumDecl":
        case "InterfaceDecl":
        case "TypeDecl":
          declareIdent("type", item.name, outer);
          break;
        case "ImportDecl":
          for (const name of item.names ?? []) declareIdent("import", name, outer);
          break;
        default:
          break;
      }
    }
  };

  // ---- Steps -------------------------------------------------------------------------------------------------------

  const each = (items: readonly Item[]): Step[] => items.map((item) => () => visit(item));
  /** A block in a scope of its own, after `before` has bound what its owner binds. */
  const scoped = (body: Block | undefined, before: Step = () => {}): Step[] =>
    body === undefined ? [] : [enter, before, () => hoist(body.items), ...each(body.items), runDeferred, leave];
  const optional = (node: Item | undefined): Step[] => (node === undefined ? [] : each([node]));

  const functionSteps = (params: readonly Param[], body: Block, node: Item): Step[] => {
    const defaults = params.flatMap((param) => (param.defaultValue === undefined ? [] : [param.defaultValue]));
    const bind: Step = () => {
      for (const param of params) declare("parameter", param.name, param.span, node);
    };
    return [...each(defaults), ...scoped(body, bind)];
  };
  const namesSteps = (params: readonly Ident[], body: Block, node: Item): Step[] =>
    scoped(body, () => {
      for (const param of params) declareIdent("implicit", param, node);
    });

  /** What looking at a node comes to. Bindings are made by steps, so that they happen in order. */
  const stepsFor = (node: Item): readonly Step[] => {
    switch (node.kind) {
      case "AttributedDecl":
        for (const attribute of node.attributes) {
          for (const arg of attribute.args) readAttributeValue(arg.value);
        }
        return each([node.decl]);
      case "FnDecl":
      case "ToolDecl":
        defer(functionSteps(node.params, node.body, node));
        return [];
      case "PipelineDecl":
      case "OverrideDecl":
        defer(namesSteps(node.params, node.body, node));
        return [];
      case "ImplBlock":
        read(node.typeName.name);
        defer(node.methods.flatMap((method) => functionSteps(method.params, method.body, method)));
        return [];
      case "EvalPackDecl": {
        const bind: Step = () => {
          for (const name of ["id", "version"]) declare("implicit", name, node.bindingName.span, node);
          for (const field of node.fields) declareIdent("implicit", field.name, node);
        };
        return [
          ...each(node.fields.map((field) => field.value)),
          ...scoped(node.body, bind),
          ...scoped(node.summarize, bind),
        ];
      }
      case "LetStmt":
        return [...generic(node), () => declarePattern(node.pattern, node, "variable", node.mutable)];
      case "AssignStmt":
        return assignmentSteps(node);
      case "ForStmt":
        return [
          ...each([node.iterable]),
          ...scoped(node.body, () => declarePattern(node.pattern, node, "implicit", false)),
        ];
      case "Closure":
        return [...functionSteps(node.params, node.body, node)];
      case "Try":
        return [
          ...scoped(node.body),
          ...scoped(node.catchClause?.body, () => declareIdent("implicit", node.catchClause?.variable, node)),
          ...scoped(node.finallyBody),
        ];
      case "Parallel":
        return [
          ...each([node.subject, ...node.options.map((option) => option.value)]),
          ...scoped(node.body, () => declareIdent("implicit", node.variable, node)),
        ];
      case "Select":
        return [
          ...node.cases.flatMap((one) => [
            ...each([one.channel]),
            ...scoped(one.body, () => declareIdent("implicit", one.variable, node)),
          ]),
          ...optional(node.timeout?.duration),
          ...scoped(node.timeout?.body),
          ...scoped(node.defaultBody),
        ];
      case "Match":
        return [
          ...each([node.subject]),
          ...node.arms.flatMap((arm) => [
            enter,
            () => bindArmNames(arm.pattern, node),
            ...each([arm.pattern]),
            ...optional(arm.guard),
            ...scoped(arm.body),
            leave,
          ]),
        ];
      case "Identifier":
        read(node.name);
        return [];
      case "Call":
        read(node.callee.name);
        return generic(node);
      case "StructLiteral":
        read(node.name.name);
        return generic(node);
      default:
        return generic(node);
    }
  };

  const visit = (node: Item): void => schedule(stepsFor(node));

  const generic = (node: Item): Step[] => {
    const found: Step[] = [];
    visitChildren(node, {
      item: (child) => found.push(() => visit(child)),
      block: (body) => append(found, scoped(body)),
    });
    return found;
  };

  const assignmentSteps = (node: NodeOf<"AssignStmt">): Step[] => {
    const root = rootName(node.target);
    const binding = root === undefined ? undefined : find(root);
    if (binding !== undefined) binding.assignments++;
    const writesOnly = node.target.kind === "Identifier" && node.op === undefined && binding !== undefined;
    return each(writesOnly ? [node.value] : [node.target, node.value]);
  };

  const readAttributeValue = (value: Expr): void => {
    if (value.kind === "Identifier") read(value.name);
    visitChildren(value, { item: (child) => readAttributeValue(child as Expr) });
  };

  /** A name in a pattern that nothing binds yet is bound by the arm. */
  const bindArmNames = (pattern: Expr, node: Item): void => {
    if (pattern.kind === "Identifier") {
      if (find(pattern.name) === undefined) declare("implicit", pattern.name, pattern.span, node);
      return;
    }
    visitChildren(pattern, { item: (child) => bindArmNames(child as Expr, node) });
  };

  hoist(module.items);
  schedule([...each(module.items), runDeferred]);
  for (let step = steps.pop(); step !== undefined; step = steps.pop()) step();

  for (const binding of bindings) {
    const mayBeType = binding.kind === "type" || binding.kind === "import";
    if (unresolved.has(binding.name) || (mayBeType && typeMentions.has(binding.name))) binding.reads++;
  }
  return bindings;
}

function isVariable(binding: Binding): boolean {
  switch (binding.kind) {
    case "variable":
    case "pattern":
    case "parameter":
    case "implicit":
      return true;
    case "import":
    case "function":
    case "tool":
    case "type":
    case "entry":
      return false;
  }
}

/** The variable that `x`, `x.field` or `x[i]` assigns into. */
function rootName(target: Expr): string | undefined {
  let at = target;
  while (at.kind === "Property" || at.kind === "Index" || at.kind === "Slice") at = at.object;
  return at.kind === "Identifier" ? at.name : undefined;
}

/** Without spreading: a block may have more items than a call can have arguments. */
function append<T>(list: T[], more: readonly T[]): void {
  for (const each of more) list.push(each);
}
