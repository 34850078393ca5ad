import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Socket,
  type Server as TcpServer,
} from "node:net";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { CancelToken, HostError, type HttpStreamItem } from "../../base/index.ts";
import { type Connections, createConnections, proxyFor } from "./connections.ts";
import { createHttpHandlers, type HttpLimits } from "./http.ts";

const open: { close: () => void }[] = [];

afterEach(() => {
  for (const resource of open.splice(0)) resource.close();
});

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

async function serve(answer: Answer): Promise<{ url: string; server: Server; sockets: Set<Socket> }> {
  const server = createServer(answer);
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => sockets.add(socket));
  await listen(server);
  open.push({
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server, sockets };
}

async function serveTcp(onSocket: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    onSocket(socket);
  });
  await listen(server);
  open.push({
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function listen(server: Server | TcpServer): Promise<void> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
}

function client(limits: HttpLimits = {}, environment: Record<string, string> = {}) {
  const connections: Connections = createConnections(() => environment);
  open.push({ close: () => connections.close() });
  const http = createHttpHandlers(connections, limits);
  const get = (url: string, extra: object = {}, signal?: CancelToken) =>
    http.request({ method: "GET", url, headers: {}, ...extra }, signal);
  const stream = (url: string, extra: object = {}, signal?: CancelToken) =>
    http.stream({ method: "GET", url, headers: {}, ...extra }, signal)[Symbol.asyncIterator]();
  return { http, get, stream };
}

const failure = async (work: Promise<unknown>): Promise<HostError> => {
  const error = await work.then(
    () => expect.fail("expected a failure"),
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(HostError);
  return error as HostError;
};
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const chunkText = (result: IteratorResult<HttpStreamItem, unknown>): string =>
  result.done !== true && result.value.kind === "chunk" ? text(result.value.bytes) : `not a chunk: ${result.done}`;

describe("http.request", () => {
  it("sends method, headers and body, and reads status, headers and body", async () => {
    const { url } = await serve((request, response) => {
      let body = "";
      request.on("data", (chunk) => (body += chunk));
      request.on("end", () => {
        response.writeHead(201, {
          "X-Seen": `${request.method} ${request.url} ${request.headers["x-a"]}`,
          "set-cookie": ["a=1", "b=2"],
        });
        response.end(`${request.headers["content-length"]}:${body}`);
      });
    });
    const { http } = client();
    const response = await http.request({
      method: "delete",
      url: `${url}/p?q=1`,
      headers: { "x-a": "yes" },
      body: "hé",
    });
    expect(response.status).toBe(201);
    expect(response.headers["x-seen"]).toBe("DELETE /p?q=1 yes");
    expect(response.headers["set-cookie"]).toBe("a=1, b=2");
    expect(text(response.body)).toBe("3:hé");
    expect(response.url).toBe(`${url}/p?q=1`);
  });

  it.each([
    ["gzip", gzipSync("hello")],
    ["deflate", deflateSync("hello")],
    ["br", brotliCompressSync("hello")],
  ])("decodes %s", async (encoding, body) => {
    const { url } = await serve((_, response) => {
      response.writeHead(200, { "content-encoding": encoding });
      response.end(body);
    });
    const response = await client().get(url);
    expect(text(response.body)).toBe("hello");
    expect(response.headers["content-encoding"]).toBeUndefined();
  });

  it("keeps binary bodies as they are", async () => {
    const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => i & 0xff);
    const { url } = await serve((_, response) => response.end(bytes));
    const response = await client().get(url);
    expect(Buffer.compare(response.body, bytes)).toBe(0);
    expect(Buffer.isBuffer(response.body)).toBe(false);
  });

  it.each([
    { status: 302, method: "POST", then: "GET /end " },
    { status: 303, method: "PUT", then: "GET /end " },
    { status: 307, method: "POST", then: "POST /end body" },
  ])("follows $status after $method", async ({ status, method, then }) => {
    const { url } = await serve((request, response) => {
      let body = "";
      request.on("data", (chunk) => (body += chunk));
      request.on("end", () => {
        if (request.url === "/start") response.writeHead(status, { location: "/end" }).end();
        else response.end(`${request.method} ${request.url} ${body}`);
      });
    });
    const response = await client().http.request({ method, url: `${url}/start`, headers: {}, body: "body" });
    expect(text(response.body)).toBe(then);
    expect(response.url).toBe(`${url}/end`);
  });

  it("gives no key to another server, and gives up going round in circles", async () => {
    const other = await serve((request, response) =>
      response.end(JSON.stringify([request.headers.authorization ?? null, request.headers["x-kept"] ?? null])),
    );
    const { url } = await serve((request, response) =>
      response.writeHead(302, { location: request.url === "/away" ? other.url : "/loop" }).end(),
    );
    const headers = { Authorization: "Bearer k", "x-kept": "yes" };
    const response = await client().get(`${url}/away`, { headers });
    expect(text(response.body)).toBe('[null,"yes"]');
    const error = await failure(client({ maxRedirects: 3 }).get(`${url}/loop`));
    expect(error.message).toBe(`More than 3 redirects from ${url}/loop`);
    const asked = await client().get(`${url}/loop`, { followRedirects: false });
    expect(asked.status).toBe(302);
  });

  it("refuses a body over the limit and closes the connection", async () => {
    let closed: Promise<unknown> | undefined;
    const { url } = await serve((_, response) => {
      closed = once(response, "close");
      response.on("error", () => {});
      response.write(Buffer.alloc(200_000));
    });
    const error = await failure(client({ maxBodyBytes: 100_000 }).get(url));
    expect(error.kind).toBe("invalid_input");
    await closed;
  });

  it("uses a connection again, and asks anew when the server had closed it meanwhile", async () => {
    const { url, sockets } = await serve((_, response) => response.end("ok"));
    const { get } = client();
    await get(url);
    await get(url);
    expect(sockets.size).toBe(1);
    // The server side goes away without the client having had a turn to see it.
    const again = get(url);
    for (const socket of sockets) socket.resetAndDestroy();
    expect(text((await again).body)).toBe("ok");
    expect(sockets.size).toBe(2);
  });
});

describe("http failures", () => {
  it.each([
    ["nothing listens", "http://127.0.0.1:1/", "connection_refused"],
    ["no such name", "http://no-such-name.invalid/", "dns"],
    ["not an address", "nonsense", "invalid_input"],
    ["another protocol", "ftp://127.0.0.1/", "unsupported"],
  ])("%s", async (_, url, kind) => {
    const { get } = client();
    const error = await failure(get(url));
    expect([error.kind, error.effect]).toEqual([kind, "http.request"]);
  });

  it("a header that cannot be sent", async () => {
    const error = await failure(client().get("http://127.0.0.1:1/", { headers: { "x-a": "line\nbreak" } }));
    expect(error.kind).toBe("invalid_input");
  });

  it("TLS to a server that speaks none", async () => {
    const url = await serveTcp((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const error = await failure(client().get(url.replace("http:", "https:")));
    expect(error.kind).toBe("tls");
  });

  it("garbage instead of HTTP, without repeating it", async () => {
    const url = await serveTcp((socket) => socket.end("\u0000secret garbage\r\n\r\n"));
    const error = await failure(client().get(url));
    expect(error.message).toBe(`GET ${url}/ failed: the answer is not HTTP`);
  });

  it("a connection that closes before the head", async () => {
    const url = await serveTcp((socket) => socket.once("data", () => socket.destroy()));
    expect((await failure(client().get(url))).kind).toBe("connection_reset");
  });

  it.each([
    ["a length that is not reached", "Content-Length: 100\r\n\r\nhalf"],
    ["a chunk that is cut", "Transfer-Encoding: chunked\r\n\r\n10\r\nhalf"],
  ])("a body cut by %s: what came is given, then the failure", async (_, rest) => {
    const url = await serveTcp((socket) => socket.once("data", () => socket.end(`HTTP/1.1 200 OK\r\n${rest}`)));
    expect((await failure(client().get(url))).kind).toBe("connection_reset");
    const items = client().stream(url);
    expect((await items.next()).value).toMatchObject({ kind: "head", status: 200 });
    expect(chunkText(await items.next())).toBe("half");
    expect((await failure(items.next())).kind).toBe("connection_reset");
    expect((await items.next()).done).toBe(true);
  });

  it("a compressed body that is cut", async () => {
    const packed = gzipSync("x".repeat(10_000));
    const { url } = await serve((_, response) => {
      response.writeHead(200, { "content-encoding": "gzip" });
      response.end(packed.subarray(0, packed.length - 10));
    });
    expect((await failure(client().get(url))).effect).toBe("http.request");
  });

  it("no head within the time-out, redirects included; credentials stay out of the message", async () => {
    const { url } = await serve((request, response) => {
      if (request.url === "/start") response.writeHead(302, { location: "/stall?key=secret" }).end();
    });
    const error = await failure(client().get(`${url.replace("//", "//me:secret@")}/start`, { timeoutMs: 60 }));
    expect(error.kind).toBe("timeout");
    expect(error.message).toBe(`No response headers of ${url}/stall within 60 ms`);
  });

  it("a time-out says nothing about the body", async () => {
    const { url } = await serve((_, response) => {
      response.write("a");
      setTimeout(() => response.end("b"), 1200);
    });
    // Long enough for the head on a busy machine.
    expect(text((await client().get(url, { timeoutMs: 1000 })).body)).toBe("ab");
  });
});

describe("http cancellation", () => {
  it("gives up waiting for the head at once, and leaves no listener", async () => {
    const { url, server } = await serve(() => {});
    const token = new CancelToken();
    const arrived = once(server, "request");
    const work = client().get(url, {}, token);
    const [, response] = (await arrived) as [IncomingMessage, ServerResponse];
    const closed = once(response, "close");
    token.cancel("enough");
    await expect(work).rejects.toBe("enough");
    expect(token.listenerCount).toBe(0);
    await closed;
  });

  it("ends a body that stalls, drops what waited, and closes the socket", async () => {
    let closed: Promise<unknown> | undefined;
    const { url } = await serve((_, response) => {
      closed = once(response, "close");
      response.write("one");
    });
    const token = new CancelToken();
    const items = client().stream(url, {}, token);
    await items.next();
    expect(chunkText(await items.next())).toBe("one");
    const stalled = items.next();
    token.cancel("enough");
    await expect(stalled).rejects.toBe("enough");
    expect((await items.next()).done).toBe(true);
    expect(token.listenerCount).toBe(0);
    await closed;
  });

  it("a signal that fired before sends nothing", async () => {
    let asked = 0;
    const { url } = await serve((_, response) => response.end(String(++asked)));
    const token = new CancelToken();
    token.cancel("before");
    await expect(client().get(url, {}, token)).rejects.toBe("before");
    await expect(client().stream(url, {}, token).next()).rejects.toBe("before");
    expect(asked).toBe(0);
  });

  it("returning early closes the connection, while the head is awaited as well as in the body", async () => {
    const closings: Promise<unknown>[] = [];
    const { url, server } = await serve((request, response) => {
      closings.push(once(response, "close"));
      if (request.url === "/body") response.write("x");
    });
    const token = new CancelToken();
    const body = client().stream(`${url}/body`, {}, token);
    await body.next();
    await body.return?.();
    const arrived = once(server, "request");
    const head = client().stream(`${url}/head`, {}, token);
    const waiting = head.next();
    await arrived;
    await head.return?.();
    expect((await waiting).done).toBe(true);
    await Promise.all(closings);
    expect(token.listenerCount).toBe(0);
  });

  it("a body read to its end leaves no listener either", async () => {
    const { url } = await serve((_, response) => response.end("all"));
    const token = new CancelToken();
    expect(text((await client().get(url, {}, token)).body)).toBe("all");
    const items = client().stream(url, {}, token);
    while ((await items.next()).done !== true);
    expect(token.listenerCount).toBe(0);
  });
});

describe("http.stream", () => {
  it("yields head and chunks as they come", async () => {
    let send: ServerResponse | undefined;
    const { url } = await serve((_, response) => {
      send = response;
      response.write("first");
    });
    const items = client().stream(url);
    expect((await items.next()).value).toMatchObject({ kind: "head", status: 200 });
    expect(chunkText(await items.next())).toBe("first");
    send?.write("second");
    expect(chunkText(await items.next())).toBe("second");
    send?.end();
    expect((await items.next()).done).toBe(true);
  });

  it("does not ask for the next chunk of a server that a slow consumer cannot keep up with", async () => {
    const total = 64 * 1024 * 1024;
    let written = 0;
    let isFull: () => void = () => {};
    const full = new Promise<void>((resolve) => {
      isFull = resolve;
    });
    const { url } = await serve((_, response) => {
      const push = () => {
        while (written < total) {
          written += 65_536;
          if (!response.write(Buffer.alloc(65_536))) {
            // Nobody drains it any more when nothing moves for a while.
            const stuck = setTimeout(isFull, 150);
            response.once("drain", () => {
              clearTimeout(stuck);
              push();
            });
            return;
          }
        }
        response.end();
      };
      push();
    });
    const items = client().stream(url);
    await items.next();
    await full;
    expect(written).toBeLessThan(total / 2);
    let size = 0;
    for (let next = await items.next(); next.done !== true; next = await items.next()) {
      if (next.value.kind === "chunk") size += next.value.bytes.length;
    }
    expect(size).toBe(total);
  });
});

describe("proxies", () => {
  const proxy = "http://proxy.test:8080";
  it.each([
    ["http://a.test/", { HTTP_PROXY: proxy }, "proxy.test:8080"],
    ["https://a.test/", { HTTP_PROXY: proxy }, undefined],
    ["https://a.test/", { ALL_PROXY: "proxy.test:1" }, "proxy.test:1"],
    ["https://a.test/", { https_proxy: "http://lower.test:1", HTTPS_PROXY: proxy }, "lower.test:1"],
    ["http://a.test/", { HTTP_PROXY: proxy, NO_PROXY: "b.test, a.test" }, undefined],
    ["http://sub.a.test/", { HTTP_PROXY: proxy, NO_PROXY: ".a.test" }, undefined],
    ["http://nota.test/", { HTTP_PROXY: proxy, NO_PROXY: "a.test" }, "proxy.test:8080"],
    ["http://a.test:81/", { HTTP_PROXY: proxy, NO_PROXY: "a.test:80" }, "proxy.test:8080"],
    ["http://a.test/", { HTTP_PROXY: proxy, NO_PROXY: "a.test:80" }, undefined],
    ["http://a.test/", { HTTP_PROXY: proxy, no_proxy: "*" }, undefined],
    ["http://127.0.0.9/", { HTTP_PROXY: proxy }, undefined],
    ["http://[::1]/", { HTTP_PROXY: proxy }, undefined],
  ])("%s with %j goes through %s", (url, environment, expected) => {
    expect(proxyFor(new URL(url), environment)?.host).toBe(expected);
  });

  it("asks an HTTP proxy for the whole address, with the credentials it was given", async () => {
    const { url } = await serve((request, response) =>
      response.end([request.url, request.headers.host, request.headers["proxy-authorization"]].join(" ")),
    );
    const { get } = client({}, { HTTP_PROXY: url.replace("//", "//me:pass@") });
    expect(text((await get("http://a.test/p?q=1")).body)).toBe(`http://a.test/p?q=1 a.test Basic ${btoa("me:pass")}`);
  });

  it("tunnels HTTPS through CONNECT, and says when the proxy refuses", async () => {
    const seen: string[] = [];
    const { url, server } = await serve(() => {});
    server.on("connect", (request, socket) => {
      seen.push(`${request.method} ${request.url}`);
      socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    });
    const error = await failure(client({}, { HTTPS_PROXY: url }).get("https://a.test/"));
    expect(seen).toEqual(["CONNECT a.test:443"]);
    expect(error.kind).toBe("connection_refused");
    expect(error.message).toContain("refused a tunnel to a.test:443 (407)");
  });

  it("speaks TLS inside the tunnel", async () => {
    const target = await serveTcp((socket) => socket.write("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const { url, server } = await serve(() => {});
    server.on("connect", (_, socket, head) => {
      const onward = connect(Number(new URL(target).port), "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        onward.write(head);
        socket.pipe(onward).pipe(socket);
      });
      onward.on("error", () => {});
    });
    expect((await failure(client({}, { HTTPS_PROXY: url }).get("https://a.test/"))).kind).toBe("tls");
  });

  it("refuses a SOCKS proxy instead of going around it", async () => {
    const error = await failure(client({}, { ALL_PROXY: "socks5://127.0.0.1:1" }).get("http://a.test/"));
    expect(error.kind).toBe("unsupported");
  });
});
