/** What of a file runs or is used without being called in it. */

import { type Module, peelAttributes } from "../syntax/ast.ts";

/** A file that starts nothing itself: only declarations and top-level variables. Others import what they need of it. */
export function isLibrary(module: Module): boolean {
  return module.items.every((outer) => {
    const { item } = peelAttributes(outer);
    if (item.kind === "PipelineDecl") return false;
    return item.kind.endsWith("Decl") || item.kind === "ImplBlock" || item.kind === "LetStmt";
  });
}

/** A library without `pub` functions exports all of them. */
export function hasPublicFunction(module: Module): boolean {
  return module.items.some((outer) => {
    const { item } = peelAttributes(outer);
    return item.kind !== "ImportDecl" && "isPub" in item && item.isPub;
  });
}

/** Entry pipelines run by these names. */
export function isEntryName(name: string): boolean {
  return name === "default" || name === "main" || name === "auto";
}

export function isTestName(name: string): boolean {
  return name === "test" || name.startsWith("test_");
}
