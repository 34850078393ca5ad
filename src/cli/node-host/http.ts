/**
 * HTTP effects over `node:http`, not `fetch`: a request costs a third of the CPU, nothing gives up after 300 seconds by
 * itself, and an abort closes the socket at once (PERFORMANCE-STUDY 7, 8).
 *
 * Terms: an *exchange* is a request with its response head, redirects followed; its *body* is read by whoever asked.
 */

import type { ClientRequest, IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream";
import { constants, createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import {
  type AsyncHandlers,
  type CancelSignal,
  CancelToken,
  HostError,
  type HttpRequest,
  type HttpResponse,
  type HttpStreamItem,
  type StreamHandlers,
} from "../../base/index.ts";
import { timeLimit } from "../../web/index.ts";
import type { Connections } from "./connections.ts";
import { codeOf, toHostError } from "./host-failure.ts";
import { readTlsSettings, type TlsSettings } from "./tls-settings.ts";

type HttpEffect = "http.request" | "http.stream";

export interface HttpLimits {
  /** Folder that paths of certificates count from. Default: the process's. */
  readonly cwd?: string;
  /** Bytes that `http.request` takes of a body, after decompression; more is an error. Default 256 MiB. */
  readonly maxBodyBytes?: number;
  /** Default 10. */
  readonly maxRedirects?: number;
}

export interface HttpHandlers {
  readonly request: AsyncHandlers["http.request"];
  readonly stream: StreamHandlers["http.stream"];
}

/** Bytes that wait for a slow consumer before the socket is paused. */
const highWaterBytes = 256 * 1024;
const done = { done: true, value: undefined } as const;
const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export function createHttpHandlers(connections: Connections, limits: HttpLimits = {}): HttpHandlers {
  const maxBodyBytes = limits.maxBodyBytes ?? 256 * 1024 * 1024;
  const maxRedirects = limits.maxRedirects ?? 10;
  const cwd = limits.cwd ?? process.cwd();
  const requestWhole = async (request: HttpRequest, signal: CancelSignal | undefined): Promise<HttpResponse> => {
    const effect = "http.request";
    const withEncodings =
      request.decompress === false || hasHeader(request.headers, "accept-encoding")
        ? request
        : { ...request, headers: { ...request.headers, "accept-encoding": "gzip, deflate, br" } };
    const exchange = await exchangeOf({ connections, asked: withEncodings, maxRedirects, cwd, effect, signal });
    const body = createBodyReader(exchange, effect, request.readTimeoutMs, signal);
    const chunks: Uint8Array[] = [];
    let size = 0;
    for (let next = await body.next(); next.done !== true; next = await body.next()) {
      if (next.value.kind === "head") continue;
      size += next.value.bytes.length;
      if (size > maxBodyBytes) {
        body.release();
        const message = `The response of ${describeUrl(exchange.url)} is larger than ${maxBodyBytes} bytes; stream it instead`;
        throw new HostError("invalid_input", effect, message);
      }
      chunks.push(next.value.bytes);
    }
    return {
      ...exchange.head,
      url: exchange.url.href,
      body: chunks.length === 1 ? chunks[0]! : concat(chunks, size),
    };
  };
  return {
    async request(request, signal) {
      if (request.totalTimeoutMs === undefined) return requestWhole(request, signal);
      const limit = limitedTotal(request, "http.request", signal);
      try {
        return await requestWhole(request, limit.token);
      } finally {
        limit.release();
      }
    },
    stream(request, signal): AsyncIterable<HttpStreamItem> {
      return {
        [Symbol.asyncIterator]: () => streamOf({ connections, asked: request, maxRedirects, cwd }, signal),
      };
    },
  };
}

/** A token that fires with the signal, or when the time for the whole exchange is over. */
function limitedTotal(
  request: HttpRequest,
  effect: HttpEffect,
  signal: CancelSignal | undefined,
): { readonly token: CancelToken; readonly release: () => void } {
  const { token, release } = CancelToken.childOf(signal ?? new CancelToken());
  const { totalTimeoutMs } = request;
  if (totalTimeoutMs === undefined) return { token, release };
  const timer = timeLimit(totalTimeoutMs, () => {
    const where = URL.canParse(request.url) ? describeUrl(new URL(request.url)) : "the request";
    token.cancel(new HostError("timeout", effect, `The exchange with ${where} timed out after ${totalTimeoutMs} ms`));
  });
  return {
    token,
    release() {
      clearTimeout(timer);
      release();
    },
  };
}

/** Head first, then chunks. Written out by hand: an async generator costs two promises more per chunk. */
function streamOf(
  exchanging: Omit<Exchanging, "effect" | "signal">,
  signal: CancelSignal | undefined,
): AsyncIterator<HttpStreamItem, undefined> {
  const effect = "http.stream";
  // Of its own, so that returning early ends also a request that still waits for its head.
  const { token, release } = limitedTotal(exchanging.asked, effect, signal);
  let body: BodyReader | undefined;
  let isReturned = false;
  const open = async (): Promise<IteratorResult<HttpStreamItem, undefined>> => {
    try {
      const exchange = await exchangeOf({ ...exchanging, effect, signal: token });
      body = createBodyReader(exchange, effect, exchanging.asked.readTimeoutMs, token, release);
      return { done: false, value: { kind: "head", ...exchange.head, url: exchange.url.href } };
    } catch (error) {
      release();
      if (isReturned) return done;
      isReturned = true;
      throw error;
    }
  };
  return {
    next() {
      if (isReturned) return Promise.resolve(done);
      return body === undefined ? open() : body.next();
    },
    return() {
      isReturned = true;
      release();
      body?.release();
      token.cancel(undefined);
      return Promise.resolve(done);
    },
  };
}

interface Exchange {
  readonly url: URL;
  readonly head: { readonly status: number; readonly headers: Readonly<Record<string, string>> };
  readonly request: ClientRequest;
  readonly body: Readable;
}

interface Exchanging {
  readonly connections: Connections;
  readonly asked: HttpRequest;
  readonly maxRedirects: number;
  readonly cwd: string;
  readonly effect: HttpEffect;
  readonly signal: CancelSignal | undefined;
}

/** Sends, waits for the head, follows redirects. The time-out covers all of it. */
async function exchangeOf(exchanging: Exchanging): Promise<Exchange> {
  const { connections, asked, cwd, effect, signal } = exchanging;
  const maxRedirects = asked.maxRedirects ?? exchanging.maxRedirects;
  const tls = asked.tls === undefined ? undefined : await readTlsSettings(asked.tls, cwd, effect);
  const deadline = asked.timeoutMs === undefined ? undefined : performance.now() + asked.timeoutMs;
  let url = parseUrl(asked.url, effect);
  let method = asked.method.toUpperCase();
  let headers = asked.headers;
  let body = asked.body;
  for (let hop = 0; ; hop++) {
    const leftMs = deadline === undefined ? undefined : Math.max(0, deadline - performance.now());
    const { request, response } = await send({
      connections,
      url,
      method,
      headers,
      body,
      leftMs,
      asked,
      tls,
      effect,
      signal,
    });
    const status = response.statusCode ?? 0;
    const location = response.headers.location;
    if (asked.followRedirects === false || !redirectStatuses.has(status) || location === undefined) {
      return openBody(url, method, request, response, asked.decompress !== false);
    }
    response.on("error", () => {});
    response.destroy();
    if (hop >= maxRedirects) {
      throw new HostError(
        "invalid_input",
        effect,
        `More than ${maxRedirects} redirects from ${describeUrl(parseUrl(asked.url, effect))}`,
      );
    }
    const target = URL.canParse(location, url.href) ? new URL(location, url.href) : parseUrl(location, effect);
    // A key meant for one server is not for another.
    if (target.origin !== url.origin)
      headers = without(headers, ["authorization", "cookie", "proxy-authorization", "x-api-key", "api-key", "host"]);
    if (status === 303 ? method !== "HEAD" : (status === 301 || status === 302) && method === "POST") {
      method = "GET";
      body = undefined;
      headers = without(headers, ["content-type", "content-length", "content-encoding"]);
    }
    url = target;
  }
}

interface Sending {
  readonly connections: Connections;
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
  /** Milliseconds left until the head must be there. */
  readonly leftMs: number | undefined;
  readonly asked: HttpRequest;
  readonly tls: TlsSettings | undefined;
  readonly effect: HttpEffect;
  readonly signal: CancelSignal | undefined;
}

function send(sending: Sending, isSecondTry = false): Promise<{ request: ClientRequest; response: IncomingMessage }> {
  const { connections, url, method, body, leftMs, asked, effect, signal } = sending;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const headers = { ...sending.headers };
    if (!hasHeader(headers, "user-agent")) headers["user-agent"] = "harn";
    if (body !== undefined && !hasHeader(headers, "content-length") && !hasHeader(headers, "transfer-encoding")) {
      headers["content-length"] = String(Buffer.byteLength(body));
    }
    let request: ClientRequest;
    try {
      request = connections.open(url, method, headers, effect, { proxy: asked.proxy, tls: sending.tls });
    } catch (error) {
      reject(toHostError(error, effect, `Cannot send ${method} ${describeUrl(url)}`));
      return;
    }
    let timer: ReturnType<typeof timeLimit>;
    let connectTimer: ReturnType<typeof timeLimit>;
    let isSettled = false;
    const release = () => {
      isSettled = true;
      clearTimeout(timer);
      clearTimeout(connectTimer);
      signal?.removeEventListener("abort", onAbort);
    };
    const fail = (error: unknown) => {
      release();
      reject(error);
      request.destroy();
    };
    const onAbort = () => fail(signal?.reason);
    signal?.addEventListener("abort", onAbort);
    timer = timeLimit(leftMs, () => {
      fail(new HostError("timeout", effect, `No response headers of ${describeUrl(url)} within ${asked.timeoutMs} ms`));
    });
    const { connectTimeoutMs } = asked;
    if (connectTimeoutMs !== undefined) {
      connectTimer = timeLimit(connectTimeoutMs, () => {
        fail(new HostError("timeout", effect, `No connection to ${url.host} within ${connectTimeoutMs} ms`));
      });
      request.once("socket", (socket) => {
        if (request.reusedSocket) clearTimeout(connectTimer);
        else socket.once(url.protocol === "https:" ? "secureConnect" : "connect", () => clearTimeout(connectTimer));
      });
    }
    // The listener stays for the life of the request: a socket may fail again after the answer was given up.
    request.on("error", (error) => {
      if (isSettled) return;
      release();
      // The server closed an idle connection just as it was used again. Nothing of an answer came, so ask anew, once.
      const code = codeOf(error);
      if (request.reusedSocket && !isSecondTry && (code === "ECONNRESET" || code === "EPIPE")) {
        send(sending, true).then(resolve, reject);
        return;
      }
      reject(describeFailure(error, effect, `${method} ${describeUrl(url)} failed`));
    });
    request.once("response", (response) => {
      release();
      resolve({ request, response });
    });
    request.end(body);
  });
}

