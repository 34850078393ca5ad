/**
 * HTTP effects over `fetch`. What it cannot do (proxies, certificates of one's own, the bytes of a compressed body, a look
 * at a redirect) is refused as unsupported. What it decides by itself is left to it: connections, their time-outs, and how
 * many redirects are too many.
 *
 * An *exchange* is one request with its answer. It is given up once: by a time limit, the signal, or whoever reads.
 */

import {
  type AsyncHandlers,
  type CancelSignal,
  HostError,
  type HostErrorKind,
  type HttpRequest,
  type HttpStreamItem,
  type StreamHandlers,
  table,
} from "../base/index.ts";
import { joinBytes } from "./compression.ts";
import { abortable, timeLimit } from "./timers.ts";

type HttpEffect = "http.request" | "http.stream";

/** `fetch`, or something in its place that adds headers, cookies or a detour. */
export type Fetch = (request: Request) => Promise<Response>;

export interface HttpHandlers {
  readonly request: AsyncHandlers["http.request"];
  readonly stream: StreamHandlers["http.stream"];
}

type Head = Extract<HttpStreamItem, { kind: "head" }>;

const done = { done: true, value: undefined } as const;

/** @param maxBodyBytes bytes that `http.request` takes of a body; more is an error */
export function createHttpHandlers(fetch: Fetch, maxBodyBytes: number): HttpHandlers {
  return {
    async request(asked, signal) {
      const effect = "http.request";
      const exchange = openExchange(fetch, asked, effect, signal);
      const { status, headers, url } = await exchange.head();
      const chunks: Uint8Array[] = [];
      let size = 0;
      for (let bytes = await exchange.next(); bytes !== undefined; bytes = await exchange.next()) {
        size += bytes.length;
        if (size > maxBodyBytes) {
          exchange.close();
          const message = `The response of ${describeUrl(url)} is larger than ${maxBodyBytes} bytes; stream it instead`;
          throw new HostError("invalid_input", effect, message);
        }
        chunks.push(bytes);
      }
      return { status, headers, url, body: joinBytes(chunks, size) };
    },
    stream: (asked, signal) => ({ [Symbol.asyncIterator]: () => streamOf(fetch, asked, signal) }),
  };
}

/** Head first, then chunks. */
function streamOf(
  fetch: Fetch,
  asked: HttpRequest,
  signal: CancelSignal | undefined,
): AsyncIterator<HttpStreamItem, undefined> {
  let exchange: Exchange | undefined;
  let isOver = false;
  const open = async (): Promise<IteratorResult<HttpStreamItem, undefined>> => {
    exchange = openExchange(fetch, asked, "http.stream", signal);
    return { done: false, value: await exchange.head() };
  };
  const read = async (from: Exchange): Promise<IteratorResult<HttpStreamItem, undefined>> => {
    const bytes = await from.next();
    if (bytes !== undefined) return { done: false, value: { kind: "chunk", bytes } };
    isOver = true;
    return done;
  };
  return {
    async next() {
      if (isOver) return done;
      try {
        return await (exchange === undefined ? open() : read(exchange));
      } catch (error) {
        // Who has left does not hear how it ended.
        if (isOver) return done;
        isOver = true;
        throw error;
      }
    },
    async return() {
      isOver = true;
      exchange?.close();
      return done;
    },
  };
}

interface Exchange {
  head(): Promise<Head>;
  /** The next bytes of the body; undefined at its end. */
  next(): Promise<Uint8Array | undefined>;
  /** Ends it, and the connection with it if more would come. */
  close(): void;
}

