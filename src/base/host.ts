/**
 * The only way to the outside world.
 *
 * Everything below `cli` (language, model layer, agents, steps) sees clock, randomness, files, processes, HTTP,
 * models and the console through one `Host`. An effect is a named request with plain data arguments and a plain data
 * result, so a decorator (the journal, a fault injector, a test double) wraps three methods and has wrapped everything.
 *
 * Vocabulary:
 * - *sync effect*: answers at once (clock, random, console, environment);
 * - *async effect*: answers later, can be cancelled (files, processes, HTTP, sleep);
 * - *stream effect*: answers many times, can be cancelled (model output, HTTP bodies).
 *
 * To add an effect, add a line to one of the three tables below and handle it in every host.
 */

import type { CancelSignal } from "./cancel.ts";
import type { Json } from "./json.ts";

/** A file or folder as `fs.stat` reports it. Times are milliseconds since the epoch. */
export interface FileInfo {
  readonly kind: "file" | "directory" | "symlink" | "other";
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  readonly readonly: boolean;
}

/** An entry of a folder as `fs.entries` reports it: what it is itself, not what a link leads to. */
export interface FolderEntry {
  readonly name: string;
  readonly kind: FileInfo["kind"];
}

/** What `process.run` did. `exitCode` is null when a signal ended the process. */
export interface ProcessResult {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  readonly timedOut: boolean;
  /** Absent where processes have no number. */
  readonly pid?: number;
  /** Present and true when more than `maxOutputBytes` came; each stream then holds its first bytes. */
  readonly truncated?: boolean;
}

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Milliseconds until response headers must have arrived; absent: no limit. */
  readonly timeoutMs?: number;
  /** Milliseconds until the connection must stand; absent: the host's default. */
  readonly connectTimeoutMs?: number;
  /** How many idle connections to this server are worth keeping, for hosts that pool. */
  readonly keepAlive?: number;
  /** Default true. */
  readonly followRedirects?: boolean;
  /** Default: the host's. */
  readonly maxRedirects?: number;
  /** Milliseconds until everything has arrived, the body too; absent: no limit. */
  readonly totalTimeoutMs?: number;
  /** Milliseconds that may pass between two pieces of the body; absent: no limit. */
  readonly readTimeoutMs?: number;
  /** False: the body comes as it is on the wire. Default true. */
  readonly decompress?: boolean;
  /** Instead of the proxy that the environment names. */
  readonly proxy?: HttpProxy;
  readonly tls?: HttpTls;
}

export interface HttpProxy {
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  /** Hosts that are reached without it, as in `NO_PROXY`. */
  readonly noProxy?: string;
}

/** Trust and identity of one request. Paths as of `fs.read`; what they hold never travels through the host interface. */
export interface HttpTls {
  /** Certificates (PEM) that are trusted besides the platform's. */
  readonly caPath?: string;
  /** Own certificate and key (PEM); one file may hold both. */
  readonly certPath?: string;
  readonly keyPath?: string;
  /** SHA-256 of public keys that the server may have, as hex or base64; absent: any. */
  readonly pinnedSha256?: readonly string[];
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly url: string;
}

/** First item of an `http.stream`: status line and headers; then body chunks in order. */
export type HttpStreamItem =
  | {
      readonly kind: "head";
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly url: string;
    }
  | { readonly kind: "chunk"; readonly bytes: Uint8Array };

export type LogLevel = "debug" | "info" | "warn" | "error";

/** Effects that answer at once. */
export interface SyncEffects {
  /** Wall clock, milliseconds since the epoch. */
  "clock.now": { args: Record<never, never>; result: number };
  /** Monotonic clock, milliseconds, fractional. */
  "clock.monotonic": { args: Record<never, never>; result: number };
  /** Uniform in [0, 1). */
  "random.float": { args: Record<never, never>; result: number };
  "random.bytes": { args: { length: number }; result: Uint8Array };
  /** A fresh id, `<prefix>_<unique>`. */
  "id.next": { args: { prefix: string }; result: string };
  "console.write": { args: { stream: "stdout" | "stderr"; text: string }; result: undefined };
  "console.isTty": { args: { stream: "stdin" | "stdout" | "stderr" }; result: boolean };
  "env.get": { args: { name: string }; result: string | undefined };
  "env.list": { args: Record<never, never>; result: Readonly<Record<string, string>> };
  /** A credential by name; never journaled in clear. */
  "secret.get": { args: { name: string }; result: string | undefined };
  /** Facts of the machine: platform, arch, pid, cwd, home, hostname, username, temp folder. */
  "system.info": { args: Record<never, never>; result: SystemInfo };
  "log.write": {
    args: { level: LogLevel; message: string; fields?: Readonly<Record<string, Json>> };
    result: undefined;
  };
}

export interface SystemInfo {
  readonly platform: string;
  readonly arch: string;
  readonly pid: number;
  readonly cwd: string;
  readonly home: string;
  readonly tempDir: string;
  readonly hostname: string;
  readonly username: string;
}

