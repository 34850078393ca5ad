/** What holds for HTTP whichever host does it: the same table for that of Node and that of pages. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket, type Server as TcpServer } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import {
  CancelToken,
  type Host,
  HostError,
  type HttpRequest,
  type HttpResponse,
  type HttpStreamItem,
} from "../../src/base/index.ts";
import { createNodeHost } from "../../src/cli/index.ts";
import { createWebHost } from "../../src/web/index.ts";

const hosts: readonly (readonly [string, () => Host])[] = [
  ["Node", () => createNodeHost({ environment: {} })],
  ["the web", () => createWebHost()],
];

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

interface Served {
  readonly url: string;
  /** Resolves when a connection was closed before its answer was whole. */
  readonly left: Promise<void>;
  readonly asked: () => number;
}

async function serve(answer: Answer): Promise<Served> {
  let asked = 0;
  let leave = (): void => {};
  const left = new Promise<void>((resolve) => {
    leave = resolve;
  });
  const server = createServer((request, response) => {
    asked++;
    response.on("close", () => {
      if (!response.writableFinished) leave();
    });
    answer(request, response);
  });
  open.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `${await listening(server)}/path`, left, asked: () => asked };
}

async function serveBytes(bytes: string): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("data", () => socket.end(bytes));
  });
  open.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `${await listening(server)}/path`;
}

async function listening(server: Server | TcpServer): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function unusedUrl(): Promise<string> {
  const server = createServer();
  const url = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  return url;
}

const whole: Answer = (_, response) => response.end("whole");
const silent: Answer = () => {};
const endless: Answer = (_, response) => {
  response.writeHead(200);
  response.write("piece");
};
const cut: Answer = (request, response) => {
  response.writeHead(200, { "content-length": "100" });
  response.write("half", () => request.socket.destroy());
};

