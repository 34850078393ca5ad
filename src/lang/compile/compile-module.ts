/**
 * A parsed file as bytecode.
 *
 * The main function of the entry file is the program: with pipelines, top-level variables, then declarations, then the
 * entry pipeline's body (its parents' first); without, the file's items in order. In an imported file it sets the
 * module's variables and declarations. Top-level names of functions live in module slots; top-level variables are
 * registers of the entry's main function, which closures capture by value, and slots of an imported module, which its
 * functions share.
 */

import { FORMAT_VERSION, type ModuleCode } from "../../bytecode/index.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { type Item, type Module, type NodeOf, peelAttributes } from "../syntax/ast.ts";
import type { SourceFile } from "../syntax/source-file.ts";
import { analyse } from "./analysis.ts";
import { compileBlock, hoistNames } from "./blocks.ts";
import { compileDeclaration } from "./declarations.ts";
import { emitExpr } from "./expressions.ts";
import { FunctionScope } from "./function-scope.ts";
import { compileItems } from "./statements.ts";
import { type CompileRules, Unit } from "./unit.ts";

const RULES: CompileRules = {
  expression: emitExpr,
  items: (f, items, target) => compileItems(f, items, 0, target),
};

/** A name that an import brings into the file. */
export interface ImportedName {
  readonly module: string;
  readonly name: string;
  readonly kind: string;
}

export interface CompileInput {
  readonly file: SourceFile;
  readonly module: Module;
  /** Identity in the module graph. */
  readonly id: string;
  /** The file the program starts with. */
  readonly isEntry: boolean;
  readonly imports: readonly ImportedName[];
  readonly dependencies: readonly string[];
  /** Names other files may import; default: all top-level functions and values. */
  readonly exports?: readonly string[];
  /** The pipeline to run; default: `default`, else the first. */
  readonly pipeline?: string;
}

export interface CompileResult {
  readonly code: ModuleCode;
  readonly diagnostics: readonly Diagnostic[];
}

/** Compiles a file that parsed without errors. Never throws; with diagnostics the code must not be run. */
export function compileModule(input: CompileInput): CompileResult {
  const { file, module } = input;
  const facts = analyse(module.items);
  const importedEnums = input.imports.filter((each) => each.kind === "enum").map((each) => each.name);
  const allFacts = { ...facts, enums: new Set([...facts.enums, ...importedEnums]) };
  const pipelines = module.items.flatMap((item) => {
    const peeled = peelAttributes(item).item;
    return peeled.kind === "PipelineDecl" ? [peeled] : [];
  });
  const unit = new Unit(file, allFacts, !input.isEntry, pipelines.length > 0, RULES);

  for (const each of input.imports) if (each.kind !== "enum") unit.slot(each.name, false);
  const exported: string[] = [];
  for (const item of module.items) {
    const name = slotName(peelAttributes(item).item);
    if (name === undefined) continue;
    unit.slot(name, false);
    exported.push(name);
  }

  const entry = pipelines.find((each) => each.name.name === (input.pipeline ?? "default")) ?? pipelines[0];
  const main = new FunctionScope(unit, undefined, [], module.span, []);
  const result = main.temp();
  main.asm.emit("LoadNil", result);
  reportCollisions(main, input.imports);
  if (input.isEntry && entry) compileProgram(main, module.items, pipelines, entry, result);
  else if (input.isEntry) {
    hoistNames(main, module.items);
    compileItems(main, module.items, 0, result);
    main.asm.emit("LoadNil", result);
  } else compileLibrary(main, module.items, result);
  main.asm.emit("Return", result);

  const wanted = input.exports ?? exported;
  const code: ModuleCode = {
    version: FORMAT_VERSION,
    id: input.id,
    file: file.path,
    slotNames: unit.slotNames,
    imports: input.imports
      .filter((each) => each.kind !== "enum")
      .map((each) => ({ module: each.module, name: each.name, slot: unit.slot(each.name, false) })),
    dependencies: input.dependencies,
    exports: wanted.flatMap((name) => {
      const binding = unit.slotBinding(name);
      return binding?.kind === "slot" ? [{ name, slot: binding.slot }] : [];
    }),
    hoisted: unit.hoisted,
    main: main.finish({
      name: input.isEntry && entry ? entry.name.name : "<main>",
      paramNames: [],
      requiredCount: 0,
      hasRest: false,
      kind: "plain",
    }),
  };
  return { code, diagnostics: unit.diagnostics };
}

