/**
 * Inputs run one after the other on one machine: tasks, channels and whatever else an input leaves behind go on living. An
 * input is a task of its own, which can be stopped without the others.
 */

import { join } from "node:path";
import { CancelToken, type Host } from "../../base/index.ts";
import type { ModuleCode } from "../../bytecode/index.ts";
import {
  compileModule,
  createSourceFile,
  type LoadedModule,
  type ModuleGraph,
  parse,
  type SourceFile,
} from "../../lang/index.ts";
import {
  type FileDiagnostic,
  isError,
  loadProgram,
  type ManifestHooks,
  readManifestHooks,
} from "../../runtime/index.ts";
import { internalNatives, standardBuiltins, standardGlobals, standardMethods } from "../../stdlib/index.ts";
import {
  type AsyncContext,
  Cancelled,
  type EnumType,
  HarnFailure,
  listOf,
  type Native,
  type OutputSink,
  type StructType,
  share,
  type Value,
  Vm,
} from "../../vm/index.ts";
import { type LineModule, lineModule, type SessionVariable, sessionCalls } from "./line-module.ts";
import { emptyTranscript, itemsAfter, namesOf, onlySpans, type Transcript, withInput } from "./transcript.ts";

export type InputOutcome =
  /** `value` is absent when the input has none: a statement, a declaration. */
  | {
      readonly status: "ok";
      readonly value?: Value;
      readonly warnings: readonly FileDiagnostic[];
      /** It declared pipelines, of which nothing came. */
      readonly hasPipelines: boolean;
    }
  /** Nothing of it was run. */
  | { readonly status: "refused"; readonly diagnostics: readonly FileDiagnostic[] }
  | {
      readonly status: "failed";
      readonly failure: HarnFailure;
      readonly sources: ReadonlyMap<string, SourceFile>;
      readonly warnings: readonly FileDiagnostic[];
    }
  | { readonly status: "stopped" };

export interface Session {
  /** Never rejects for what the input does. One at a time. */
  run(input: string): Promise<InputOutcome>;
  /** Ends the running input, if any. What earlier inputs started goes on. */
  interrupt(): void;
  /** Variables with their values, by name. */
  variables(): ReadonlyMap<string, Value>;
  /** Every declared name. */
  names(): readonly string[];
  /** Ends everything that still runs. */
  close(): Promise<void>;
}

export interface SessionOptions {
  readonly host: Host;
  readonly cwd: string;
  readonly output?: OutputSink;
  readonly state?: Map<string, unknown>;
}

/** What diagnostics and traces call the session. */
export const SESSION_NAME = "<repl>";

