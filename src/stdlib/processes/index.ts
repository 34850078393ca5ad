/** Other programs, the environment, and the facts and folders of the run. */

import { type AsyncEffects, HostError, type ProcessResult, table } from "../../base/index.ts";
import { type AsyncContext, type Dict, List, record, share, type Value } from "../../vm/index.ts";
import { decodeLossy, textArgument, thrown } from "../arguments.ts";
import { type Builtin, effect, pure } from "../builtin.ts";
import { guardedCommand } from "../commands/command-scope.ts";
import { isoText } from "../dates/civil.ts";
import { systemWordsOf } from "../host-failures.ts";
import { joinPath } from "../paths/path-text.ts";
import {
  executionRoot,
  findProjectRoot,
  projectFolder,
  resolveFromRoot,
  runFolder,
  sourceFolder,
} from "../paths/places.ts";
import { clockOf } from "../time/run-clock.ts";

/** Bytes kept of each output; a process that writes more is told of by `truncated`. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

type Launch = Omit<AsyncEffects["process.run"]["args"], "maxOutputBytes">;

async function run(builtin: string, launch: Launch, context: AsyncContext): Promise<Value> {
  const guarded = await guardedCommand(commandOf(launch), builtin, context);
  if (guarded === undefined) return start(builtin, launch, context);
  if (guarded.kind === "blocked") throw thrown(`${builtin} failed: ${guarded.message}`);
  return guarded.finish(await start(builtin, relaunched(builtin, launch, guarded.params), context));
}

/** A launch as command policies see it. */
function commandOf({ command, args = [], cwd, timeoutMs }: Launch): Dict {
  return record({
    mode: "argv",
    argv: new List([command, ...args]),
    ...(cwd === undefined ? {} : { cwd }),
    ...(timeoutMs === undefined ? {} : { timeout_ms: timeoutMs }),
  });
}

/** With what a policy has rewritten: arguments and folder; the rest is for `process.exec` only. */
function relaunched(builtin: string, launch: Launch, params: Dict): Launch {
  const argv = params.map.get("argv");
  const words = argv instanceof List ? argv.items.filter((item) => typeof item === "string") : [];
  const [command, ...args] = words;
  const other = [...params.map.keys()].find((key) => !["mode", "argv", "cwd", "timeout_ms"].includes(key));
  if (command === undefined || other !== undefined || params.map.get("mode") !== "argv") {
    throw thrown(
      `${builtin} failed: a command policy may rewrite \`argv\` and \`cwd\` here, not \`${other ?? "mode"}\``,
    );
  }
  const cwd = params.map.get("cwd");
  return { ...launch, command, args, ...(typeof cwd === "string" ? { cwd } : {}) };
}

async function start(builtin: string, launch: Launch, { host, signal }: AsyncContext): Promise<Dict> {
  try {
    return resultOf(await host.perform("process.run", { ...launch, maxOutputBytes: MAX_OUTPUT_BYTES }, signal));
  } catch (error) {
    if (error instanceof HostError) throw thrown(`${builtin} failed: process spawn failed: ${systemWordsOf(error)}`);
    throw error;
  }
}

/** A process ended by a signal has the status -1. */
function resultOf(result: ProcessResult): Dict {
  return record({
    stdout: decodeLossy(result.stdout),
    stderr: decodeLossy(result.stderr),
    status: result.exitCode ?? -1,
    success: result.exitCode === 0,
    ...(result.truncated === true ? { truncated: true } : {}),
  });
}

const textsFrom = (args: readonly Value[], start: number): string[] =>
  args.slice(start).map((_, at) => textArgument(args, start + at));

/** Node's names of platforms and processors → those of the language. */
const platformNames: Readonly<Record<string, string>> = table({ win32: "windows" });
const processorNames: Readonly<Record<string, string>> = table({
  x64: "x86_64",
  ia32: "x86",
  arm64: "aarch64",
  ppc64: "powerpc64",
});

const renamed = (names: Readonly<Record<string, string>>, name: string): string =>
  Object.hasOwn(names, name) ? (names[name] ?? name) : name;

