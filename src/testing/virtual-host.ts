/**
 * A `Host` without a world: time moves when told, randomness and ids follow from a seed, files live in memory, HTTP,
 * processes and models follow scripts, the console is captured. A test on it is quick, offline and the same every time.
 *
 * *Idle* means: every promise that could go on has gone on, and only sleepers are left. `drive` moves the clock from
 * one idle moment to the next until a promise settles; `advance` moves it by a fixed time.
 */

import {
  type AsyncEffects,
  type AsyncHandlers,
  createVirtualClock,
  createVirtualRandom,
  HarnError,
  type Host,
  HostError,
  type HostErrorKind,
  type HttpRequest,
  type HttpResponse,
  type HttpStreamItem,
  hostFromHandlers,
  type Json,
  type LogLevel,
  type ProcessResult,
  type VirtualClock,
} from "../base/index.ts";
import { createFakeModel, type FakeModel, type FakeScript, type ModelInput, serveModelStream } from "../llm/index.ts";
import { playScript, type ScriptStep } from "./scripted-streams.ts";
import { createVirtualFiles, type VirtualFiles } from "./virtual-files.ts";

/** What a scripted server answers: a head, then a body of steps. */
export interface ScriptedHttp {
  /** Default 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds before the head arrives. */
  readonly headAfterMs?: number;
  /** The connection fails before the head. */
  readonly fail?: HostErrorKind;
  readonly body?: string | Uint8Array | readonly ScriptStep<string | Uint8Array>[];
}

type CryptoEffect = Extract<keyof AsyncHandlers, `crypto.${string}`>;
export type CompressionHandlers = Pick<AsyncHandlers, "bytes.compress" | "bytes.decompress">;
export type CryptoHandlers = Pick<AsyncHandlers, CryptoEffect>;

export type HttpScript = (request: HttpRequest) => ScriptedHttp;
/** What a model answers to its n-th call (from zero). */
export type ModelScript = (input: Json, call: number) => Iterable<ScriptStep<Json>>;
export type ProcessScript = (args: AsyncEffects["process.run"]["args"]) => Partial<ProcessResult> & {
  /** Milliseconds that the process runs. */
  readonly runsMs?: number;
  readonly fail?: HostErrorKind;
};

export interface VirtualHostOptions {
  /** Wall clock at the start, milliseconds since the epoch. Default 2026-01-01T00:00:00Z. */
  readonly startMs?: number;
  /** Default 1. */
  readonly seed?: number;
  /** Default `/home/harn`. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** What can be read from standard input. */
  readonly stdin?: string;
  readonly isTty?: boolean;
  readonly http?: HttpScript;
  /** A script of turns, strict (`fakeScript`), or a function that says what each call streams. */
  readonly model?: FakeScript | ModelScript;
  readonly process?: ProcessScript;
  /** Keys and signatures. Default: every such effect fails as unsupported. */
  readonly crypto?: CryptoHandlers;
  /** Default: refuses as unsupported. */
  readonly compression?: CompressionHandlers;
}

export interface LogEntry {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields?: Readonly<Record<string, Json>>;
}

export interface VirtualHost extends Host {
  readonly clock: VirtualClock;
  readonly files: VirtualFiles;
  readonly logs: readonly LogEntry[];
  /** Every HTTP request, model input and process that was asked for, in order. */
  readonly requests: {
    readonly http: readonly HttpRequest[];
    readonly model: readonly ModelInput[];
    readonly process: readonly AsyncEffects["process.run"]["args"][];
  };
  stdout(): string;
  stderr(): string;
  /** Throws code `llm.fake` when turns of the model script are left or a call did not fit. */
  assertModelFinished(): void;
  /** Lets everything run that needs no time to pass. */
  settle(): Promise<void>;
  /** Moves the clock by `ms`, waking sleepers in order and letting each run before the next. */
  advance(ms: number): Promise<void>;
  /** Moves the clock until nobody sleeps. */
  runUntilIdle(): Promise<void>;
  /**
   * Moves the clock until `promise` settles, and settles with it. Rejects with `test.deadlock` when it waits for
   * something that will never come.
   */
  drive<T>(promise: Promise<T>): Promise<T>;
}