/** Effects that answer later. Paths are absolute or relative to `system.info().cwd`. */
export interface AsyncEffects {
  sleep: { args: { ms: number }; result: undefined };
  "console.readLine": { args: { prompt?: string }; result: string | undefined };
  "console.readAll": { args: Record<never, never>; result: string };
  "fs.read": { args: { path: string }; result: Uint8Array };
  "fs.write": {
    args: {
      path: string;
      data: Uint8Array | string;
      append?: boolean;
      /** Of an appending one: whoever reads takes data that comes twice for one. A run that goes on may do it again. */
      repeatable?: boolean;
      /** Resolve only when the bytes are on stable storage (fsync); hosts without such a thing ignore it. */
      sync?: boolean;
    };
    result: undefined;
  };
  "fs.list": { args: { path: string }; result: readonly string[] };
  /** Names and kinds in one go, in the order of `fs.list`. */
  "fs.entries": { args: { path: string }; result: readonly FolderEntry[] };
  "fs.stat": { args: { path: string }; result: FileInfo | undefined };
  "fs.mkdir": { args: { path: string }; result: undefined };
  "fs.remove": { args: { path: string; recursive?: boolean }; result: undefined };
  "fs.copy": { args: { from: string; to: string }; result: undefined };
  /**
   * Replaces `to` in one step when both are on one file system; `sync`: the new name is on stable storage; `repeatable`:
   * whoever asks knows what it means that `from` is gone, so a run that goes on may do it again.
   */
  "fs.move": { args: { from: string; to: string; sync?: boolean; repeatable?: boolean }; result: undefined };
  "process.run": {
    args: {
      command: string;
      args: readonly string[];
      cwd?: string;
      env?: Readonly<Record<string, string>>;
      /** `env` is the whole environment rather than an addition to the host's. */
      replaceEnv?: boolean;
      stdin?: string | Uint8Array;
      timeoutMs?: number;
      /** Run through the platform's shell; `command` is then a whole command line. */
      shell?: boolean;
      maxOutputBytes?: number;
    };
    result: ProcessResult;
  };
  "http.request": { args: HttpRequest; result: HttpResponse };
  "bytes.compress": {
    args: { algorithm: CompressionAlgorithm; data: Uint8Array; level: number };
    result: Uint8Array;
  };
  /** More than `maxBytes` is an error. */
  "bytes.decompress": {
    args: { algorithm: CompressionAlgorithm; data: Uint8Array; maxBytes: number };
    result: Uint8Array;
  };
  /** The public half of a key. Keys are raw bytes of the algorithm's length. */
  "crypto.publicKey": { args: { algorithm: "ed25519" | "x25519"; privateKey: Uint8Array }; result: Uint8Array };
  /** Keys: raw bytes for `ed25519`, PEM otherwise. An `es256` signature is the two numbers, 32 bytes each. */
  "crypto.sign": {
    args: { algorithm: SignatureAlgorithm; privateKey: Uint8Array | string; data: Uint8Array };
    result: Uint8Array;
  };
  "crypto.verify": {
    args: {
      algorithm: SignatureAlgorithm;
      publicKey: Uint8Array | string;
      data: Uint8Array;
      signature: Uint8Array;
    };
    result: boolean;
  };
  /** The secret that two keys share. */
  "crypto.agree": {
    args: { algorithm: "x25519"; privateKey: Uint8Array; publicKey: Uint8Array };
    result: Uint8Array;
  };
}

/** Levels: 0–9, for `brotli` 0–11. `deflate-raw` has neither header nor checksum. */
export type CompressionAlgorithm = "gzip" | "deflate-raw" | "brotli";

export type SignatureAlgorithm = "ed25519" | "es256" | "rs256";

/** Effects that answer many times. */
export interface StreamEffects {
  "http.stream": { args: HttpRequest; item: HttpStreamItem };
  /** A model call. `args` and items are the JSON shapes of `llm/spec`; the host hands it to the client it was given. */
  "model.stream": { args: Json; item: Json };
}

/**
 * Contract: `sync` never blocks longer than a system call; `perform` rejects with a {@link HostError} (or the signal's
 * reason once aborted), never with anything else; `stream` may throw the same while iterating, and releases what it
 * holds when the consumer returns early. Neither mutates its arguments, and the caller owns the results.
 */
export interface Host {
  sync<K extends keyof SyncEffects>(kind: K, args: SyncEffects[K]["args"]): SyncEffects[K]["result"];
  perform<K extends keyof AsyncEffects>(
    kind: K,
    args: AsyncEffects[K]["args"],
    signal?: CancelSignal,
  ): Promise<AsyncEffects[K]["result"]>;
  stream<K extends keyof StreamEffects>(
    kind: K,
    args: StreamEffects[K]["args"],
    signal?: CancelSignal,
  ): AsyncIterable<StreamEffects[K]["item"]>;
}
