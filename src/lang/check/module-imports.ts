/** What the checker needs to know of a module's imports, read off the module graph. */

import type { LoadedModule, ModuleGraph } from "../modules/graph.ts";
import { type Decl, peelAttributes } from "../syntax/ast.ts";
import type { ModuleImports } from "./check-module.ts";

export function moduleImports(graph: ModuleGraph, module: LoadedModule): ModuleImports {
  return {
    resolved: module.importsResolved,
    names: module.imported.keys(),
    types: [...module.imported.values()].flatMap(({ name, moduleId }) => typesNamed(graph.modules.get(moduleId), name)),
  };
}

/** The type declarations called `name` and the `impl` blocks for it. */
function typesNamed(module: LoadedModule | undefined, name: string): readonly Decl[] {
  return (module?.module.items ?? []).flatMap((outer): readonly Decl[] => {
    const { item } = peelAttributes(outer);
    switch (item.kind) {
      case "TypeDecl":
      case "EnumDecl":
      case "StructDecl":
      case "InterfaceDecl":
        return item.name.name === name ? [item] : [];
      case "ImplBlock":
        return item.typeName.name === name ? [item] : [];
      default:
        return [];
    }
  });
}