/**
 * A world for tests: files in memory, a clock that moves when it is told to, scripted models, servers and processes. Whatever
 * no script answers fails.
 *
 *     const host = createVirtualHost({ model: fakeScript(fakeStream(["Hello"])) });
 */
export function createVirtualHost(options: VirtualHostOptions = {}): VirtualHost {
  const cwd = options.cwd ?? "/home/harn";
  const clock = createVirtualClock(options.startMs ?? Date.UTC(2026, 0, 1));
  const random = createVirtualRandom(options.seed ?? 1);
  const files = createVirtualFiles(cwd, () => clock.nowMs);
  for (const [path, data] of Object.entries(options.files ?? {})) {
    files.mkdir(path.startsWith("/") ? path.replace(/\/[^/]*$/, "") : `${cwd}/${path}`.replace(/\/[^/]*$/, ""));
    files.write(path, data);
  }
  const env: Readonly<Record<string, string>> = options.env ?? {};
  const written = { stdout: [] as string[], stderr: [] as string[] };
  const logs: LogEntry[] = [];
  const requests = {
    http: [] as HttpRequest[],
    model: [] as ModelInput[],
    process: [] as AsyncEffects["process.run"]["args"][],
  };
  const idCounts = new Map<string, number>();
  let stdin = options.stdin ?? "";

  const httpItems = (request: HttpRequest, effect: string): Iterable<ScriptStep<HttpStreamItem>> => {
    requests.http.push(request);
    if (options.http === undefined)
      return [{ fail: "connection_refused", message: `No script answers ${request.url}` }];
    return httpSteps(request, options.http(request), effect);
  };

  const outside = createOutsideWork();
  const playModel = typeof options.model === "function" ? options.model : undefined;
  const fake: FakeModel | undefined =
    typeof options.model === "object"
      ? createFakeModel({ perform: (effect, args, signal) => host.perform(effect, args, signal) }, options.model)
      : undefined;
  const host: Host = hostFromHandlers({
    sync: {
      "clock.now": () => Math.trunc(clock.nowMs),
      "clock.monotonic": () => clock.elapsedMs,
      "random.float": () => random.float(),
      "random.bytes": ({ length }) => random.bytes(length),
      "id.next": ({ prefix }) => {
        const count = (idCounts.get(prefix) ?? 0) + 1;
        idCounts.set(prefix, count);
        return `${prefix}_${count}`;
      },
      "console.write": ({ stream, text }) => {
        written[stream].push(text);
        return undefined;
      },
      "console.isTty": () => options.isTty ?? false,
      "env.get": ({ name }) => (Object.hasOwn(env, name) ? env[name] : undefined),
      "env.list": () => ({ ...env }),
      "secret.get": ({ name }) => {
        if (Object.hasOwn(env, name)) return env[name];
        return options.secrets && Object.hasOwn(options.secrets, name) ? options.secrets[name] : undefined;
      },
      "system.info": () => ({
        platform: "linux",
        arch: "x64",
        pid: 1,
        cwd,
        home: "/home/harn",
        tempDir: "/tmp",
        hostname: "virtual",
        username: "harn",
      }),
      "log.write": (entry) => {
        logs.push(entry);
        return undefined;
      },
    },
    async: {
      sleep: ({ ms }, signal) => clock.sleep(ms, signal),
      "console.readLine": async ({ prompt }) => {
        if (prompt !== undefined) written.stdout.push(prompt);
        if (stdin === "") return undefined;
        const end = stdin.indexOf("\n");
        const line = end < 0 ? stdin : stdin.slice(0, end);
        stdin = end < 0 ? "" : stdin.slice(end + 1);
        return line.replace(/\r$/, "");
      },
      "console.readAll": async () => {
        const rest = stdin;
        stdin = "";
        return rest;
      },
      "fs.read": async ({ path }) => files.read(path),
      "fs.write": async ({ path, data, append }) => {
        files.write(path, data, append);
        return undefined;
      },
      "fs.list": async ({ path }) => files.list(path),
      "fs.entries": async ({ path }) => files.entries(path),
      "fs.stat": async ({ path }) => files.stat(path),
      "fs.mkdir": async ({ path }) => {
        files.mkdir(path);
        return undefined;
      },
      "fs.remove": async ({ path, recursive }) => {
        files.remove(path, recursive);
        return undefined;
      },
      "fs.copy": async ({ from, to }) => {
        files.copy(from, to);
        return undefined;
      },
      "fs.move": async ({ from, to }) => {
        files.move(from, to);
        return undefined;
      },
      "process.run": async (args, signal) => {
        requests.process.push(args);
        const script = options.process?.(args);
        if (script === undefined) throw new HostError("not_found", "process.run", `No such command: ${args.command}`);
        if (script.fail !== undefined) {
          throw new HostError(script.fail, "process.run", `Scripted failure of ${args.command}: ${script.fail}`);
        }
        const { runsMs = 0, fail: _, ...outcome } = script;
        const timedOut = args.timeoutMs !== undefined && runsMs > args.timeoutMs;
        await clock.sleep(timedOut ? (args.timeoutMs ?? 0) : runsMs, signal);
        const none = new Uint8Array(0);
        if (timedOut) return { exitCode: null, signal: "SIGKILL", stdout: none, stderr: none, timedOut };
        return { exitCode: 0, signal: null, stdout: none, stderr: none, timedOut, ...outcome };
      },
      ...outside.counted(options.crypto ?? noCrypto),
      ...outside.counted(options.compression ?? noCompression),
      "http.request": async (request, signal): Promise<HttpResponse> => {
        const effect = "http.request";
        const items = playScript(withTimeouts(request, httpItems(request, effect), effect), {
          effect,
          sleep: clock.sleep,
          ...(signal && { signal }),
        });
        let head: Extract<HttpStreamItem, { kind: "head" }> | undefined;
        const chunks: Uint8Array[] = [];
        for await (const item of items) {
          if (item.kind === "head") head = item;
          else chunks.push(item.bytes);
        }
        if (head === undefined) throw new HostError("connection_reset", effect, "The script ended before its head");
        return { status: head.status, headers: head.headers, url: head.url, body: concatBytes(chunks) };
      },
    },
    stream: {
      "http.stream": (request, signal) => {
        const effect = "http.stream";
        return playScript(withTimeouts(request, httpItems(request, effect), effect), {
          effect,
          sleep: clock.sleep,
          ...(signal && { signal }),
        });
      },
      "model.stream": (input, signal) => {
        requests.model.push(input as unknown as ModelInput);
        if (fake !== undefined) return serveModelStream(fake, input, signal);
        const steps: Iterable<ScriptStep<Json>> = playModel?.(input, requests.model.length - 1) ?? [
          { fail: "unsupported", message: "This host has no model" },
        ];
        return playScript(steps, { effect: "model.stream", sleep: clock.sleep, ...(signal && { signal }) });
      },
    },
  });

  /** Everything has gone on that can, what the platform computes meanwhile too. */
  const settle = async (): Promise<void> => {
    await turn();
    while (outside.isBusy()) {
      await outside.next();
      await turn();
    }
  };
  const runUntil = async (isDone: () => boolean, limitMs: number): Promise<void> => {
    await settle();
    while (!isDone() && clock.nextDueMs !== undefined && clock.nextDueMs <= limitMs) {
      clock.wakeNext();
      await settle();
    }
  };
  return {
    ...host,
    clock,
    files,
    logs,
    requests,
    stdout: () => written.stdout.join(""),
    stderr: () => written.stderr.join(""),
    assertModelFinished: () => fake?.assertFinished(),
    settle,
    async advance(ms) {
      const target = clock.elapsedMs + ms;
      await runUntil(() => false, target);
      clock.moveTo(target);
    },
    runUntilIdle: () => runUntil(() => false, Number.POSITIVE_INFINITY),
    async drive(promise) {
      let settled = false;
      const mark = () => {
        settled = true;
      };
      promise.then(mark, mark);
      await runUntil(() => settled, Number.POSITIVE_INFINITY);
      if (!settled) throw new HarnError("test.deadlock", "Nobody sleeps and nothing can go on, yet the promise waits");
      return promise;
    },
  };
}

