import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { HostError, type HttpRequest } from "../../base/index.ts";
import { createConnections } from "./connections.ts";
import { createHttpHandlers } from "./http.ts";
import { readTlsSettings } from "./tls-settings.ts";

const open: { close: () => void }[] = [];

afterEach(() => {
  for (const resource of open.splice(0)) resource.close();
});

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server: Server = createServer(answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  open.push({
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function client() {
  const connections = createConnections(() => ({}));
  open.push({ close: () => connections.close() });
  return createHttpHandlers(connections);
}

const get = (url: string, extra: Partial<HttpRequest> = {}) =>
  client().request({ method: "GET", url, headers: {}, ...extra });

const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "no error",
    (error: unknown) => (error instanceof HostError ? [error.kind, error.message] : error),
  );

describe("limits in time", () => {
  const stalled = () =>
    serve((_request, response) => {
      response.write("first");
    });

  it("a body that stops coming", async () => {
    const url = await stalled();
    expect(await failure(get(url, { readTimeoutMs: 20 }))).toEqual([
      "timeout",
      `Nothing of the response of ${url}/ came for 20 ms`,
    ]);
  });

  it("an exchange that takes too long as a whole", async () => {
    const url = await stalled();
    expect(await failure(get(url, { totalTimeoutMs: 20 }))).toEqual([
      "timeout",
      `The exchange with ${url}/ timed out after 20 ms`,
    ]);
  });

  it("a stream that takes too long as a whole", async () => {
    const url = await stalled();
    const request = { method: "GET", url, headers: {}, totalTimeoutMs: 30 };
    const items = client().stream(request)[Symbol.asyncIterator]();
    expect(await items.next()).toMatchObject({ value: { kind: "head" } });
    expect(await items.next()).toMatchObject({ value: { kind: "chunk" } });
    expect(await failure(items.next())).toMatchObject(["timeout", expect.stringContaining("timed out after 30 ms")]);
  });

  it("a body that comes in time is not cut", async () => {
    const url = await serve((_request, response) => {
      response.write("a");
      setImmediate(() => response.end("b"));
    });
    const { body } = await get(url, { readTimeoutMs: 5000, totalTimeoutMs: 5000, connectTimeoutMs: 5000 });
    expect(new TextDecoder().decode(body)).toBe("ab");
  });
});

describe("what a request may choose", () => {
  it("how many redirects are followed", async () => {
    const url = await serve((request, response) => {
      const hop = Number(request.url?.slice(1));
      if (hop === 0) response.end("there");
      else response.writeHead(302, { location: `/${hop - 1}` }).end();
    });
    expect((await get(`${url}/2`, { maxRedirects: 2 })).status).toBe(200);
    expect(await failure(get(`${url}/3`, { maxRedirects: 2 }))).toMatchObject([
      "invalid_input",
      expect.stringContaining("More than 2 redirects"),
    ]);
  });

  it("the body as it is on the wire", async () => {
    const packed = gzipSync("text");
    const url = await serve((request, response) => {
      expect(request.headers["accept-encoding"]).toBeUndefined();
      response.writeHead(200, { "content-encoding": "gzip" }).end(packed);
    });
    const response = await get(url, { decompress: false });
    expect(Buffer.from(response.body)).toEqual(packed);
    expect(response.headers["content-encoding"]).toBe("gzip");
  });

  it("a proxy of its own, with a name and a password, but not for hosts that are exempt", async () => {
    const seen: unknown[] = [];
    const proxy = await serve((request, response) => {
      seen.push([request.url, request.headers["proxy-authorization"]]);
      response.end("by proxy");
    });
    const direct = await serve((_request, response) => response.end("direct"));
    const chosen = { url: proxy, username: "user", password: "p:w" };
    const asText = async (work: Promise<{ body: Uint8Array }>) => new TextDecoder().decode((await work).body);
    expect(await asText(get("http://example.invalid/x", { proxy: chosen }))).toBe("by proxy");
    expect(await asText(get(direct, { proxy: { ...chosen, noProxy: "127.0.0.1" } }))).toBe("direct");
    expect(seen).toEqual([["http://example.invalid/x", `Basic ${Buffer.from("user:p:w").toString("base64")}`]]);
  });

  it("a proxy that is none", async () => {
    expect(await failure(get("http://example.invalid/", { proxy: { url: "http://" } }))).toMatchObject([
      "invalid_input",
      expect.stringContaining("Expected the address of a proxy"),
    ]);
  });
});

describe("trust", () => {
  it("a file of certificates that is not there", async () => {
    expect(await failure(readTlsSettings({ caPath: "/no/such.pem" }, "/", "http.request"))).toEqual([
      "not_found",
      "Cannot read the certificates /no/such.pem: no such file, folder or command (ENOENT)",
    ]);
  });

  it("pins in any form share connections", async () => {
    const pin = "ab".repeat(32);
    const keys = await Promise.all(
      [pin, `sha256/${pin.toUpperCase()}`, `sha256:${pin.replace(/../g, "$&:").slice(0, -1)}`].map(
        async (each) => (await readTlsSettings({ pinnedSha256: [each] }, "/", "http.request")).key,
      ),
    );
    expect(new Set(keys).size).toBe(1);
  });
});
