/** Shells: which there are, which is the default, and how one is told to run a command line. */

import type { Host } from "../../base/index.ts";
import { table } from "../../base/index.ts";
import { Dict, List, type NativeContext, RuntimeError, record, type Value } from "../../vm/index.ts";
import { boolField, decodeLossy, stringField } from "../arguments.ts";
import { runState } from "../builtin.ts";
import { baseName, isAbsolute } from "../paths/path-text.ts";

export interface Shell {
  readonly id: string;
  readonly label: string;
  readonly path: string;
  readonly platform: string;
  readonly available: boolean;
  readonly supportsLogin: boolean;
  readonly supportsInteractive: boolean;
  readonly defaultArgs: readonly string[];
  readonly loginArgs: readonly string[];
  /** How it was found: `configured`, `env`, `etc_shells`, `fallback`, `host`. */
  readonly source: string;
}

const LABELS: Readonly<Record<string, string>> = table({
  pwsh: "PowerShell 7",
  powershell: "Windows PowerShell",
});
const IDS: Readonly<Record<string, string>> = table({ windowspowershell: "powershell", "": "shell" });

const own = (table: Readonly<Record<string, string>>, key: string): string =>
  Object.hasOwn(table, key) ? (table[key] ?? key) : key;

/** The default that the program has chosen. */
interface Choice {
  id: string | undefined;
}

const choiceOf = ({ vm }: Pick<NativeContext, "vm">): Choice => runState(vm, "host.shell", () => ({ id: undefined }));

function shellId(path: string): string {
  return own(
    IDS,
    baseName(path)
      .toLowerCase()
      .replace(/\.exe$/, ""),
  );
}

const isWindowsShell = (id: string): boolean => ["cmd", "pwsh", "powershell"].includes(id);

function defaultArgs(id: string): readonly string[] {
  if (id === "cmd") return ["/C"];
  return isWindowsShell(id) ? ["-NoProfile", "-Command"] : ["-c"];
}

async function isFile(host: Host, path: string): Promise<boolean> {
  if (!isAbsolute(path)) return false;
  const info = await host.perform("fs.stat", { path }).catch(() => undefined);
  return info?.kind === "file" || info?.kind === "other";
}

async function shellAt(host: Host, path: string, source: string): Promise<Shell> {
  const id = shellId(path);
  const { platform } = host.sync("system.info", {});
  return {
    id,
    label: own(LABELS, id),
    path,
    platform: platform === "win32" ? "windows" : platform,
    available: await isFile(host, path),
    supportsLogin: !isWindowsShell(id),
    supportsInteractive: !isWindowsShell(id),
    defaultArgs: defaultArgs(id),
    loginArgs: isWindowsShell(id) ? defaultArgs(id) : ["-l", "-c"],
    source,
  };
}

/** One of a kind, the first that is found: configured, of the user, of the machine, usual ones. */
async function findShells(host: Host): Promise<readonly Shell[]> {
  const env = (name: string): string | undefined => host.sync("env.get", { name });
  const isWindows = host.sync("system.info", {}).platform === "win32";
  const places: (readonly [path: string | undefined, source: string])[] = [
    [env("HARN_DEFAULT_SHELL"), "configured"],
    [env(isWindows ? "COMSPEC" : "SHELL"), "env"],
  ];
  if (isWindows) {
    const root = env("SystemRoot") ?? "C:/Windows";
    places.push(
      [`${env("ProgramFiles") ?? "C:/Program Files"}/PowerShell/7/pwsh.exe`, "fallback"],
      [`${root}/System32/WindowsPowerShell/v1.0/powershell.exe`, "fallback"],
      [`${root}/System32/cmd.exe`, "fallback"],
    );
  } else {
    const listed = await host.perform("fs.read", { path: "/etc/shells" }).catch(() => new Uint8Array(0));
    for (const line of decodeLossy(listed).split("\n")) {
      if (line.trim().startsWith("/")) places.push([line.trim(), "etc_shells"]);
    }
    for (const folder of ["/bin", "/usr/bin"]) {
      for (const name of ["zsh", "bash", "sh"]) places.push([`${folder}/${name}`, "fallback"]);
    }
  }
  const found = new Map<string, Shell>();
  for (const [path, source] of places) {
    if (path === undefined || path === "" || found.has(shellId(path))) continue;
    const shell = await shellAt(host, path, source);
    found.set(shell.id, shell);
  }
  return [...found.values()];
}

