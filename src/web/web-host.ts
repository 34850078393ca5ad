/** The web platform as a `Host`: its clock, `fetch`, web crypto and console. No files and no processes. */

import {
  type CancelSignal,
  type Host,
  HostError,
  hostFromHandlers,
  type Json,
  type LogLevel,
  type StreamHandlers,
} from "../base/index.ts";
import { compressionHandlers } from "./compression.ts";
import { createConsoleLines } from "./console-lines.ts";
import { deferredStream } from "./deferred-stream.ts";
import { createHttpHandlers, type Fetch } from "./fetch-http.ts";
import { type FileHandlers, noFiles } from "./no-files.ts";
import { createRandomBytes } from "./random-bytes.ts";
import { cryptoHandlers } from "./signatures.ts";
import { sleep } from "./timers.ts";

export type { FileHandlers };

export interface WebHostOptions {
  /**
   * What programs and providers find in the environment, such as `ANTHROPIC_BASE_URL`; read anew at each use. Default:
   * nothing. Whoever uses a page can read what it knows: keys belong on a server of yours that adds them.
   */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Where credentials are looked up that the environment does not have. */
  readonly secrets?: (name: string) => string | undefined;
  /**
   * Default: the platform's `fetch`. One in its place adds headers, cookies, a detour:
   * `(request) => fetch(request, { credentials: "include" })`.
   */
  readonly fetch?: Fetch;
  /** Answers model calls; it gets this host for its traffic. Default: the providers. */
  readonly modelStream?: (input: Json, signal: CancelSignal | undefined, host: Host) => AsyncIterable<Json>;
  /** Gets what programs print, as it comes. Default: the web console, by whole lines. */
  readonly write?: (stream: "stdout" | "stderr", text: string) => void;
  /** Default: nothing is found, and nothing can be written. */
  readonly files?: FileHandlers;
  /** The least level that reaches the output. Default `warn`. */
  readonly logLevel?: LogLevel;
  /** Bytes that `http.request` takes of a body; more is an error. Default 256 MiB. */
  readonly maxBodyBytes?: number;
}

export interface WebHost extends Host {
  /** Writes the last line to the web console, if it has no end. */
  flush(): void;
}

const logLevels: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/**
 * The web platform as a host, for pages, workers and servers with `fetch`. Standard input is empty, processes fail with
 * kind `unsupported`; so does, of HTTP, what only Node can do.
 *
 *     const host = createWebHost({ environment: { OPENAI_BASE_URL: "https://example.com/models/v1" } });
 */
export function createWebHost(options: WebHostOptions = {}): WebHost {
  const { environment = {}, files = noFiles } = options;
  const randomBytes = createRandomBytes();
  const lines = createConsoleLines();
  const write = options.write ?? lines.write;
  const minLevel = logLevels.indexOf(options.logLevel ?? "warn");
  // Called as it is, without a receiver: browsers refuse it as a method of something else.
  const http = createHttpHandlers(options.fetch ?? ((request) => fetch(request)), options.maxBodyBytes ?? 2 ** 28);
  const readEnvironment = (name: string): string | undefined =>
    Object.hasOwn(environment, name) ? environment[name] : undefined;

  // For one host, with its rate limits; loaded with the first call, so that who calls no models does not get them.
  let providers: Promise<StreamHandlers["model.stream"]> | undefined;
  const callProviders = (input: Json, signal: CancelSignal | undefined): AsyncIterable<Json> =>
    deferredStream(async () => {
      providers ??= import("../llm/index.ts").then(
        ({ createModelRouter, serveModelStream }) => {
          const router = createModelRouter(host);
          return (asked, stop) => serveModelStream(router, asked, stop);
        },
        (error: unknown) => {
          // A page that was offline for a moment asks again with its next call.
          providers = undefined;
          throw error;
        },
      );
      return (await providers)(input, signal);
    });
  const { modelStream = callProviders } = options;

  const host: Host = hostFromHandlers({
    sync: {
      "clock.now": () => Date.now(),
      "clock.monotonic": () => performance.now(),
      "random.float": () => Math.random(),
      "random.bytes": ({ length }) => randomBytes(length),
      // Not `randomUUID`, which a page has only over HTTPS.
      "id.next": ({ prefix }) => `${prefix}_${hexOf(randomBytes(16))}`,
      "console.write": ({ stream, text }) => {
        write(stream, text);
        return undefined;
      },
      "console.isTty": () => false,
      "env.get": ({ name }) => readEnvironment(name),
      "env.list": () => {
        const set = Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined);
        return Object.fromEntries(set);
      },
      "secret.get": ({ name }) => readEnvironment(name) ?? options.secrets?.(name),
      "system.info": () => ({
        platform: "web",
        arch: "unknown",
        pid: 0,
        cwd: "/",
        home: "/",
        tempDir: "/tmp",
        hostname: typeof location === "undefined" ? "" : location.hostname,
        username: "",
      }),
      "log.write": ({ level, message, fields }) => {
        if (logLevels.indexOf(level) < minLevel) return undefined;
        const details = fields === undefined ? "" : ` ${JSON.stringify(fields)}`;
        write("stderr", `${level}: ${message}${details}\n`);
        return undefined;
      },
    },
    async: {
      sleep: ({ ms }, signal) => sleep(ms, signal),
      "console.readLine": async ({ prompt }) => {
        if (prompt !== undefined) write("stdout", prompt);
        return undefined;
      },
      "console.readAll": async () => "",
      ...files,
      "process.run": async () => {
        throw new HostError("unsupported", "process.run", "A page starts no processes");
      },
      "http.request": http.request,
      ...compressionHandlers,
      ...cryptoHandlers,
    },
    stream: {
      "http.stream": http.stream,
      "model.stream": (input, signal) => modelStream(input, signal, host),
    },
  });
  return { ...host, flush: lines.flush };
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
