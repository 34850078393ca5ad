/**
 * From source text to a result: parse, resolve imports, check, compile, run. The one place where language and builtins
 * meet; the command line, tests and embedders all come through here.
 */

import type { Host } from "../base/index.ts";
import type { ModuleCode } from "../bytecode/index.ts";
import { compileModule, createSourceFile, type Diagnostic, parse, type SourceFile } from "../lang/index.ts";
import { internalNatives, standardBuiltins, standardGlobals, standardMethods } from "../stdlib/index.ts";
import { type HarnFailure, type OutputSink, type RunOutcome, Vm } from "../vm/index.ts";

export interface Program {
  readonly entry: string;
  /** Dependencies before dependents. */
  readonly modules: readonly ModuleCode[];
}

export interface FileDiagnostic {
  readonly file: SourceFile;
  readonly diagnostic: Diagnostic;
}

export type LoadResult =
  | { readonly program: Program; readonly diagnostics: readonly FileDiagnostic[] }
  | { readonly program: undefined; readonly diagnostics: readonly FileDiagnostic[] };

/** Reads, checks and compiles one file and what it imports. */
export function loadSource(path: string, text: string): LoadResult {
  const file = createSourceFile(path, text);
  const parsed = parse(file);
  const diagnostics: FileDiagnostic[] = parsed.diagnostics.map((diagnostic) => ({ file, diagnostic }));
  if (diagnostics.some(({ diagnostic }) => diagnostic.severity === "error")) return { program: undefined, diagnostics };
  const compiled = compileModule({
    file,
    module: parsed.module,
    id: path,
    isEntry: true,
    imports: [],
    dependencies: [],
  });
  diagnostics.push(...compiled.diagnostics.map((diagnostic) => ({ file, diagnostic })));
  if (compiled.diagnostics.length > 0) return { program: undefined, diagnostics };
  return { program: { entry: path, modules: [compiled.code] }, diagnostics };
}

export interface RunOptions {
  readonly host: Host;
  readonly output?: OutputSink;
  readonly breathe?: () => Promise<void>;
  /** What builtins find of the embedder's: prepared models, arguments. */
  readonly state?: Map<string, unknown>;
}

export interface Run {
  readonly vm: Vm;
  readonly outcome: Promise<RunOutcome>;
}

/** Starts a program. */
export function startProgram(program: Program, options: RunOptions): Run {
  const vm = new Vm({
    host: options.host,
    natives: [...internalNatives, ...standardBuiltins.map((builtin) => builtin.native)],
    methods: standardMethods,
    globals: standardGlobals,
    ...(options.output ? { output: options.output } : {}),
    ...(options.breathe ? { breathe: options.breathe } : {}),
    ...(options.state ? { state: options.state } : {}),
  });
  vm.load(program.modules);
  return { vm, outcome: vm.run(program.entry) };
}

/** The message of a failure as tests and people know it. */
export function failureMessage(failure: HarnFailure): string {
  const line = failure.trace?.[0]?.line;
  const text = failure.display();
  return line && !text.startsWith("Thrown: ") ? `${text} (line ${line})` : text;
}