export async function openSession(options: SessionOptions): Promise<Session> {
  const { host } = options;
  const path = join(options.cwd, SESSION_NAME);
  const values = new Map<string, Value>();
  const startedModules = new Set<string>();
  const types: KnownTypes = new Map();
  let transcript: Transcript = emptyTranscript;
  let variables: readonly SessionVariable[] = [];
  let names: readonly string[] = [];
  let current = newInput(0);
  let hooks: ManifestHooks | undefined;
  const closing = deferred<undefined>();
  const machine = deferred<AsyncContext>();

  const natives: readonly Native[] = [
    { kind: "pure", name: sessionCalls.value, impl: ([name]) => share(values.get(String(name))) },
    {
      kind: "pure",
      name: sessionCalls.keep,
      impl: ([name, value]) => {
        values.set(String(name), share(value));
        current.kept.add(String(name));
        return undefined;
      },
    },
    {
      kind: "pure",
      name: sessionCalls.show,
      impl: ([value]) => {
        current.shown = [share(value)];
        return undefined;
      },
    },
    {
      kind: "async",
      name: sessionCalls.done,
      impl: (_, { task }) => {
        current.over.resolve();
        // A task that ends takes those along that it has started.
        return (task.children?.size ?? 0) === 0 ? undefined : closing.promise;
      },
    },
    // The machine runs one program, and this is it: it waits while inputs run beside it.
    {
      kind: "async",
      name: serve,
      impl: (_, context) => {
        machine.resolve(context);
        return closing.promise;
      },
    },
  ];
  const vm = new Vm({
    host,
    natives: [...internalNatives, ...standardBuiltins.map(({ native }) => native), ...natives],
    methods: standardMethods,
    globals: { ...standardGlobals, argv: () => listOf([]) },
    breathe: () => new Promise((resolve) => setImmediate(resolve)),
    ...(options.output !== undefined && { output: options.output }),
    ...(options.state !== undefined && { state: options.state }),
  });
  const server = compileText(path, `${serve}()\n`);
  vm.load([server]);
  const ended = vm.run(server.id);
  const context = await machine.promise;

  /** Starts what the input imports, each module once, then the input. */
  const runModules = async (graph: ModuleGraph, line: LineModule, entry: LoadedModule): Promise<void> => {
    const imported = graph.order.filter((id) => id !== graph.entry && !startedModules.has(id));
    const codes = imported.map((id) => compileLoaded(graph.modules.get(id) as LoadedModule, id, false));
    const own = compileLoaded({ ...entry, module: line.module }, `${graph.entry}#${current.number}`, true);
    vm.load([...codes, own]);
    current.id = own.id;
    const signal = current.token;
    for (const { id } of codes) {
      await context.call(vm.start(id), [], { signal });
      startedModules.add(id);
    }
    const running = context.call(vm.start(own.id), [], { signal });
    // What it left running may fail later; whoever waits for it is told.
    running.catch(() => {});
    await Promise.race([running, current.over.promise]);
  };

  return {
    async run(input) {
      current = newInput(current.number + 1);
      const start = transcript.text.length;
      // Once, but for one with mistakes: those may have been mended since.
      if (hooks === undefined || hooks.diagnostics.length > 0) hooks = await readManifestHooks(host, options.cwd);
      const { graph, diagnostics } = await loadProgram({ host, path, text: withInput(transcript, input), hooks });
      const entry = graph.modules.get(graph.entry) as LoadedModule;
      // What was accepted before is not judged again: it may not fit what was declared anew since.
      const found = diagnostics.filter(
        ({ file, diagnostic }) => file.path !== entry.file.path || diagnostic.span.start >= start,
      );
      if (found.some(isError)) return { status: "refused", diagnostics: found };
      const line = lineModule(entry.module, start, variables);
      try {
        await runModules(graph, line, entry);
        return {
          status: "ok",
          warnings: found,
          hasPipelines: line.hasPipelines,
          ...(current.shown.length > 0 && { value: current.shown[0] }),
        };
      } catch (error) {
        if (current.token.aborted || error instanceof Cancelled) return { status: "stopped" };
        if (!(error instanceof HarnFailure)) throw error;
        const sources = new Map([...graph.modules.values()].map(({ file }) => [file.path, file]));
        return { status: "failed", failure: error, sources, warnings: found };
      } finally {
        const { kept } = current;
        const items = itemsAfter(entry.module, start, (name) => kept.has(name));
        transcript = { text: onlySpans(entry.file.text, items) };
        names = items.flatMap(namesOf);
        const declared = new Map(
          [...variables, ...line.declared.filter(({ name }) => kept.has(name))].map((each) => [each.name, each]),
        );
        const isVariable = new Set(items.flatMap((item) => (item.kind === "LetStmt" ? namesOf(item) : [])));
        variables = [...declared.values()].filter(({ name }) => isVariable.has(name));
        for (const name of values.keys()) if (!isVariable.has(name)) values.delete(name);
        const instance = vm.modules.get(current.id);
        if (instance !== undefined) shareMethods(instance, types);
      }
    },
    interrupt: () => current.token.cancel("interrupted"),
    variables: () => values,
    names: () => names,
    async close() {
      current.token.cancel("closed");
      closing.resolve(undefined);
      await ended;
    },
  };
}

const serve = "__session_serve";

type Instance = NonNullable<ReturnType<Vm["modules"]["get"]>>;

/** The types that stand for one declaration: each input makes it anew. */
type KnownTypes = Map<string, Set<StructType | EnumType>>;

/** Values made by earlier inputs get the methods that an `impl` block has added since. */
function shareMethods({ structTypes, enumTypes }: Instance, types: KnownTypes): void {
  for (const type of [...structTypes.values(), ...enumTypes.values()]) {
    const alike = types.get(type.name) ?? new Set();
    for (const earlier of alike) for (const [name, method] of type.methods) earlier.methods.set(name, method);
    types.set(type.name, alike.add(type));
  }
}

/** What is known of the input that runs. */
interface CurrentInput {
  /** Of its module; empty before it is loaded. */
  id: string;
  readonly number: number;
  readonly token: CancelToken;
  /** Resolves when its last item is done, though tasks of it may go on. */
  readonly over: Deferred<void>;
  /** Variables that have got a value. */
  readonly kept: Set<string>;
  /** Its value, if it has one. */
  shown: readonly Value[];
}

function newInput(number: number): CurrentInput {
  return { id: "", number, token: new CancelToken(), over: deferred(), kept: new Set(), shown: [] };
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
}

function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

function compileText(path: string, text: string): ModuleCode {
  const file = createSourceFile(path, text);
  const { module } = parse(file);
  return compileModule({ file, module, id: path, isEntry: true, imports: [], dependencies: [] }).code;
}

function compileLoaded(loaded: LoadedModule, id: string, isEntry: boolean): ModuleCode {
  const imports = [...loaded.imported.values()].flatMap(({ moduleId, name, kind }) =>
    kind === "type" || kind === "interface" || kind === "pipeline" ? [] : [{ module: moduleId, name, kind }],
  );
  const dependencies = loaded.imports.flatMap(({ target }) => (target === undefined ? [] : [target]));
  return compileModule({ file: loaded.file, module: loaded.module, id, isEntry, imports, dependencies }).code;
}