/** A server that answers something else than HTTP is named as such; its bytes are not repeated. */
function describeFailure(error: unknown, effect: HttpEffect, what: string): HostError {
  if (codeOf(error)?.startsWith("HPE_")) {
    return new HostError("other", effect, `${what}: the answer is not HTTP`, { cause: error });
  }
  return toHostError(error, effect, what);
}

function openBody(
  url: URL,
  method: string,
  request: ClientRequest,
  response: IncomingMessage,
  decompress: boolean,
): Exchange {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  const status = response.statusCode ?? 0;
  const hasBody = method !== "HEAD" && status !== 204 && status !== 304 && headers["content-length"] !== "0";
  const decoder = hasBody && decompress ? createDecoder(headers["content-encoding"]) : undefined;
  if (decoder !== undefined) {
    delete headers["content-encoding"];
    delete headers["content-length"];
    pipeline(response, decoder, () => {});
  }
  return { url, head: { status, headers }, request, body: decoder ?? response };
}

function createDecoder(encoding: string | undefined) {
  // Flushing at every chunk keeps a compressed event stream live.
  switch (encoding?.toLowerCase() ?? "") {
    case "gzip":
    case "x-gzip":
      return createGunzip({ flush: constants.Z_SYNC_FLUSH });
    case "deflate":
      return createInflate({ flush: constants.Z_SYNC_FLUSH });
    case "br":
      return createBrotliDecompress({ flush: constants.BROTLI_OPERATION_FLUSH });
    default:
      return undefined;
  }
}

