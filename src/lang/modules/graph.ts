/**
 * The module graph: everything reachable from an entry file, parsed, with each import resolved and each exported name
 * known. Pure but for the reader it is given; never rejects for what files contain or lack, each such thing is a
 * diagnostic of the importing module.
 *
 * Vocabulary: a module's *id* is its canonical path, or `<std>/name`; its *exports* are what a wildcard import of it gets;
 * its *declarations* are all its top-level names, private ones included (a selective import may name those too).
 *
 * Three passes: load (in breadth, one file after the other, so that the order of reads is always the same), link (exports
 * to a fixpoint, as re-exports may go in circles), check (what each import brings, collisions, cycles).
 */

import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { oneLine } from "../diagnostics/display-text.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import type { Ident, ImportDecl, Module, Span } from "../syntax/ast.ts";
import { parse } from "../syntax/parser.ts";
import { createSourceFile, type SourceFile } from "../syntax/source-file.ts";
import type { ModuleCode } from "./codes.ts";
import { declaredNames, type ModuleName, ownExports } from "./declared-names.ts";
import { folderOf, normalizePath } from "./module-path.ts";
import type { ModuleReader, ReadResult } from "./module-reader.ts";
import { type Resolution, resolveImport } from "./resolve-import.ts";

export const MAX_MODULES = 10_000;

export interface ModuleGraphOptions {
  /** Path of the entry file. */
  readonly entry: string;
  /** Its text, when it does not come from a file (`-e`, an editor's unsaved buffer). */
  readonly entryText?: string;
  readonly reader: ModuleReader;
  /** Source of `std/<name>`, or undefined when there is no such module. */
  readonly std?: (name: string) => string | undefined;
  /** Names of all `std` modules, for suggestions. */
  readonly stdNames?: readonly string[];
  /** Folders of packages, looked into before `.harn/packages` around the importing file. */
  readonly packageRoots?: readonly string[];
  /** Run before the entry and what it imports, in this order. */
  readonly preludes?: readonly PreludeModule[];
}

/** A module that no file holds. Its imports are those of a file in the folder of `path`, which is also its id. */
export interface PreludeModule {
  readonly path: string;
  readonly text: string;
}

export interface ModuleGraph {
  /** Id of the entry module, which is always there, if need be empty. */
  readonly entry: string;
  /** In the order they were found. */
  readonly modules: ReadonlyMap<string, LoadedModule>;
  /** Ids with what a module imports before the module itself, as far as cycles allow; the entry is last. */
  readonly order: readonly string[];
  /** Ids along each import cycle, beginning with the module that was reached first. */
  readonly cycles: readonly (readonly string[])[];
}

export interface LoadedModule {
  readonly id: string;
  readonly file: SourceFile;
  readonly module: Module;
  readonly imports: readonly ResolvedImport[];
  /** All top-level names. */
  readonly declarations: ReadonlyMap<string, ModuleName>;
  /** What a wildcard import gets, re-exports included. */
  readonly exports: ReadonlyMap<string, ModuleName>;
  /** What this module's imports bring, by name. Its own declarations shadow them. */
  readonly imported: ReadonlyMap<string, ModuleName>;
  /** False when an import leads nowhere or to a file with syntax errors: then an unknown name may be its fault. */
  readonly importsResolved: boolean;
  /** Syntax first, then imports; by position. */
  readonly diagnostics: readonly Diagnostic[];
}

export interface ResolvedImport {
  readonly decl: ImportDecl;
  /** Id of the imported module; absent when it could not be loaded (reported). */
  readonly target?: string;
  /** What it brings, in the order of the list or of the target's exports. */
  readonly names: readonly ModuleName[];
}

/** A module while the graph is under construction. */
interface Draft {
  readonly id: string;
  readonly file: SourceFile;
  readonly module: Module;
  readonly hasSyntaxErrors: boolean;
  readonly diagnostics: Diagnostic[];
  readonly declarations: ReadonlyMap<string, ModuleName>;
  readonly exports: Map<string, ModuleName>;
  readonly imports: { readonly decl: ImportDecl; readonly target?: string }[];
}

