/**
 * From source text to a result: parse, resolve imports, check, compile, run. The one place where language and builtins
 * meet; the command line, tests and embedders all come through here.
 */

import { HarnError, type Host, type Json } from "../base/index.ts";
import type { ModuleCode } from "../bytecode/index.ts";
import { compileModule, createSourceFile, type Diagnostic, parse, type SourceFile } from "../lang/index.ts";
import {
  internalNatives,
  journalSteps,
  standardBuiltins,
  standardGlobals,
  standardMethods,
  standardSnapshotParts,
} from "../stdlib/index.ts";
import {
  type HarnFailure,
  type JsonCompactor,
  listOf,
  type OutputSink,
  type RunOutcome,
  restoreVm,
  Vm,
} from "../vm/index.ts";
import { type JournalUse, linkJournal } from "./journal-link.ts";
import { programDigest } from "./program-digest.ts";

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

/** Compiles one text that imports nothing, unchecked. `loadProgram` does it all, from files. */
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

interface CommonRunOptions {
  readonly host: Host;
  /** Where the program's output goes; default: the host's standard output. Past a journal, which then has none of it. */
  readonly output?: OutputSink;
  /** What the program sees as the global `argv`. Default: an empty list. */
  readonly args?: readonly string[];
  /** What builtins find of the embedder's, such as prepared models. */
  readonly state?: Map<string, unknown>;
  /** Tasks that may live at a time; see the machine's options for the default. */
  readonly maxTasks?: number;
  /** Gets the machine before anything of the program runs. */
  readonly onMachine?: (vm: Vm) => void;
}

/**
 * `breathe` resolves after a turn of the event loop (Node: `setImmediate`). A run with a journal needs it, to know when
 * all that could go on has gone on.
 */
export type RunOptions = CommonRunOptions &
  (
    | { readonly journal?: undefined; readonly breathe?: () => Promise<void> }
    | { readonly journal: JournalUse; readonly breathe: () => Promise<void> }
  );

export interface Run {
  readonly vm: Vm;
  /** Never rejects. A journal is finished by then, unless the run was halted and can be resumed. */
  readonly outcome: Promise<RunOutcome>;
  /** Asks the program to stop; `finally` and `defer` blocks run, and a replay stops in the same place. */
  stop(): void;
  /** Leaves the program where it is, at once. With a journal it can be resumed; without, this is the end of it. */
  suspend(): void;
}

/**
 * Starts a program; with a journal that was opened at a snapshot, goes on from there.
 *
 * @throws HarnError `snapshot.malformed` when the snapshot is not one of this program; see {@link programDigest}
 */
export function startProgram(program: Program, options: RunOptions): Run {
  const { host, output, breathe, journal, args = [] } = options;
  const link = journal && linkJournal(journal, host, options.breathe, () => programDigest(program));
  const vm = new Vm({
    host,
    natives: [...internalNatives, ...standardBuiltins.map((builtin) => builtin.native)],
    methods: standardMethods,
    globals: { ...standardGlobals, argv: () => listOf([...args]) },
    ...(output ? { output } : {}),
    ...(breathe ? { breathe } : {}),
    ...(options.state ? { state: options.state } : {}),
    ...(options.maxTasks === undefined ? {} : { maxTasks: options.maxTasks }),
    ...(link
      ? {
          hostFor: link.hostFor,
          breathe: link.breathe,
          position: link.position,
          isHeldNext: link.isHeldNext,
          requests: link.requests,
        }
      : {}),
    ...(link?.checkpoint ? { checkpoint: link.checkpoint } : {}),
  });
  vm.load(program.modules);
  options.onMachine?.(vm);
  if (link === undefined) {
    return {
      vm,
      outcome: vm.run(program.entry),
      stop: () => vm.cancel("The run was stopped"),
      suspend: () => vm.halt(new HarnError("run.suspended", "The run was suspended")),
    };
  }
  journalSteps(vm, link);
  const snapshot = journal?.journal.snapshot;
  const state = snapshot && restored(vm, snapshot.machine, link.compactor());
  journal?.journal.snapshotParts.letGo();
  link.attach(vm);
  const outcome = state ? vm.continue(state) : vm.run(program.entry);
  return { vm, outcome: outcome.then(link.finish), stop: link.stop, suspend: link.suspend };
}

/**
 * What a snapshot says of a machine that has not run. Whatever is wrong with it, in whatever layer that is found, nothing of the
 * program has run by then, and the log is there without it.
 *
 * @throws HarnError `snapshot.malformed`
 */
function restored(vm: Vm, machine: Json, compactor: JsonCompactor): ReturnType<typeof restoreVm> {
  try {
    return restoreVm(vm, machine, standardSnapshotParts, compactor);
  } catch (cause) {
    if (cause instanceof HarnError && cause.code === "snapshot.malformed") throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new HarnError("snapshot.malformed", `Expected a snapshot of this version, found another (${reason})`, {
      cause,
    });
  }
}

/** The message of a failure as tests and people know it. */
export function failureMessage(failure: HarnFailure): string {
  const line = failure.trace?.[0]?.line;
  const text = failure.display();
  return line && !text.startsWith("Thrown: ") ? `${text} (line ${line})` : text;
}