interface BodyReader {
  next(): Promise<IteratorResult<HttpStreamItem, undefined>>;
  /** Closes the connection if the body has not ended, and lets go of the signal. */
  release(): void;
}

interface BodyWaiter {
  readonly resolve: (next: IteratorResult<HttpStreamItem, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * @param readTimeoutMs longest pause between two pieces; it does not count while the consumer keeps the socket waiting
 * @param onEnd called once, however the body ends
 */
function createBodyReader(
  { body, request, url }: Exchange,
  effect: HttpEffect,
  readTimeoutMs: number | undefined,
  signal: CancelSignal | undefined,
  onEnd: () => void = () => {},
): BodyReader {
  const queue: Uint8Array[] = [];
  let queuedBytes = 0;
  let waiting: BodyWaiter | undefined;
  let isEnded = false;
  /** Told once, after what had arrived. */
  let failure: { readonly error: unknown } | undefined;

  const finish = (how?: { readonly error: unknown }) => {
    if (isEnded) return;
    isEnded = true;
    failure = how;
    signal?.removeEventListener("abort", onAbort);
    clearTimeout(pause);
    onEnd();
    if (waiting === undefined) return;
    const { resolve, reject } = waiting;
    waiting = undefined;
    if (failure === undefined) resolve(done);
    else reject(takeFailure());
  };
  const takeFailure = (): unknown => {
    const error = failure?.error;
    failure = undefined;
    return error;
  };
  const close = (how?: { readonly error: unknown }) => {
    // What is queued is dropped: whoever gives up does not want it, and must not wait for it.
    queue.length = 0;
    finish(how);
    request.destroy();
    body.destroy();
  };
  const onAbort = () => close({ error: signal?.reason });
  const cut = (error?: unknown) => {
    if (isEnded) return;
    const what = `The response of ${describeUrl(url)} was cut before its end`;
    finish({
      error:
        error === undefined ? new HostError("connection_reset", effect, what) : describeFailure(error, effect, what),
    });
  };

  let pause: ReturnType<typeof timeLimit>;
  const startPause = () => {
    if (readTimeoutMs === undefined || isEnded) return;
    clearTimeout(pause);
    pause = timeLimit(readTimeoutMs, () => {
      const message = `Nothing of the response of ${describeUrl(url)} came for ${readTimeoutMs} ms`;
      close({ error: new HostError("timeout", effect, message) });
    });
  };
  startPause();
  body.on("data", (chunk: Buffer) => {
    startPause();
    const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (waiting !== undefined) {
      const { resolve } = waiting;
      waiting = undefined;
      resolve({ done: false, value: { kind: "chunk", bytes } });
      return;
    }
    queue.push(bytes);
    queuedBytes += bytes.length;
    if (queuedBytes >= highWaterBytes) {
      body.pause();
      clearTimeout(pause);
    }
  });
  body.on("end", () => finish());
  body.on("error", cut);
  body.on("close", () => cut());
  if (signal?.aborted) onAbort();
  else signal?.addEventListener("abort", onAbort);

  return {
    next() {
      const bytes = queue.shift();
      if (bytes !== undefined) {
        queuedBytes -= bytes.length;
        if (queuedBytes < highWaterBytes && body.isPaused()) {
          body.resume();
          startPause();
        }
        return Promise.resolve({ done: false, value: { kind: "chunk", bytes } });
      }
      if (failure !== undefined) return Promise.reject(takeFailure());
      if (isEnded) return Promise.resolve(done);
      return new Promise((resolve, reject) => {
        waiting = { resolve, reject };
      });
    },
    release() {
      if (!isEnded) close();
    },
  };
}

function parseUrl(text: string, effect: HttpEffect): URL {
  if (URL.canParse(text)) return new URL(text);
  throw new HostError(
    "invalid_input",
    effect,
    "Expected a whole address such as `https://example.com/`, got something else",
  );
}

/** Without credentials and query, which may hold secrets. */
function describeUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}

function hasHeader(headers: Readonly<Record<string, string>>, name: string): boolean {
  return Object.keys(headers).some((key) => key.toLowerCase() === name);
}

function without(headers: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([key]) => !names.includes(key.toLowerCase())));
}

function concat(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const all = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