/** The name of a declaration that has a value at run time. */
function slotName(item: Item): string | undefined {
  switch (item.kind) {
    case "FnDecl":
    case "ToolDecl":
    case "SkillDecl":
    case "StructDecl":
      return item.name.name;
    case "EvalPackDecl":
      return item.bindingName.name;
    default:
      return undefined;
  }
}

/** Two imports of one name fail when the program runs. */
function reportCollisions(main: FunctionScope, imports: readonly ImportedName[]): void {
  const seen = new Map<string, ImportedName>();
  for (const each of imports) {
    const other = seen.get(each.name);
    if (other && other.module !== each.module) {
      const message =
        `Import collision: '${each.name}' is already defined when importing ${each.module}. ` +
        `Use selective imports to disambiguate: import { ${each.name} } from "..."`;
      main.asm.source(1, 1);
      main.asm.emit("Raise", main.asm.string("runtime"), main.asm.string(message));
      return;
    }
    seen.set(each.name, each);
  }
}

function compileProgram(
  main: FunctionScope,
  items: readonly Item[],
  pipelines: readonly NodeOf<"PipelineDecl">[],
  entry: NodeOf<"PipelineDecl">,
  result: number,
): void {
  const { mentions } = main.unit.facts;
  const variables = items.filter((item) => item.kind === "LetStmt");
  for (const item of variables) {
    // Only an initializer that mentions its own name needs a cell: functions are made after all variables.
    if (item.pattern.kind === "NamePattern" && mentions.beforeDeclared(item.pattern.name, item.span, item.span)) {
      main.hoist(item.pattern.name, item.mutable);
    }
  }
  const scratch = main.temp();
  compileItems(main, variables, 0, scratch);
  for (const item of items) if (item.kind !== "LetStmt" && makesCode(item)) compileDeclaration(main, item);

  const chain: NodeOf<"PipelineDecl">[] = [];
  for (let next: NodeOf<"PipelineDecl"> | undefined = entry; next && !chain.includes(next); ) {
    chain.unshift(next);
    const parent: string | undefined = next.extends?.name;
    next = parent === undefined ? undefined : pipelines.find((each) => each.name.name === parent);
  }
  const overrides = new Map(
    entry.body.items.flatMap((item) => (item.kind === "OverrideDecl" ? [[item.name.name, item] as const] : [])),
  );
  main.inPipeline = true;
  main.openScope(entry.span);
  for (const pipeline of chain) {
    for (const param of pipeline.params) {
      if (param.name === "_" || main.declaredHere(param.name)) continue;
      const register = main.temp();
      main.asm.emit("LoadNil", register);
      main.bind(param.name, register, false);
    }
  }
  for (const pipeline of chain) {
    const items = pipeline.body.items.map((item) => overriding(item, pipeline === entry ? new Map() : overrides));
    compileBlock(main, { items, span: pipeline.body.span }, result);
  }
  main.closeScope();
  main.inPipeline = false;
}

/** A parent's function that the child overrides is replaced where it stands. */
function overriding(item: Item, overrides: ReadonlyMap<string, Item>): Item {
  return item.kind === "FnDecl" ? (overrides.get(item.name.name) ?? item) : item;
}

function compileLibrary(main: FunctionScope, items: readonly Item[], result: number): void {
  const scratch = main.temp();
  for (const item of items) {
    if (item.kind === "LetStmt") compileItems(main, [item], 0, scratch);
    else if (makesCode(item)) compileDeclaration(main, item);
  }
  main.asm.emit("LoadNil", result);
}

/** The other declarations are used up by compiling. */
function makesCode(item: Item): boolean {
  switch (peelAttributes(item).item.kind) {
    case "FnDecl":
    case "ToolDecl":
    case "SkillDecl":
    case "EvalPackDecl":
    case "StructDecl":
    case "ImplBlock":
      return true;
    default:
      return false;
  }
}
