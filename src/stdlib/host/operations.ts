/** What every host can do for a program, by capability and operation. */

import { type AsyncEffects, HostError, table } from "../../base/index.ts";
import {
  type AsyncContext,
  Dict,
  display,
  List,
  type NativeContext,
  RuntimeError,
  record,
  type Value,
} from "../../vm/index.ts";
import { decodeLossy, field, intField, stringField, thrown } from "../arguments.ts";
import { guardedCommand } from "../commands/command-scope.ts";
import { isoText } from "../dates/civil.ts";
import { systemWordsOf } from "../host-failures.ts";
import { executionRoot } from "../paths/places.ts";
import { renderFile } from "../templates/index.ts";
import { clockOf } from "../time/run-clock.ts";
import { hostBridge, preparedOperations } from "./host-state.ts";
import { getDefaultShell, invocationValue, listShells, setDefaultShell, shellInvocation } from "./shells.ts";

interface Capability {
  readonly description: string;
  readonly operations: Readonly<Record<string, string>>;
}

const CAPABILITIES: Readonly<Record<string, Capability>> = table({
  process: {
    description: "Running processes",
    operations: {
      exec: "Run a process, given as a list of arguments or as a command line for a shell",
      list_shells: "List the shells that were found",
      get_default_shell: "Give the shell that command lines go to",
      set_default_shell: "Choose the shell that command lines go to",
      shell_invocation: "Tell how a shell is started for a command line",
    },
  },
  template: { description: "Filling in templates", operations: { render: "Fill in a template file" } },
  interaction: { description: "Talking to the user", operations: { ask: "Ask the user a question" } },
});

/** Everything that can be called: what every host can do, what the embedder offers, what a test has prepared. */
export function capabilityManifest(context: NativeContext): Dict {
  const all = new Map<string, { readonly description: string; readonly operations: Map<string, string> }>();
  const add = (capability: string, description: string, operation: string, line: string): void => {
    const known = all.get(capability) ?? { description, operations: new Map<string, string>() };
    if (!known.operations.has(operation)) known.operations.set(operation, line);
    all.set(capability, known);
  };
  for (const [name, { description, operations }] of Object.entries(CAPABILITIES)) {
    for (const [operation, line] of Object.entries(operations)) add(name, description, operation, line);
  }
  for (const [name, operations] of Object.entries(hostBridge(context)?.capabilities ?? {})) {
    for (const [operation, line] of Object.entries(operations)) add(name, "Offered by the host", operation, line);
  }
  for (const [name, operation] of preparedOperations(context)) {
    add(name, "Prepared for a test", operation, "Answer prepared for a test");
  }
  return new Dict(
    new Map(
      [...all].map(([name, { description, operations }]) => [
        name,
        record({
          description,
          ops: new List([...operations.keys()]),
          operations: new Dict(new Map([...operations].map(([key, line]) => [key, record({ description: line })]))),
        }),
      ]),
    ),
  );
}

type Operation = (params: Dict, context: AsyncContext) => Value | Promise<Value>;

const OPERATIONS: Readonly<Record<string, Operation>> = table({
  "process.exec": execProcess,
  "process.list_shells": (_params, context) => listShells(context),
  "process.get_default_shell": (_params, context) => getDefaultShell(context),
  "process.set_default_shell": (params, context) => setDefaultShell(context, params),
  "process.shell_invocation": async (params, context) => {
    const command = stringField(params, "command") ?? "{command}";
    return invocationValue(await shellInvocation(context, params, command, "process.shell_invocation"));
  },
  "template.render": (params, context) => renderFile(requiredParam(params, "path"), field(params, "bindings"), context),
  "interaction.ask": (params, context) => ask(requiredParam(params, "question"), context),
  "runtime.task": (_params, { host }) => host.sync("env.get", { name: "HARN_TASK" }) ?? "",
  "runtime.set_result": () => undefined,
  "workspace.project_root": (_params, { host }) =>
    host.sync("env.get", { name: "HARN_PROJECT_ROOT" }) ?? executionRoot(host),
  "workspace.cwd": (_params, { host }) => executionRoot(host),
});

/** Undefined when no host can do it. */
export function commonOperation(capability: string, operation: string): Operation | undefined {
  const name = `${capability}.${operation}`;
  return Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined;
}