export async function loadModuleGraph(options: ModuleGraphOptions): Promise<ModuleGraph> {
  const { entry, drafts } = await loadAll(options);
  linkExports(drafts);
  const preludes = (options.preludes ?? []).map(({ path }) => path);
  const { order, cycles } = sortModules(drafts, entry, preludes);
  const modules = new Map<string, LoadedModule>();
  for (const [id, draft] of drafts) modules.set(id, finish(draft, drafts));
  return { entry, modules, order, cycles };
}

// ---- Load ----------------------------------------------------------------------------------------------------------

async function loadAll(options: ModuleGraphOptions): Promise<{ entry: string; drafts: Map<string, Draft> }> {
  const drafts = new Map<string, Draft>();
  const entryPath = normalizePath(options.entry);
  const read: ReadResult =
    options.entryText === undefined
      ? await readSafely(options.reader, entryPath)
      : { kind: "text", text: options.entryText };
  const entry = await canonicalId(options.reader, entryPath);
  const entryDraft = createDraft(entry, entryPath, read.kind === "text" ? read.text : "");
  if (read.kind !== "text") reportUnread(entryDraft, { start: 0, end: 0 }, entryPath, read);
  drafts.set(entry, entryDraft);
  const preludes = (options.preludes ?? []).map(({ path, text }) => createDraft(path, path, text));
  for (const draft of preludes) drafts.set(draft.id, draft);

  const queue = [...preludes, entryDraft];
  for (let draft = queue.shift(); draft !== undefined; draft = queue.shift()) {
    for (const item of draft.module.items) {
      // A path that is not there has been reported as a syntax error.
      if (item.kind !== "ImportDecl" || item.path === "") continue;
      if (drafts.size >= MAX_MODULES) {
        const message = `Expected at most ${MAX_MODULES} modules, stopped at import "${item.path}"`;
        report(draft, "HARN-N108", message, item.pathSpan, "Look for a link that leads back to its own folder");
        draft.imports.push({ decl: item });
        continue;
      }
      const target = await loadImport(draft, item, options, drafts);
      draft.imports.push({ decl: item, ...(target === undefined ? {} : { target: target.id }) });
      if (target !== undefined && !drafts.has(target.id)) {
        drafts.set(target.id, target);
        queue.push(target);
      }
    }
  }
  return { entry, drafts };
}

/** The imported module, freshly made or from `drafts`; undefined, and reported, when there is none. */
async function loadImport(
  importer: Draft,
  decl: ImportDecl,
  options: ModuleGraphOptions,
  drafts: ReadonlyMap<string, Draft>,
): Promise<Draft | undefined> {
  const { reader, packageRoots = [] } = options;
  let resolution: Resolution;
  try {
    resolution = await resolveImport(folderOf(importer.file.path), decl.path, { reader, packageRoots });
  } catch (error) {
    reportUnread(importer, decl.pathSpan, decl.path, unreadable(error));
    return undefined;
  }
  switch (resolution.kind) {
    case "std":
      return loadStd(importer, decl, resolution.name, options, drafts);
    case "missing": {
      const message = `Import error: cannot read '${decl.path}': no such file or package`;
      report(importer, "HARN-N101", message, decl.pathSpan, `Looked for ${resolution.tried.join(", ")}`);
      return undefined;
    }
    case "file": {
      const id = await canonicalId(reader, resolution.path);
      const known = drafts.get(id);
      if (known !== undefined) return known;
      const read = await readSafely(reader, resolution.path);
      if (read.kind === "text") return createDraft(id, resolution.path, read.text);
      reportUnread(importer, decl.pathSpan, resolution.path, read);
      return undefined;
    }
  }
}

function loadStd(
  importer: Draft,
  decl: ImportDecl,
  name: string,
  options: ModuleGraphOptions,
  drafts: ReadonlyMap<string, Draft>,
): Draft | undefined {
  const id = `<std>/${name}`;
  const known = drafts.get(id);
  if (known !== undefined) return known;
  const text = options.std?.(name);
  if (text !== undefined) return createDraft(id, id, text);
  const hint = didYouMean(name, options.stdNames ?? []);
  report(importer, "HARN-N102", `Unknown stdlib module: std/${name}`, decl.pathSpan, hint);
  return undefined;
}

