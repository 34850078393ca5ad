// Syntax: source text, tokens, tree

export type {
  Attribute,
  AttributeArg,
  Block,
  CatchClause,
  Comment,
  Decl,
  DictEntry,
  Element,
  ErrorNode,
  Expr,
  Ident,
  ImportDecl,
  Item,
  Module,
  Node,
  NodeOf,
  Param,
  Pattern,
  Span,
  Stmt,
  StringPart,
  TypeExpr,
} from "./syntax/ast.ts";
export { peelAttributes } from "./syntax/ast.ts";
export { isDeclaration, isStatement } from "./syntax/item-kinds.ts";
export { type LexResult, lex, MAX_INTERPOLATION_DEPTH, MAX_TOKENS } from "./syntax/lexer.ts";
export { MAX_TREE_HEIGHT } from "./syntax/parse-limits.ts";
export { type ParseResult, parse } from "./syntax/parser.ts";
export { MAX_NESTING } from "./syntax/parser-state.ts";
export { createSourceFile, type Position, type SourceFile } from "./syntax/source-file.ts";
export { CONTEXTUAL_WORDS, isKeyword, KEYWORDS, type Token, type TokenKind } from "./syntax/tokens.ts";

// Diagnostics

export { allCodes } from "./diagnostics/all-codes.ts";
export { type CodeRow, type CodeTable, findCode, fullCode, type MadeProgram } from "./diagnostics/codes.ts";
export type { Diagnostic, Label, Severity } from "./diagnostics/diagnostic.ts";
export {
  diagnosticToJson,
  type RenderOptions,
  renderDiagnostic,
  renderDiagnostics,
  renderPlace,
  sortDiagnostics,
} from "./diagnostics/render.ts";
export { closestName, didYouMean } from "./diagnostics/suggest.ts";

// Modules

export type { ModuleName, ModuleNameKind } from "./modules/declared-names.ts";
export {
  type LoadedModule,
  loadModuleGraph,
  type ModuleGraph,
  type ModuleGraphOptions,
  type PreludeModule,
  type ResolvedImport,
} from "./modules/graph.ts";
export { folderOf, foldersUpwards, normalizePath } from "./modules/module-path.ts";
export type { ModuleReader, ReadResult } from "./modules/module-reader.ts";

// Personas and steps as declared

export {
  type PersonaManifest,
  type ProgramManifest,
  programManifest,
  type StepManifest,
} from "./attributes/persona-manifest.ts";

// Compiler

export { type CompileInput, type CompileResult, compileModule, type ImportedName } from "./compile/compile-module.ts";

// Checker

export { BUILTIN_SIGNATURES } from "./check/builtin-signatures.ts";
export {
  type BuiltinArguments,
  type BuiltinOptions,
  type BuiltinSignature,
  type BuiltinTable,
  createBuiltinTable,
} from "./check/builtin-table.ts";
export { declaredArguments, readBuiltinSignature } from "./check/builtin-text.ts";
export { type CheckInput, type CheckResult, checkModule, type ModuleImports } from "./check/check-module.ts";
export { moduleImports } from "./check/module-imports.ts";

// Formatter

export { formatModule } from "./format/format-module.ts";
export { defaultFormatOptions, type FormatOptions } from "./format/format-options.ts";
export { type FormatResult, formatSource } from "./format/format-source.ts";
export { treeMeaning } from "./format/tree-meaning.ts";

// Linter

export { applyFixes } from "./lint/fix-edits.ts";
export { type LintInput, lintModule } from "./lint/lint-module.ts";
export type { LintCode, LintDiagnostic, LintOptions, LintRule, TextEdit } from "./lint/lint-rule.ts";
export { lintRules } from "./lint/lint-rules.ts";
