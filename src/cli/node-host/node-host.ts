/** The real world as a `Host`: Node's clock, files, processes, HTTP and console. */

import { homedir, hostname, tmpdir, userInfo } from "node:os";
import {
  type CancelSignal,
  type Host,
  hostFromHandlers,
  type Json,
  type LogLevel,
  type StreamHandlers,
} from "../../base/index.ts";
import { createRandomBytes, deferredStream, sleep } from "../../web/index.ts";
import { createModelTraffic } from "../model-traffic.ts";
import { ownPart } from "../own-files.ts";
import type { Environment } from "./connections.ts";
import { createFileHandlers } from "./files.ts";
import type { HttpHandlers, HttpLimits } from "./http.ts";
import type { ProcessHandlers } from "./processes.ts";
import { createTerminal, type TerminalOptions } from "./terminal.ts";

export interface NodeHostOptions {
  /** Answers model calls; it gets this host for its traffic. Default: the providers, loaded when first called. */
  readonly modelStream?: (input: Json, signal: CancelSignal | undefined, host: Host) => AsyncIterable<Json>;
  /** Default `process.cwd()`. */
  readonly cwd?: string;
  /** Default `process.env`, read anew at each use. */
  readonly environment?: Environment;
  /** Where credentials are looked up that the environment does not have. */
  readonly secrets?: (name: string) => string | undefined;
  /** The least level that reaches stderr. Default `warn`. */
  readonly logLevel?: LogLevel;
  readonly http?: HttpLimits;
  /** Default the streams of this process. */
  readonly terminal?: Partial<TerminalOptions>;
}

export interface NodeHost extends Host {
  /** Resolves when everything written to the console has left the process. */
  flush(): Promise<void>;
  /** Kills child processes that still run, at once. Safe in an exit handler. */
  killProcesses(): void;
  /** Closes idle connections and lets go of the console; kills what still runs. */
  close(): void;
}

const logLevels: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/**
 * The real world: this process, its files, its network, and the model providers whose keys are in the environment. `flush`
 * before the process exits; `close` when it should exit although connections are kept open.
 */
export function createNodeHost(options: NodeHostOptions = {}): NodeHost {
  const cwd = options.cwd ?? process.cwd();
  const randomBytes = createRandomBytes();
  const environment = (): Environment => options.environment ?? process.env;
  const { terminal: given = {} } = options;
  const terminal = createTerminal({
    get stdin() {
      return given.stdin ?? process.stdin;
    },
    get stdout() {
      return given.stdout ?? process.stdout;
    },
    get stderr() {
      return given.stderr ?? process.stderr;
    },
    ...(given.onClosed === undefined ? {} : { onClosed: given.onClosed }),
    ...(given.onFailed === undefined ? {} : { onFailed: given.onFailed }),
  });
  const http = once(async (): Promise<HttpHandlers & { readonly close: () => void }> => {
    const [{ createConnections }, { createHttpHandlers }] = await Promise.all([
      ownPart(import("./connections.ts")),
      ownPart(import("./http.ts")),
    ]);
    const connections = createConnections(environment);
    return { ...createHttpHandlers(connections, { cwd, ...options.http }), close: connections.close };
  });
  const processes = once(async (): Promise<ProcessHandlers> => {
    const { createProcessHandlers } = await ownPart(import("./processes.ts"));
    return createProcessHandlers(cwd, environment);
  });
  const compression = once(async () => (await ownPart(import("./compression.ts"))).compressionHandlers);
  const signatures = once(async () => (await ownPart(import("./signatures.ts"))).cryptoHandlers);
  const minLevel = logLevels.indexOf(options.logLevel ?? "warn");
  const readEnvironment = (name: string): string | undefined => {
    const values = environment();
    return Object.hasOwn(values, name) ? values[name] : undefined;
  };

  const answerModel = options.modelStream ?? createModelTraffic();
  const modelStream: StreamHandlers["model.stream"] = (input, signal) => answerModel(input, signal, host);

  const host: Host = hostFromHandlers({
    sync: {
      "clock.now": () => Date.now(),
      "clock.monotonic": () => performance.now(),
      "random.float": () => Math.random(),
      "random.bytes": ({ length }) => randomBytes(length),
      "id.next": ({ prefix }) => `${prefix}_${crypto.randomUUID().replaceAll("-", "")}`,
      "console.write": ({ stream, text }) => {
        terminal.write(stream, text);
        return undefined;
      },
      "console.isTty": ({ stream }) => terminal.isTty(stream),
      "env.get": ({ name }) => readEnvironment(name),
      "env.list": () => {
        const set = Object.entries(environment()).filter((entry): entry is [string, string] => entry[1] !== undefined);
        return Object.fromEntries(set);
      },
      "secret.get": ({ name }) => readEnvironment(name) ?? options.secrets?.(name),
      "system.info": () => ({
        platform: process.platform,
        arch: process.arch,
        pid: process.pid,
        cwd,
        home: homedir(),
        tempDir: tmpdir(),
        hostname: hostname(),
        username: userName(environment()),
      }),
      "log.write": ({ level, message, fields }) => {
        if (logLevels.indexOf(level) < minLevel) return undefined;
        const details = fields === undefined ? "" : ` ${JSON.stringify(fields)}`;
        terminal.write("stderr", `${level}: ${message}${details}\n`);
        return undefined;
      },
    },
    async: {
      sleep: ({ ms }, signal) => sleep(ms, signal),
      "console.readLine": ({ prompt }, signal) => {
        if (prompt !== undefined) terminal.write("stdout", prompt);
        return terminal.readLine(signal);
      },
      "console.readAll": (_, signal) => terminal.readAll(signal),
      ...createFileHandlers(cwd),
      "process.run": async (args, signal) => (await processes.load()).run(args, signal),
      "http.request": async (request, signal) => (await http.load()).request(request, signal),
      "bytes.compress": async (args) => (await compression.load())["bytes.compress"](args),
      "bytes.decompress": async (args) => (await compression.load())["bytes.decompress"](args),
      "crypto.publicKey": async (args) => (await signatures.load())["crypto.publicKey"](args),
      "crypto.sign": async (args) => (await signatures.load())["crypto.sign"](args),
      "crypto.verify": async (args) => (await signatures.load())["crypto.verify"](args),
      "crypto.agree": async (args) => (await signatures.load())["crypto.agree"](args),
    },
    stream: {
      "http.stream": (request, signal) =>
        http.loaded()?.stream(request, signal) ??
        deferredStream(async () => (await http.load()).stream(request, signal)),
      "model.stream": modelStream,
    },
  });
  return {
    ...host,
    flush: () => terminal.flush(),
    killProcesses: () => processes.loaded()?.killAll(),
    close() {
      processes.loaded()?.killAll();
      http.loaded()?.close();
      terminal.close();
    },
  };
}

/** Loads on first use: a program that neither starts processes nor talks to servers does not wait for their modules. */
function once<T>(make: () => Promise<T>): { readonly load: () => Promise<T>; readonly loaded: () => T | undefined } {
  let loading: Promise<T> | undefined;
  let value: T | undefined;
  return {
    load() {
      loading ??= make().then((made) => {
        value = made;
        return made;
      });
      return loading;
    },
    loaded: () => value,
  };
}

/** Some containers run as a user that the password file does not know. */
function userName(environment: Environment): string {
  try {
    return userInfo().username;
  } catch {
    return environment["USER"] ?? environment["USERNAME"] ?? "unknown";
  }
}