function openExchange(
  fetch: Fetch,
  asked: HttpRequest,
  effect: HttpEffect,
  signal: CancelSignal | undefined,
): Exchange {
  const controller = new AbortController();
  const request = requestOf(asked, effect, controller.signal);
  const { totalTimeoutMs, timeoutMs, readTimeoutMs } = asked;
  let body: ReadableStreamDefaultReader<Uint8Array> | undefined;
  let isReleased = false;
  let givenUp: { readonly error: unknown } | undefined;

  const release = () => {
    isReleased = true;
    clearTimeout(total);
    signal?.removeEventListener("abort", onAbort);
  };
  const giveUp = (error: unknown) => {
    if (isReleased) return;
    givenUp = { error };
    release();
    controller.abort();
    // A body that somebody else's `fetch` made does not hear of it otherwise.
    body?.cancel().catch(() => {});
  };
  const limit = (ms: number | undefined, message: () => string) =>
    timeLimit(ms, () => giveUp(new HostError("timeout", effect, message())));
  const onAbort = () => giveUp(signal?.reason);
  const throwIfGivenUp = () => {
    if (givenUp !== undefined) throw givenUp.error;
  };
  const total = limit(
    totalTimeoutMs,
    () => `The exchange with ${describeUrl(request.url)} timed out after ${totalTimeoutMs} ms`,
  );
  if (signal?.aborted) onAbort();
  else signal?.addEventListener("abort", onAbort);

  return {
    async head() {
      const headTimer = limit(
        timeoutMs,
        () => `No response headers of ${describeUrl(request.url)} within ${timeoutMs} ms`,
      );
      try {
        // Who has left before sends nothing.
        throwIfGivenUp();
        const asking = fetch(request);
        // An answer that comes too late is let go.
        asking.then((late) => (givenUp === undefined ? undefined : late.body?.cancel())).catch(() => {});
        const response = await abortable(asking, controller.signal);
        body = response.body?.getReader();
        if (givenUp !== undefined) body?.cancel().catch(() => {});
        throwIfGivenUp();
        if (response.type === "opaqueredirect") {
          throw unsupported(effect, "A page cannot look at a redirect; let it be followed");
        }
        return {
          kind: "head",
          status: response.status,
          headers: headersOf(response),
          url: response.url || request.url,
        };
      } catch (error) {
        release();
        throwIfGivenUp();
        throw error instanceof HostError ? error : failureOf(error, request, effect);
      } finally {
        clearTimeout(headTimer);
      }
    },
    async next() {
      if (body === undefined) {
        release();
        return undefined;
      }
      const pause = limit(
        readTimeoutMs,
        () => `Nothing of the response of ${describeUrl(request.url)} came for ${readTimeoutMs} ms`,
      );
      let read: ReadableStreamReadResult<Uint8Array>;
      try {
        read = await body.read();
      } catch (error) {
        release();
        throwIfGivenUp();
        const message = `The response of ${describeUrl(request.url)} was cut before its end`;
        throw new HostError("connection_reset", effect, message, { cause: error });
      } finally {
        clearTimeout(pause);
      }
      throwIfGivenUp();
      if (!read.done) return read.value;
      release();
      return undefined;
    },
    close() {
      giveUp(new HostError("cancelled", effect, "The exchange was closed"));
    },
  };
}

function requestOf(asked: HttpRequest, effect: HttpEffect, signal: AbortSignal): Request {
  if (asked.proxy !== undefined) throw unsupported(effect, "A page cannot choose its proxy");
  if (asked.tls !== undefined) throw unsupported(effect, "A page cannot choose its certificates");
  if (asked.decompress === false) throw unsupported(effect, "A page gets bodies decompressed");
  const { body, maxRedirects } = asked;
  try {
    return new Request(asked.url, {
      method: asked.method.toUpperCase(),
      headers: { ...asked.headers },
      signal,
      redirect: asked.followRedirects === false ? "manual" : maxRedirects === 0 ? "error" : "follow",
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : new Uint8Array(body) }),
    });
  } catch (error) {
    // Its message may repeat the address or a header, and with it a key.
    throw new HostError("invalid_input", effect, "The platform did not accept the address, the headers or the body", {
      cause: error,
    });
  }
}

/** As the body is: what was taken off it is not told of. Several cookies are one text, as with every host. */
function headersOf({ headers, body }: Response): Record<string, string> {
  const all = new Map(headers);
  if (all.has("set-cookie")) all.set("set-cookie", headers.getSetCookie().join(", "));
  if (body !== null && /^(x-gzip|gzip|deflate|br)$/i.test(all.get("content-encoding") ?? "")) {
    all.delete("content-encoding");
    all.delete("content-length");
  }
  return Object.fromEntries(all);
}

/** What servers' `fetch` tells in the cause of its error, and browsers do not. */
const kinds: Readonly<Record<string, HostErrorKind>> = table({
  ECONNREFUSED: "connection_refused",
  ECONNRESET: "connection_reset",
  UND_ERR_SOCKET: "connection_reset",
  ENOTFOUND: "dns",
  EAI_AGAIN: "dns",
});

function failureOf(error: unknown, request: Request, effect: HttpEffect): HostError {
  const where = describeUrl(request.url);
  const words = error instanceof Error ? error.message : typeof error === "string" ? error : "it gave no reason";
  // Some repeat the whole address.
  const told = `${request.method} ${where} failed: ${words.replaceAll(request.url, where)}`;
  const cause = error instanceof Error ? error.cause : undefined;
  const code = typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : undefined;
  if (code !== undefined) return new HostError(kinds[code] ?? "other", effect, `${told} (${code})`, { cause: error });
  const hint = "(a browser does not tell why; is the server there, and does it allow this page's origin?)";
  return new HostError("other", effect, `${told} ${hint}`, { cause: error });
}

function unsupported(effect: HttpEffect, message: string): HostError {
  return new HostError("unsupported", effect, message);
}

/** Without credentials and query, which may hold secrets. */
function describeUrl(text: string): string {
  const { protocol, host, pathname } = new URL(text);
  return `${protocol}//${host}${pathname}`;
}