/**
 * What the platform computes in threads of its own (compression, keys): it takes real time, and no virtual time. Until it
 * is done the world is not idle.
 */
function createOutsideWork(): {
  counted<H extends object>(handlers: H): H;
  isBusy(): boolean;
  next(): Promise<unknown>;
} {
  const pending = new Set<Promise<unknown>>();
  const watch = <A extends unknown[], R>(handler: (...args: A) => Promise<R>) => {
    return (...args: A): Promise<R> => {
      const work = handler(...args);
      const done = work.then(forget, forget);
      function forget(): void {
        pending.delete(done);
      }
      pending.add(done);
      return work;
    };
  };
  return {
    counted: (handlers) =>
      Object.fromEntries(
        Object.entries(handlers).map(([effect, handler]) => [effect, watch(handler)]),
      ) as typeof handlers,
    isBusy: () => pending.size > 0,
    next: () => Promise.race(pending),
  };
}

const refuseCrypto = async (): Promise<never> => {
  throw new HostError("unsupported", "crypto.sign", "This host has no keys and signatures");
};
const noCrypto: CryptoHandlers = {
  "crypto.publicKey": refuseCrypto,
  "crypto.sign": refuseCrypto,
  "crypto.verify": refuseCrypto,
  "crypto.agree": refuseCrypto,
};

