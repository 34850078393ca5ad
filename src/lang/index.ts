// Syntax: source text, tokens, tree

// Diagnostics
export type { Diagnostic, Label, Severity } from "./diagnostics/diagnostic.ts";
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
export { type LexResult, lex, MAX_INTERPOLATION_DEPTH, MAX_TOKENS } from "./syntax/lexer.ts";
export { type ParseResult, parse } from "./syntax/parser.ts";
export { MAX_NESTING, MAX_TREE_HEIGHT } from "./syntax/parser-state.ts";
export { createSourceFile, type Position, type SourceFile } from "./syntax/source-file.ts";
export { CONTEXTUAL_WORDS, isKeyword, KEYWORDS, type Token, type TokenKind } from "./syntax/tokens.ts";

// Formatter

export { formatModule } from "./format/format-module.ts";
export { defaultFormatOptions, type FormatOptions } from "./format/format-options.ts";
export { type FormatResult, formatSource } from "./format/format-source.ts";
// Compiler
export { type CompileInput, type CompileResult, compileModule, type ImportedName } from "./compile/compile-module.ts";