interface Catalog {
  readonly shells: readonly Shell[];
  readonly chosen: Shell | undefined;
}

async function shellCatalog(context: NativeContext): Promise<Catalog> {
  const shells = await findShells(context.host);
  const { id } = choiceOf(context);
  const chosen =
    shells.find((shell) => shell.id === id && shell.available) ?? shells.find((shell) => shell.available) ?? shells[0];
  return { shells, chosen };
}

export async function listShells(context: NativeContext): Promise<Value> {
  const { shells, chosen } = await shellCatalog(context);
  return record({ shells: new List(shells.map(shellValue)), default_shell_id: chosen?.id });
}

export async function getDefaultShell(context: NativeContext): Promise<Value> {
  const { chosen } = await shellCatalog(context);
  return chosen === undefined ? undefined : shellValue(chosen);
}

export async function setDefaultShell(context: NativeContext, params: Dict): Promise<Value> {
  const id = stringField(params, "shell_id") ?? stringField(params, "id");
  if (id === undefined) throw new RuntimeError("runtime", "process.set_default_shell missing shell_id");
  const { shells } = await shellCatalog(context);
  const shell = shells.find((each) => each.id === id && each.available);
  if (shell === undefined) {
    throw new RuntimeError("runtime", `process.set_default_shell: unknown or unavailable shell id "${id}"`);
  }
  choiceOf(context).id = id;
  return shellValue(shell);
}

export interface Invocation {
  readonly program: string;
  readonly args: readonly string[];
  readonly shell: Shell;
}

/** @param caller stands at the start of messages */
export async function shellInvocation(
  context: NativeContext,
  params: Dict,
  command: string,
  caller: string,
): Promise<Invocation> {
  const shell = await requestedShell(context, params, caller);
  const isLogin = boolField(params, "login") === true && shell.supportsLogin;
  const args = [...(isLogin ? shell.loginArgs : shell.defaultArgs)];
  if (boolField(params, "interactive") === true && shell.supportsInteractive && !args.includes("-i")) {
    args.unshift("-i");
  }
  return { program: shell.path, args: [...args, command], shell };
}

export function invocationValue({ program, args, shell }: Invocation): Value {
  return record({
    program,
    args: new List([...args]),
    command_arg_index: args.length - 1,
    shell: shellValue(shell),
  });
}

async function requestedShell(context: NativeContext, params: Dict, caller: string): Promise<Shell> {
  const fail = (problem: string): RuntimeError => new RuntimeError("runtime", `${caller}: ${problem}`);
  const given = params.map.get("shell");
  const path = stringField(given, "path");
  if (given instanceof Dict && path !== undefined) return describedShell(context.host, given, path);
  const id = given instanceof Dict ? stringField(given, "id") : stringField(params, "shell_id");
  if (id === undefined) {
    throw fail(
      given instanceof Dict ? "shell object requires `path` or `id`" : "shell mode requires `shell` or `shell_id`",
    );
  }
  const { shells } = await shellCatalog(context);
  const shell = shells.find((each) => each.id === id);
  if (shell === undefined) throw fail(`unknown shell id "${id}"`);
  return shell;
}

/** A shell that the program describes itself. */
async function describedShell(host: Host, given: Dict, path: string): Promise<Shell> {
  const texts = (name: string): readonly string[] | undefined => {
    const value = given.map.get(name);
    if (!(value instanceof List)) return undefined;
    const found = value.items.filter((item) => typeof item === "string");
    return found.length === value.items.length ? found : undefined;
  };
  const known = await shellAt(host, path, stringField(given, "source") ?? "host");
  const id = stringField(given, "id") ?? known.id;
  return {
    ...known,
    id,
    label: stringField(given, "label") ?? own(LABELS, id),
    supportsLogin: boolField(given, "supports_login") ?? !isWindowsShell(id),
    supportsInteractive: boolField(given, "supports_interactive") ?? !isWindowsShell(id),
    defaultArgs: texts("default_args") ?? defaultArgs(id),
    loginArgs: texts("login_args") ?? (isWindowsShell(id) ? defaultArgs(id) : ["-l", "-c"]),
  };
}

function shellValue(shell: Shell): Value {
  return record({
    id: shell.id,
    label: shell.label,
    path: shell.path,
    platform: shell.platform,
    available: shell.available,
    supports_login: shell.supportsLogin,
    supports_interactive: shell.supportsInteractive,
    default_args: new List([...shell.defaultArgs]),
    login_args: new List([...shell.loginArgs]),
    source: shell.source,
  });
}
