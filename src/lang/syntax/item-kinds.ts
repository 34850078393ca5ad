/** Which items are declarations and which are statements; everything else is an expression, but for attributes. */

import type { Decl, Item, Stmt } from "./ast.ts";

const declarations: Readonly<Record<Decl["kind"], true>> = {
  ImportDecl: true,
  PipelineDecl: true,
  OverrideDecl: true,
  FnDecl: true,
  ToolDecl: true,
  SkillDecl: true,
  EvalPackDecl: true,
  EnumDecl: true,
  StructDecl: true,
  InterfaceDecl: true,
  ImplBlock: true,
  TypeDecl: true,
};

const statements: Readonly<Record<Stmt["kind"], true>> = {
  LetStmt: true,
  AssignStmt: true,
  ForStmt: true,
  WhileStmt: true,
  ReturnStmt: true,
  ThrowStmt: true,
  BreakStmt: true,
  ContinueStmt: true,
  GuardStmt: true,
  RequireStmt: true,
  DeferStmt: true,
};

/** Attributes around it do not count as part of it: peel them first. */
export function isDeclaration(item: Item): item is Decl {
  return Object.hasOwn(declarations, item.kind);
}

export function isStatement(item: Item): item is Stmt {
  return Object.hasOwn(statements, item.kind);
}