describe.each(hosts)("HTTP by the host of %s", (_name, make) => {
  const ask = (url: string, more: Partial<HttpRequest> = {}, signal?: CancelToken): Promise<HttpResponse> =>
    make().perform("http.request", { method: "GET", url, headers: {}, ...more }, signal);
  const stream = (url: string, more: Partial<HttpRequest> = {}, signal?: CancelToken): AsyncIterator<HttpStreamItem> =>
    make()
      .stream("http.stream", { method: "GET", url, headers: {}, ...more }, signal)
      [Symbol.asyncIterator]();
  const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

  it.each<[string, Answer, Partial<HttpRequest>, object]>([
    ["HEAD", (_, to) => to.writeHead(200, { "content-length": "5" }).end(), { method: "HEAD" }, { status: 200 }],
    ["204", (_, to) => to.writeHead(204).end(), {}, { status: 204 }],
    ["304", (_, to) => to.writeHead(304, { etag: "x" }).end(), {}, { status: 304, headers: { etag: "x" } }],
    ["nothing", (_, to) => to.end(), {}, { status: 200 }],
  ])("an answer to or of %s has no body", async (_case, answer, more, expected) => {
    const { url } = await serve(answer);
    expect(await ask(url, more)).toMatchObject({ ...expected, body: new Uint8Array(0) });
    const items = stream(url, more);
    expect(await items.next()).toMatchObject({ value: { kind: "head", ...expected } });
    expect(await items.next()).toEqual({ done: true, value: undefined });
  });

  it("what was compressed comes without the headers that say so", async () => {
    const { url } = await serve((_, to) => {
      const body = gzipSync("lamps");
      to.writeHead(200, { "content-encoding": "gzip", "content-length": body.length }).end(body);
    });
    const { headers, body } = await ask(url);
    expect([textOf(body), headers["content-encoding"], headers["content-length"]]).toEqual([
      "lamps",
      undefined,
      undefined,
    ]);
  });

  it("no cookie gets lost, and header text is read byte by byte", async () => {
    const { url } = await serve((_, to) => {
      to.writeHead(200, { "set-cookie": ["a=1", "b=2"], "x-name": "caf\u00e9" }).end();
    });
    expect((await ask(url)).headers).toMatchObject({ "set-cookie": "a=1, b=2", "x-name": "caf\u00e9" });
  });

  it.each<[string, Partial<HttpRequest>]>([
    ["an address that is none", { url: "http://" }],
    ["a header value beyond Latin", { headers: { "x-name": "ключ" } }],
    ["a header value of two lines", { headers: { "x-name": "secret\r\nx-other: 1" } }],
    ["a header name that is none", { headers: { "x y": "secret" } }],
  ])("%s is invalid, and not repeated", async (_case, more) => {
    const { url, asked } = await serve(whole);
    for (const work of [ask(url, more), stream(url, more).next()]) {
      const failure = await failureOf(work);
      expect(failure.kind).toBe("invalid_input");
      expect(failure.message).not.toMatch(/secret|ключ/);
    }
    expect(asked()).toBe(0);
  });

  it.each<[string, () => Promise<string>, string]>([
    ["nobody there", unusedUrl, "connection_refused"],
    ["a body that is cut", async () => (await serve(cut)).url, "connection_reset"],
    ["a connection that closes before the head", () => serveBytes(""), "connection_reset"],
    ["garbage instead of HTTP", () => serveBytes("garbage secret\r\n\r\n"), "other"],
  ])("%s is the same kind of failure, told without the query", async (_case, urlOf, kind) => {
    const url = await urlOf();
    const failure = await failureOf(ask(`${url}?key=secret`));
    expect(failure).toMatchObject({ kind, effect: "http.request" });
    expect(failure.message).toContain(url);
    expect(failure.message).not.toContain("secret");
  });

  it.each<[string, Answer, Partial<HttpRequest>, RegExp]>([
    ["the head", silent, { timeoutMs: 30 }, /^No response headers of \S+ within 30 ms$/],
    ["the next piece", endless, { readTimeoutMs: 30 }, /^Nothing of the response of \S+ came for 30 ms$/],
    ["all of it", silent, { totalTimeoutMs: 30 }, /^The exchange with \S+ timed out after 30 ms$/],
  ])("a limit for %s is told in the same words, and closes the connection", async (_case, answer, limits, words) => {
    const { url, left, asked } = await serve(answer);
    const signal = new CancelToken();
    const failure = await failureOf(ask(`${url}?key=secret`, limits, signal));
    expect(failure).toMatchObject({ kind: "timeout", message: expect.stringMatching(words) });
    // On a busy machine the time may be over before the server has heard of it.
    if (asked() > 0) await left;
    expect(signal.listenerCount).toBe(0);
  });

  it.each([2 ** 31, Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY])(
    "a limit of %d ms is not over at once",
    async (ms) => {
      const { url } = await serve((_, response) => {
        response.write("who");
        setTimeout(() => response.end("le"), 50);
      });
      const limits = { timeoutMs: ms, readTimeoutMs: ms, totalTimeoutMs: ms, connectTimeoutMs: ms };
      expect(textOf((await ask(url, limits)).body)).toBe("whole");
    },
  );

  it("a signal that fired before sends nothing", async () => {
    const { url, asked } = await serve(whole);
    const signal = new CancelToken();
    signal.cancel("enough");
    await expect(ask(url, {}, signal)).rejects.toBe("enough");
    await expect(stream(url, {}, signal).next()).rejects.toBe("enough");
    expect(asked()).toBe(0);
  });

  it.each([
    ["before the head", silent, 0],
    ["in the body", endless, 2],
  ] as const)(
    "a signal %s ends a stream with its reason, once, and closes the connection",
    async (_case, answer, taken) => {
      const { url, left } = await serve(answer);
      const signal = new CancelToken();
      const items = stream(url, { totalTimeoutMs: 60_000 }, signal);
      for (let count = 0; count < taken; count++) await items.next();
      const waiting = items.next();
      setTimeout(() => signal.cancel("enough"), 20);
      await expect(waiting).rejects.toBe("enough");
      expect(await items.next()).toEqual({ done: true, value: undefined });
      expect(signal.listenerCount).toBe(0);
      if (taken > 0) await left;
    },
  );

  it("a signal after the end, and leaving twice, do nothing", async () => {
    const { url } = await serve(whole);
    const signal = new CancelToken();
    const items = stream(url, {}, signal);
    for (let next = await items.next(); next.done !== true; ) next = await items.next();
    expect(signal.listenerCount).toBe(0);
    signal.cancel("enough");
    expect(await items.return?.()).toEqual({ done: true, value: undefined });
    expect(await items.return?.()).toEqual({ done: true, value: undefined });
    expect(await items.next()).toEqual({ done: true, value: undefined });
  });

  it("who leaves a stream that it has not begun has sent nothing", async () => {
    const { url, asked } = await serve(whole);
    const items = stream(url);
    expect(await items.return?.()).toEqual({ done: true, value: undefined });
    expect(await items.next()).toEqual({ done: true, value: undefined });
    expect(asked()).toBe(0);
  });

  it("a body of many pieces arrives whole", async () => {
    const { url } = await serve((_, response) => {
      const piece = Buffer.alloc(64 * 1024, "x");
      let left = 160;
      const more = (): void => {
        while (left-- > 0) if (!response.write(piece)) return void response.once("drain", more);
        response.end();
      };
      more();
    });
    expect((await ask(url)).body).toHaveLength(160 * 64 * 1024);
  });
});

async function failureOf(work: Promise<unknown>): Promise<HostError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(HostError);
  return error as HostError;
}