export const processBuiltins: readonly Builtin[] = [
  effect(
    {
      signature: "exec(command: string, ...args: string) -> dict",
      summary: "Run a program and wait: `{stdout, stderr, status, success}`",
      effects: ["process"],
      errors: "Throws when it cannot be started; a status other than 0 is no error",
      example: 'println(exec("echo", "hi").stdout)',
    },
    async (args, context) => {
      if (args.length === 0) throw thrown("exec: command is required");
      return run("exec", { command: textArgument(args, 0), args: textsFrom(args, 1) }, context);
    },
  ),
  effect(
    {
      signature: "exec_at(folder: string, command: string, ...args: string) -> dict",
      summary: "Run a program in a folder and wait: `{stdout, stderr, status, success}`",
      effects: ["process"],
      errors: "Throws when it cannot be started",
      example: 'println(exec_at(".", "pwd").success)',
    },
    async (args, context) => {
      if (args.length < 2) throw thrown("exec_at: directory and command are required");
      const cwd = resolveFromRoot(context.host, textArgument(args, 0));
      return run("exec", { command: textArgument(args, 1), args: textsFrom(args, 2), cwd }, context);
    },
  ),
  effect(
    {
      signature: "shell(command: string) -> dict",
      summary: "Run a command line through the platform's shell: `{stdout, stderr, status, success}`",
      effects: ["process"],
      errors: "Throws when there is no command or no shell",
      example: 'println(shell("echo hi").stdout)',
    },
    async (args, context) => {
      const command = textArgument(args, 0);
      if (command === "") throw thrown("shell: command string is required");
      return run("shell", { command, args: [], shell: true }, context);
    },
  ),
  effect(
    {
      signature: "shell_at(folder: string, command: string) -> dict",
      summary: "Run a command line in a folder through the platform's shell",
      effects: ["process"],
      errors: "Throws when there is no command or no shell",
      example: 'println(shell_at(".", "pwd").success)',
    },
    async (args, context) => {
      if (args.length < 2) throw thrown("shell_at: directory and command string are required");
      const command = textArgument(args, 1);
      if (command === "") throw thrown("shell_at: command string is required");
      const cwd = resolveFromRoot(context.host, textArgument(args, 0));
      return run("shell", { command, args: [], shell: true, cwd }, context);
    },
  ),
  pure(
    {
      signature: "env(name: string) -> string | nil",
      summary: "Read a variable of the environment",
      effects: ["env"],
      example: 'println(env("NO_SUCH_VARIABLE"))',
    },
    (args, { host }) => host.sync("env.get", { name: textArgument(args, 0) }),
  ),
  pure(
    {
      signature: "env_or(name: string, fallback: any) -> any",
      summary: "Read a variable of the environment, or give something else",
      effects: ["env"],
      example: 'println(env_or("NO_SUCH_VARIABLE", 80))',
    },
    (args, { host }) => host.sync("env.get", { name: textArgument(args, 0) }) ?? share(args[1]),
  ),
  pure(
    {
      signature: "platform() -> string",
      summary: "Name the operating system: `linux`, `darwin`, `windows`",
      effects: ["env"],
      example: "println(len(platform()) > 0)",
    },
    (_args, { host }) => renamed(platformNames, host.sync("system.info", {}).platform),
  ),
  pure(
    {
      signature: "arch() -> string",
      summary: "Name the processor: `x86_64`, `aarch64` …",
      effects: ["env"],
      example: "println(len(arch()) > 0)",
    },
    (_args, { host }) => renamed(processorNames, host.sync("system.info", {}).arch),
  ),
  pure(
    {
      signature: "pid() -> int",
      summary: "Give the number of this process",
      effects: ["env"],
      example: "println(pid() > 0)",
    },
    (_args, { host }) => host.sync("system.info", {}).pid,
  ),
  pure(
    {
      signature: "username() -> string",
      summary: "Name the user who runs the program",
      effects: ["env"],
      example: "println(len(username()) > 0)",
    },
    (_args, { host }) => host.sync("system.info", {}).username,
  ),
  pure(
    {
      signature: "hostname() -> string",
      summary: "Name the machine",
      effects: ["env"],
      example: "println(len(hostname()) > 0)",
    },
    (_args, { host }) => host.sync("system.info", {}).hostname,
  ),
  pure(
    {
      signature: "home_dir() -> string",
      summary: "Give the user's home folder",
      effects: ["env"],
      example: "println(len(home_dir()) > 0)",
    },
    (_args, { host }) => host.sync("system.info", {}).home,
  ),
  pure(
    {
      signature: "date_iso() -> string",
      summary: "Give the time now as ISO 8601, in UTC with milliseconds",
      effects: ["clock"],
      example: 'println(contains(date_iso(), "T"))',
    },
    (_args, context) => isoText(clockOf(context).wallMs()),
  ),
  pure(
    {
      signature: "cwd() -> string",
      summary: "Give the working folder",
      effects: ["env"],
      example: "println(cwd() == execution_root())",
    },
    (_args, { host }) => executionRoot(host),
  ),
  pure(
    {
      signature: "execution_root() -> string",
      summary: "Give the folder that relative paths of files and processes count from",
      effects: ["env"],
      example: "println(execution_root() == cwd())",
    },
    (_args, { host }) => executionRoot(host),
  ),
  pure(
    {
      signature: "asset_root() -> string",
      summary: "Give the folder that templates and prompts are looked for in",
      effects: ["env"],
      example: "println(asset_root() == source_dir())",
    },
    (_args, context) => sourceFolder(context),
  ),
  pure(
    {
      signature: "source_dir() -> string",
      summary: "Give the folder of the file that contains the call",
      effects: ["env"],
      example: "println(len(source_dir()) > 0)",
    },
    (_args, context) => sourceFolder(context),
  ),
  effect(
    {
      signature: "project_root() -> string | nil",
      summary: "Find the nearest folder upwards that has a harn.toml",
      effects: ["fs"],
      example: "println(project_root() == nil)",
    },
    (_args, { host }) => findProjectRoot(host, executionRoot(host)),
  ),
  effect(
    {
      signature: "runtime_paths() -> dict",
      summary: "Give the folders of the run: `{execution_root, asset_root, state_root, run_root, worktree_root}`",
      effects: ["fs", "env"],
      example: "println(runtime_paths().execution_root == cwd())",
    },
    async (_args, context) => {
      const { host } = context;
      const source = sourceFolder(context);
      const root = executionRoot(host);
      const base = await projectFolder(host, source);
      const folder = (variable: string, otherwise: string): string => runFolder(host, base, variable, otherwise);
      const state = folder("HARN_STATE_DIR", ".harn");
      return record({
        execution_root: root,
        asset_root: source,
        state_root: state,
        run_root: folder("HARN_RUN_DIR", ".harn-runs"),
        worktree_root: folder("HARN_WORKTREE_DIR", joinPath([state, "worktrees"])),
      });
    },
  ),
];
