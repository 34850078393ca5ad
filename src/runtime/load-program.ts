/**
 * From a file to code that can run: read it and what it imports, check, compile. What is wrong with the program comes
 * back as diagnostics, never as an exception.
 */

import type { Host } from "../base/index.ts";
import type { ModuleCode } from "../bytecode/index.ts";
import {
  BUILTIN_SIGNATURES,
  type BuiltinTable,
  checkModule,
  compileModule,
  createBuiltinTable,
  declaredArguments,
  folderOf,
  type LoadedModule,
  loadModuleGraph,
  type ModuleGraph,
  type ModuleName,
  moduleImports,
  normalizePath,
} from "../lang/index.ts";
import { standardBuiltins, standardMethods, standardModules } from "../stdlib/index.ts";
import { type ManifestHooks, readManifestHooks } from "./manifest-hooks.ts";
import { createModuleReader } from "./module-files.ts";
import type { FileDiagnostic, Program } from "./program.ts";

/** Every builtin there is, with the types that the language gives to those it knows. */
const builtinTable: BuiltinTable = createBuiltinTable(
  [...standardBuiltins.map(({ native }) => ({ name: native.name })), ...BUILTIN_SIGNATURES],
  Object.fromEntries(
    Object.entries(standardMethods).map(([type, methods]) => [type, methods.map((method) => method.name)]),
  ),
  declaredArguments(standardBuiltins),
);

export interface LoadProgramOptions {
  readonly host: Host;
  readonly path: string;
  /** Instead of what the file holds. */
  readonly text?: string;
  /** Default: `default`, else the first, else the whole file. */
  readonly pipeline?: string;
  /** Default: those of the nearest `harn.toml`; who loads again and again reads them once, with {@link readManifestHooks}. */
  readonly hooks?: ManifestHooks;
}

export interface LoadedProgram {
  readonly graph: ModuleGraph;
  /** The entry's first, each module's in the order of the stages. */
  readonly diagnostics: readonly FileDiagnostic[];
  /** Absent when something is an error. */
  readonly program?: Program;
}

/**
 * Loads a program and all that it imports, checks and compiles it. Mistakes are diagnostics, not exceptions; with an error
 * among them, a file that cannot be read included, there is no `program`.
 */
export async function loadProgram(options: LoadProgramOptions): Promise<LoadedProgram> {
  const { host } = options;
  const hooks = options.hooks ?? (await readManifestHooks(host, folderOf(normalizePath(options.path))));
  const graph = await loadModuleGraph({
    entry: options.path,
    ...(options.text !== undefined && { entryText: options.text }),
    reader: createModuleReader(host),
    std: (name) => standardModules.get(name),
    stdNames: [...standardModules.keys()],
    preludes: hooks.preludes,
  });
  const found = [...hooks.diagnostics, ...checkGraph(graph, new Set(hooks.preludes.map(({ path }) => path)))];
  if (found.some(isError)) return { graph, diagnostics: found };

  const codes: ModuleCode[] = [];
  for (const id of graph.order) {
    const loaded = moduleOf(graph, id);
    const { code, diagnostics } = compileModule({
      file: loaded.file,
      module: loaded.module,
      id,
      isEntry: id === graph.entry,
      imports: [...loaded.imported.values()]
        .filter(hasValue)
        .map(({ moduleId, name, kind }) => ({ module: moduleId, name, kind })),
      dependencies: loaded.imports.flatMap(({ target }) => (target === undefined ? [] : [target])),
      ...(options.pipeline !== undefined && { pipeline: options.pipeline }),
    });
    codes.push(code);
    for (const diagnostic of diagnostics) found.push({ file: loaded.file, diagnostic });
  }
  return found.some(isError)
    ? { graph, diagnostics: found }
    : { graph, diagnostics: found, program: { entry: graph.entry, modules: codes } };
}

/** Syntax, imports and types of every module but the library's own. */
function checkGraph(graph: ModuleGraph, preludes: ReadonlySet<string>): FileDiagnostic[] {
  const found: FileDiagnostic[] = [];
  for (const id of [...graph.order].reverse()) {
    if (id.startsWith("<std>/")) continue;
    const loaded = moduleOf(graph, id);
    const { file, module } = loaded;
    for (const diagnostic of loaded.diagnostics) found.push({ file, diagnostic });
    // A tree with holes would only give errors that follow from the first.
    if (loaded.diagnostics.some(({ severity }) => severity === "error")) continue;
    // Of ours, and they call what programs may not.
    if (preludes.has(id)) continue;
    const { diagnostics } = checkModule({
      file,
      module,
      imports: moduleImports(graph, loaded),
      builtins: builtinTable,
    });
    for (const diagnostic of diagnostics) found.push({ file, diagnostic });
  }
  return found;
}

/** Types are known to the checker only. */
function hasValue({ kind }: ModuleName): boolean {
  return kind !== "type" && kind !== "interface" && kind !== "pipeline";
}

/** Whether a diagnostic keeps its program from running; the others are warnings and hints. */
export function isError({ diagnostic }: FileDiagnostic): boolean {
  return diagnostic.severity === "error";
}

function moduleOf(graph: ModuleGraph, id: string): LoadedModule {
  const loaded = graph.modules.get(id);
  if (loaded === undefined) throw new RangeError(`Module ${id} is not in the graph`);
  return loaded;
}
