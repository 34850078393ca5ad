/** What the front end needs to know of the standard library. */

import { BUILTIN_SIGNATURES, type BuiltinTable, createBuiltinTable } from "../../lang/index.ts";

/** The language's library as the front end sees it. */
export interface LanguageLibrary {
  readonly builtins: BuiltinTable;
  /** Source of `std/<name>`. */
  readonly std: (name: string) => string | undefined;
  readonly stdNames: readonly string[];
}

export function createLibrary(): LanguageLibrary {
  return { builtins: createBuiltinTable(BUILTIN_SIGNATURES), std: () => undefined, stdNames: [] };
}