const refuseCompression = async (): Promise<never> => {
  throw new HostError("unsupported", "bytes.compress", "This host cannot compress");
};
const noCompression: CompressionHandlers = {
  "bytes.compress": refuseCompression,
  "bytes.decompress": refuseCompression,
};

/** Lets every promise callback run that can: a message is delivered only after all of them. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

function* httpSteps(request: HttpRequest, script: ScriptedHttp, effect: string): Iterable<ScriptStep<HttpStreamItem>> {
  if (script.headAfterMs !== undefined) yield { waitMs: script.headAfterMs };
  if (script.fail !== undefined) {
    yield { fail: new HostError(script.fail, effect, `Scripted failure of ${request.url}: ${script.fail}`) };
  }
  yield { item: { kind: "head", status: script.status ?? 200, headers: script.headers ?? {}, url: request.url } };
  const body = script.body ?? [];
  const steps = typeof body === "string" || body instanceof Uint8Array ? [{ item: body }] : body;
  for (const step of steps) {
    if (!("item" in step)) yield step;
    else {
      const bytes = typeof step.item === "string" ? new TextEncoder().encode(step.item) : step.item;
      yield { item: { kind: "chunk", bytes } };
    }
  }
}

/** Cuts the waits at the limits of the request, as the real host does. */
function* withTimeouts(
  request: HttpRequest,
  steps: Iterable<ScriptStep<HttpStreamItem>>,
  effect: string,
): Iterable<ScriptStep<HttpStreamItem>> {
  const unlimited = Number.POSITIVE_INFINITY;
  let totalLeftMs = request.totalTimeoutMs ?? unlimited;
  let pauseLeftMs = request.timeoutMs ?? unlimited;
  let message = `No response headers within ${request.timeoutMs} ms`;
  for (const step of steps) {
    if ("waitMs" in step) {
      const leftMs = Math.min(totalLeftMs, pauseLeftMs);
      if (step.waitMs > leftMs) {
        yield { waitMs: leftMs };
        const isTotal = totalLeftMs < pauseLeftMs;
        const total = `The exchange with ${request.url} timed out after ${request.totalTimeoutMs} ms`;
        yield { fail: new HostError("timeout", effect, isTotal ? total : message) };
      }
      totalLeftMs -= step.waitMs;
      pauseLeftMs -= step.waitMs;
    }
    if ("item" in step) {
      pauseLeftMs = request.readTimeoutMs ?? unlimited;
      message = `Nothing of the response of ${request.url} came for ${request.readTimeoutMs} ms`;
    }
    yield step;
  }
}

function concatBytes(chunks: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