function requiredParam(params: Dict, name: string): string {
  const value = params.map.has(name) ? display(params.map.get(name)) : "";
  if (value === "") throw thrown(`host_call: missing required parameter '${name}'`);
  return value;
}

/** As `prompt_user` does it, with its replaced input. */
function ask(question: string, context: AsyncContext): Promise<Value> {
  const native = context.vm.natives.get("prompt_user");
  if (native === undefined) throw thrown("host_call: unsupported operation interaction.ask");
  return context.call(context.vm.nativeRef(native), [question]);
}

// ---- processes -------------------------------------------------------------------------------------------------------

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

const execError = (problem: string): RuntimeError => new RuntimeError("runtime", `host_call process.exec${problem}`);

/** AGENT-21: policies around the caller see the command first, and its result after. */
async function execProcess(params: Dict, context: AsyncContext): Promise<Value> {
  const guarded = await guardedCommand(params, "host_call", context);
  if (guarded === undefined) return runProcess(params, context);
  if (guarded.kind === "blocked") return guarded.result;
  return guarded.finish(await runProcess(guarded.params, context));
}

async function runProcess(params: Dict, context: AsyncContext): Promise<Dict> {
  const { host, signal } = context;
  const [command, ...args] = await execArguments(params, context);
  const environment = execEnvironment(params);
  const cwd = stringField(params, "cwd");
  const timeoutMs = intField(params, "timeout") ?? intField(params, "timeout_ms") ?? 0;
  const launch: AsyncEffects["process.run"]["args"] = {
    command: command ?? "",
    args,
    maxOutputBytes: MAX_OUTPUT_BYTES,
    ...(cwd === undefined ? {} : { cwd }),
    ...(environment === undefined ? {} : environment),
    ...(timeoutMs > 0 ? { timeoutMs } : {}),
  };
  const clock = clockOf(context);
  const startedMs = clock.wallMs();
  const started = clock.monotonicMs();
  const result = await host.perform("process.run", launch, signal).catch((error: unknown) => {
    if (error instanceof HostError) throw execError(`: ${systemWordsOf(error)}`);
    throw error;
  });
  const stdout = decodeLossy(result.stdout);
  const stderr = decodeLossy(result.stderr);
  const exitCode = result.exitCode ?? -1;
  return record({
    command_id: host.sync("id.next", { prefix: "cmd" }),
    status: result.timedOut ? "timed_out" : "completed",
    pid: result.pid,
    process_group_id: result.pid,
    handle_id: undefined,
    started_at: isoText(startedMs),
    ended_at: isoText(clock.wallMs()),
    duration_ms: clock.monotonicMs() - started,
    exit_code: exitCode,
    signal: result.signal ?? undefined,
    timed_out: result.timedOut,
    stdout,
    stderr,
    combined: stdout + stderr,
    exit_status: exitCode,
    legacy_status: exitCode,
    success: exitCode === 0,
    ...(result.truncated === true ? { truncated: true } : {}),
  });
}

async function execArguments(params: Dict, context: AsyncContext): Promise<readonly string[]> {
  const mode = stringField(params, "mode") ?? "shell";
  if (mode === "shell") {
    const command = requiredParam(params, "command");
    const { program, args } = await shellInvocation(context, params, command, "host_call process.exec");
    return [program, ...args];
  }
  if (mode !== "argv") throw execError(` unsupported mode "${mode}"`);
  const argv = field(params, "argv");
  const texts = argv instanceof List ? argv.items.filter((item) => typeof item === "string") : [];
  if (!(argv instanceof List) || texts.length < argv.items.length) throw execError(" missing argv");
  if (texts.length === 0) throw execError(" argv must not be empty");
  if (texts[0] === "") throw execError(" argv[0] must not be empty");
  return texts;
}

/** The given variables are all there are, unless `env_mode` says otherwise. */
function execEnvironment(
  params: Dict,
): { readonly env: Record<string, string>; readonly replaceEnv: boolean } | undefined {
  const given = field(params, "env");
  if (given === undefined) return undefined;
  if (!(given instanceof Dict)) throw execError(" env must be a dict");
  const env: Record<string, string> = {};
  for (const [name, value] of given.map) {
    if (typeof value !== "string") throw execError(` env value for "${name}" must be a string`);
    env[name] = value;
  }
  return { env, replaceEnv: (stringField(params, "env_mode") ?? "replace") === "replace" };
}
