/** The names a module declares at its top level, and which of them it exports by itself. */

import { type Item, type Module, type Pattern, peelAttributes, type Span } from "../syntax/ast.ts";

export type ModuleNameKind =
  | "fn"
  | "pipeline"
  | "tool"
  | "skill"
  | "eval_pack"
  | "struct"
  | "enum"
  | "interface"
  | "type"
  | "let"
  | "var";

/** A name where it is declared; re-exports hand on this same object. */
export interface ModuleName {
  readonly name: string;
  readonly kind: ModuleNameKind;
  /** Id of the declaring module. */
  readonly moduleId: string;
  readonly isPub: boolean;
  /** Of the name itself. */
  readonly span: Span;
}

/** By name; of two declarations of one name the later counts, as at run time. */
export function declaredNames(moduleId: string, module: Module): Map<string, ModuleName> {
  const names = new Map<string, ModuleName>();
  for (const outer of module.items) {
    for (const name of namesOf(peelAttributes(outer).item, moduleId)) names.set(name.name, name);
  }
  return names;
}

function namesOf(item: Item, moduleId: string): ModuleName[] {
  switch (item.kind) {
    case "FnDecl":
      return [{ ...item.name, kind: "fn", moduleId, isPub: item.isPub }];
    case "PipelineDecl":
      return [{ ...item.name, kind: "pipeline", moduleId, isPub: item.isPub }];
    case "ToolDecl":
      return [{ ...item.name, kind: "tool", moduleId, isPub: item.isPub }];
    case "SkillDecl":
      return [{ ...item.name, kind: "skill", moduleId, isPub: item.isPub }];
    case "EvalPackDecl":
      return [{ ...item.bindingName, kind: "eval_pack", moduleId, isPub: item.isPub }];
    case "StructDecl":
      return [{ ...item.name, kind: "struct", moduleId, isPub: item.isPub }];
    case "EnumDecl":
      return [{ ...item.name, kind: "enum", moduleId, isPub: item.isPub }];
    // Nothing is private about a type without a value: these two are always exported.
    case "InterfaceDecl":
      return [{ ...item.name, kind: "interface", moduleId, isPub: true }];
    case "TypeDecl":
      return [{ ...item.name, kind: "type", moduleId, isPub: true }];
    case "LetStmt":
      return patternNames(item.pattern).map((bound) => ({
        ...bound,
        kind: item.mutable ? "var" : "let",
        moduleId,
        isPub: false,
      }));
    default:
      return [];
  }
}

function patternNames(pattern: Pattern): { name: string; span: Span }[] {
  switch (pattern.kind) {
    case "NamePattern":
      return pattern.name === "_" ? [] : [{ name: pattern.name, span: pattern.span }];
    case "DictPattern":
      return pattern.fields.map((field) => ({ name: field.alias ?? field.key, span: field.span }));
    case "ListPattern":
      return pattern.elements.flatMap(({ name, span }) => (name === "_" ? [] : [{ name, span }]));
    case "PairPattern":
      return [pattern.first, pattern.second];
  }
}

/**
 * What a wildcard import gets, apart from re-exports: everything marked `pub`. A module without a `pub fn` and without a
 * `pub import` has made no choice, and exports all its functions.
 */
export function ownExports(declared: ReadonlyMap<string, ModuleName>, module: Module): Map<string, ModuleName> {
  const choosy =
    [...declared.values()].some((name) => name.kind === "fn" && name.isPub) ||
    module.items.some((item) => item.kind === "ImportDecl" && item.isPub);
  const exported = [...declared].filter(([, name]) => name.isPub || (name.kind === "fn" && !choosy));
  return new Map(exported);
}