function createDraft(id: string, path: string, text: string): Draft {
  const file = createSourceFile(path, text);
  const { module, diagnostics } = parse(file);
  const declarations = declaredNames(id, module);
  return {
    id,
    file,
    module,
    hasSyntaxErrors: diagnostics.length > 0,
    diagnostics: [...diagnostics],
    declarations,
    exports: ownExports(declarations, module),
    imports: [],
  };
}

async function readSafely(reader: ModuleReader, path: string): Promise<ReadResult> {
  try {
    return await reader.read(path);
  } catch (error) {
    return unreadable(error);
  }
}

async function canonicalId(reader: ModuleReader, path: string): Promise<string> {
  try {
    return (await reader.canonical?.(path)) ?? path;
  } catch {
    // A path without a canonical form, such as one that does not exist, stands for itself.
    return path;
  }
}

type Unread = Exclude<ReadResult, { kind: "text" }>;

function unreadable(error: unknown): Unread {
  return { kind: "unreadable", reason: error instanceof Error ? error.message : String(error) };
}

function reportUnread(importer: Draft, span: Span, path: string, read: Unread): void {
  const reason =
    read.kind === "missing" ? "no such file" : read.kind === "directory" ? "it is a directory" : read.reason;
  const code = read.kind === "missing" ? "HARN-N101" : "HARN-N103";
  const what = path === importer.file.path ? "Cannot read" : "Import error: cannot read";
  report(importer, code, `${what} '${path}': ${reason.replace(/\s+/g, " ")}`, span);
}

// ---- Link ----------------------------------------------------------------------------------------------------------

/** Adds re-exports until nothing changes. A name that is there already stays; the check speaks about it. */
function linkExports(drafts: ReadonlyMap<string, Draft>): void {
  for (let changed = true; changed; ) {
    changed = false;
    for (const draft of drafts.values()) {
      for (const { decl, target } of draft.imports) {
        const source = target === undefined ? undefined : drafts.get(target);
        if (!decl.isPub || source === undefined) continue;
        for (const [name, origin] of offered(decl, source)) {
          if (draft.exports.has(name)) continue;
          draft.exports.set(name, origin);
          changed = true;
        }
      }
    }
  }
}

/** What an import gets from a module, by name; names that the module does not have are left out. */
function offered(decl: ImportDecl, source: Draft): ReadonlyMap<string, ModuleName> {
  if (decl.names === undefined) return source.exports;
  const found = new Map<string, ModuleName>();
  for (const { name } of decl.names) {
    const origin = find(source, name);
    if (origin !== undefined) found.set(name, origin);
  }
  return found;
}

function find(source: Draft, name: string): ModuleName | undefined {
  return source.exports.get(name) ?? source.declarations.get(name);
}

/** Depth-first order of the imports, without recursion. */
function sortModules(
  drafts: ReadonlyMap<string, Draft>,
  entry: string,
  preludes: readonly string[],
): { order: string[]; cycles: string[][] } {
  const order: string[] = [];
  const cycles: string[][] = [];
  // A prelude may import the entry, whose functions are there before it runs; the entry is last nevertheless.
  const state = new Map<string, "open" | "done">([[entry, "done"]]);
  for (const root of [...preludes, entry]) sortBelow(root, drafts, { order, cycles, state });
  return { order, cycles };
}

interface Sorting {
  readonly order: string[];
  readonly cycles: string[][];
  readonly state: Map<string, "open" | "done">;
}

function sortBelow(root: string, drafts: ReadonlyMap<string, Draft>, { order, cycles, state }: Sorting): void {
  state.set(root, "open");
  const path: { draft: Draft; next: number }[] = [{ draft: drafts.get(root)!, next: 0 }];
  while (path.length > 0) {
    const step = path.at(-1)!;
    const imported = step.draft.imports[step.next++];
    if (imported === undefined) {
      state.set(step.draft.id, "done");
      order.push(step.draft.id);
      path.pop();
      continue;
    }
    const target = imported.target === undefined ? undefined : drafts.get(imported.target);
    if (target === undefined) continue;
    const seen = state.get(target.id);
    if (seen === undefined) {
      state.set(target.id, "open");
      path.push({ draft: target, next: 0 });
    } else if (seen === "open") {
      const cycle = path.slice(path.findIndex(({ draft }) => draft.id === target.id)).map(({ draft }) => draft);
      cycles.push(cycle.map(({ id }) => id));
      const shown = [...cycle, target].map(({ file }) => file.path).join(" -> ");
      const hint = "Move what both need to a third module";
      report(step.draft, "HARN-N107", `Import cycle: ${shown}`, imported.decl.pathSpan, hint, "warning");
    }
  }
}

