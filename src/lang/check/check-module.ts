/**
 * Entry of the gradual type checker: one module in, diagnostics out.
 *
 * Reading order: `types.ts`, `declarations.ts` and `lower-types.ts` (what types and declarations are), `subtype.ts` with
 * `aliases.ts` and `generics.ts` (when one type fits another), `scope.ts` and `narrowing.ts` (what is known where), then
 * the walk: `infer-expressions.ts`, `check-statements.ts`, `check-declarations.ts`.
 */

import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Decl, Expr, Item, Module, Pattern } from "../syntax/ast.ts";
import { peelAttributes } from "../syntax/ast.ts";
import { isDeclaration, isStatement } from "../syntax/item-kinds.ts";
import type { SourceFile } from "../syntax/source-file.ts";
import { walkItems } from "../syntax/visit-children.ts";
import type { BuiltinTable } from "./builtin-table.ts";
import { checkDeclaration } from "./check-declarations.ts";
import { checkBlock, checkItems, checkStatement, declareFunctions } from "./check-statements.ts";
import { bindValue, type Checker, TOP_LEVEL, type Walk } from "./checker.ts";
import { PRELUDE, type TypeTable } from "./declarations.ts";
import { inferExpression } from "./infer-expressions.ts";
import { declareTypes, mentionedTypeNames } from "./lower-types.ts";
import { childScope, START } from "./scope.ts";
import { type Type, UNTYPED } from "./types.ts";

/** What a module's imports bring in, as far as the checker needs to know. */
export interface ModuleImports {
  /** False when some import could not be resolved; then no call target and no type name is called undefined. */
  readonly resolved: boolean;
  /** Every imported name. */
  readonly names: Iterable<string>;
  /** The `type`, `enum`, `struct` and `interface` declarations among them, and `impl` blocks for those. */
  readonly types: readonly Decl[];
}

export const NO_IMPORTS: ModuleImports = { resolved: true, names: [], types: [] };

export interface CheckInput {
  readonly file: SourceFile;
  readonly module: Module;
  /** Default: a module that imports nothing. */
  readonly imports?: ModuleImports;
  readonly builtins: BuiltinTable;
}

export interface CheckResult {
  /** In the order of the walk: inner before outer, declarations from top to bottom. The first error is the one to tell. */
  readonly diagnostics: readonly Diagnostic[];
}

export function checkModule({ file, module, imports = NO_IMPORTS, builtins }: CheckInput): CheckResult {
  const checker: Checker = {
    file,
    builtins,
    calls: {
      importsResolved: imports.resolved,
      imported: new Set(imports.names),
      boundSomewhere: boundNames(module.items),
      inheritsUnseen: inheritsUnseen(module.items),
    },
    walk: createWalk(),
    diagnostics: [],
    types: typeTable(module, imports),
    typeParams: new Set(),
    bounds: new Map(),
    scope: childScope(),
    flow: START,
    frame: TOP_LEVEL,
    undefinedTold: new Set(),
    assignments: 0,
  };
  declareFunctions(checker, module.items);
  for (const item of module.items) {
    const { item: decl } = peelAttributes(item);
    if (decl.kind === "PipelineDecl") bindValue(checker, decl.name.name, UNTYPED, decl.name.span);
  }
  checkItems(checker, module.items);
  return { diagnostics: checker.diagnostics };
}

/** Imported types, then those of pipeline bodies (pipelines share them), then the module's own. */
function typeTable(module: Module, imports: ModuleImports): TypeTable {
  const foreign = mentionedTypeNames(imports.types);
  const root: TypeTable = { ...PRELUDE, isForeign: (name) => !imports.resolved || foreign.has(name) };
  const inPipelines = module.items.flatMap((item) => {
    const { item: decl } = peelAttributes(item);
    return decl.kind === "PipelineDecl" ? decl.body.items : [];
  });
  return declareTypes(
    module.items,
    declareTypes(inPipelines, declareTypes(imports.types, root, new Set(), "imported")),
  );
}

// ---- The walk --------------------------------------------------------------------------------------------------------

/**
 * How deep expressions and blocks may nest before the checker says nothing about what is inside. The parser's own limit
 * is far lower for nesting, but chains of members (`a.b().c()…`) lean as deep as they are long.
 */
const MAX_DEPTH = 600;

function createWalk(): Walk {
  let depth = 0;
  const guarded = (check: () => Type): Type => {
    if (depth >= MAX_DEPTH) return UNTYPED;
    depth++;
    const type = check();
    depth--;
    return type;
  };
  return {
    expression: (checker, expr) => guarded(() => inferExpression(checker, expr)),
    block: (checker, block) => guarded(() => checkBlock(checker, block)),
    item: checkItem,
  };
}

function checkItem(checker: Checker, item: Item): Type {
  if (item.kind === "AttributedDecl" || isDeclaration(item)) {
    checkDeclaration(checker, item);
    return UNTYPED;
  }
  return isStatement(item) ? checkStatement(checker, item) : checker.walk.expression(checker, item satisfies Expr);
}

// ---- Names bound anywhere --------------------------------------------------------------------------------------------

/**
 * Every name the file binds to a value. A function finds functions that are in sight of its caller too, so a name that
 * is bound somewhere is never certain to be undefined.
 */
function boundNames(items: readonly Item[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const item of walkItems(items)) addBoundNames(item, names);
  return names;
}

function inheritsUnseen(items: readonly Item[]): boolean {
  const pipelines = items.map((item) => peelAttributes(item).item).filter((decl) => decl.kind === "PipelineDecl");
  const names = new Set(pipelines.map((pipeline) => pipeline.name.name));
  return pipelines.some((pipeline) => pipeline.extends !== undefined && !names.has(pipeline.extends.name));
}

function addBoundNames(item: Item, names: Set<string>): void {
  switch (item.kind) {
    case "FnDecl":
    case "ToolDecl":
      names.add(item.name.name);
      for (const param of item.params) names.add(param.name);
      break;
    case "Closure":
      for (const param of item.params) names.add(param.name);
      break;
    case "PipelineDecl":
      names.add(item.name.name);
      for (const param of item.params) names.add(param.name);
      break;
    case "SkillDecl":
    case "StructDecl":
    case "EnumDecl":
      names.add(item.name.name);
      break;
    case "EvalPackDecl":
      names.add(item.bindingName.name);
      break;
    case "Match":
      for (const { pattern } of item.arms) {
        for (const part of walkItems([pattern])) if (part.kind === "Identifier") names.add(part.name);
      }
      break;
    case "LetStmt":
    case "ForStmt":
      for (const name of patternNames(item.pattern)) names.add(name);
      break;
    default:
  }
}

function patternNames(pattern: Pattern): readonly string[] {
  switch (pattern.kind) {
    case "NamePattern":
      return [pattern.name];
    case "DictPattern":
      return pattern.fields.map((field) => field.alias ?? field.key);
    case "ListPattern":
      return pattern.elements.map((element) => element.name);
    case "PairPattern":
      return [pattern.first.name, pattern.second.name];
  }
}