// ---- Check ---------------------------------------------------------------------------------------------------------

function finish(draft: Draft, drafts: ReadonlyMap<string, Draft>): LoadedModule {
  const imported = new Map<string, ModuleName>();
  const cameFrom = new Map<string, ImportDecl>();
  const imports: ResolvedImport[] = [];
  let importsResolved = true;
  for (const { decl, target } of draft.imports) {
    const source = target === undefined ? undefined : drafts.get(target);
    if (source === undefined || target === undefined) {
      importsResolved = false;
      imports.push({ decl, names: [] });
      continue;
    }
    if (source.hasSyntaxErrors) importsResolved = false;
    else reportUnknownNames(draft, decl, source);
    const names = offered(decl, source);
    imports.push({ decl, target, names: [...names.values()] });
    for (const [name, origin] of names) {
      const earlier = imported.get(name);
      if (earlier === undefined) {
        imported.set(name, origin);
        cameFrom.set(name, decl);
      } else if (!isSame(earlier, origin) && (earlier.kind === "fn" || decl.isPub)) {
        reportCollision(draft, decl, cameFrom.get(name)!, name, source);
      }
      if (decl.isPub) reportOwnCollision(draft, decl, name, origin);
    }
  }
  const { id, file, module, declarations, exports } = draft;
  const diagnostics = [...draft.diagnostics].sort((a, b) => a.span.start - b.span.start);
  return { id, file, module, imports, declarations, exports, imported, importsResolved, diagnostics };
}

function isSame(a: ModuleName, b: ModuleName): boolean {
  return a.moduleId === b.moduleId && a.name === b.name;
}

function reportUnknownNames(draft: Draft, decl: ImportDecl, source: Draft): void {
  for (const { name, span } of decl.names ?? []) {
    if (find(source, name) !== undefined) continue;
    const message = `Import error: '${name}' is not defined in ${source.file.path}`;
    const hint = didYouMean(name, [...source.exports.keys(), ...source.declarations.keys()]);
    report(draft, "HARN-N104", message, span, hint);
  }
}

function reportCollision(draft: Draft, decl: ImportDecl, earlier: ImportDecl, name: string, source: Draft): void {
  const message = `Import collision: '${name}' is already defined when importing ${source.file.path}`;
  const hint = `Use selective imports to disambiguate: import { ${name} } from "..."`;
  const label = { span: placeOf(earlier, name), message: `\`${name}\` also comes from here` };
  draft.diagnostics.push({ ...diagnostic("HARN-N105", message, placeOf(decl, name), hint), labels: [label] });
}

/** A module cannot export both its own declaration and another module's under one name. */
function reportOwnCollision(draft: Draft, decl: ImportDecl, name: string, origin: ModuleName): void {
  const exported = draft.exports.get(name);
  if (exported === undefined || exported.moduleId !== draft.id || origin.moduleId === draft.id) return;
  const message = `Re-export collision: '${name}' is defined here and also re-exported from '${decl.path}'`;
  const label = { span: exported.span, message: "Defined here" };
  const hint = `Rename \`${name}\`, or re-export selectively without it`;
  draft.diagnostics.push({ ...diagnostic("HARN-N106", message, placeOf(decl, name), hint), labels: [label] });
}

/** The name in the import's list, else its path. */
function placeOf(decl: ImportDecl, name: string): Span {
  const listed: Ident | undefined = decl.names?.find((ident) => ident.name === name);
  return listed?.span ?? decl.pathSpan;
}

function report(
  draft: Draft,
  code: ModuleCode,
  message: string,
  span: Span,
  hint?: string,
  severity: Diagnostic["severity"] = "error",
): void {
  draft.diagnostics.push({ ...diagnostic(code, message, span, hint), severity });
}

function diagnostic(code: ModuleCode, message: string, span: Span, hint?: string): Diagnostic {
  const help = hint === undefined ? {} : { hint: oneLine(hint) };
  return { code, severity: "error", message: oneLine(message), span, ...help };
}
