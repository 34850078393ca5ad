import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it, vi } from "vitest";
import { CancelToken, HostError, type HttpRequest, type HttpStreamItem } from "../base/index.ts";
import { createConsoleLines } from "./console-lines.ts";
import type { Fetch } from "./fetch-http.ts";
import { createWebHost, nextTurn, type WebHost, type WebHostOptions } from "./index.ts";

const open: Server[] = [];

afterEach(() => {
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A server on this machine, and whether the connection of its last answer has been closed by the other side. */
async function serve(
  answer: Answer,
): Promise<{ readonly url: string; readonly left: Promise<void>; readonly asked: () => number }> {
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
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/path`, left, asked: () => asked };
}

function get(
  url: string,
  more: Partial<HttpRequest> & { readonly options?: WebHostOptions; readonly signal?: CancelToken } = {},
) {
  const { options, signal, ...request } = more;
  return createWebHost(options).perform("http.request", { method: "GET", url, headers: {}, ...request }, signal);
}

async function failureOf(work: Promise<unknown>): Promise<HostError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(HostError);
  return error as HostError;
}

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const endless: Answer = (_, response) => {
  response.writeHead(200, { "content-type": "text/plain" });
  response.write("piece");
};
const silent: Answer = () => {};

describe("HTTP over fetch", () => {
  it("sends what it is given and gives what comes, decompressed", async () => {
    const { url } = await serve((request, response) => {
      let seen = `${request.method} ${request.url} ${request.headers["x-name"]} `;
      request.setEncoding("utf8").on("data", (text: string) => (seen += text));
      request.on("end", () => {
        response.writeHead(201, { "content-encoding": "gzip", "x-answer": "yes" }).end(gzipSync(seen));
      });
    });
    const request = { method: "post", headers: { "x-name": "lamp" }, body: bytesOf("Grüße") };
    const { status, headers, body, url: from } = await get(`${url}?a=1`, request);
    expect({ status, from, body: textOf(body) }).toEqual({
      status: 201,
      from: `${url}?a=1`,
      body: "POST /path?a=1 lamp Grüße",
    });
    expect(headers["x-answer"]).toBe("yes");
  });

  it("an answer without a body has none", async () => {
    const { url } = await serve((_, response) => response.writeHead(204).end());
    expect(await get(url)).toMatchObject({ status: 204, body: new Uint8Array(0) });
  });

  it("redirects are followed, or looked at where the platform lets one, or refused", async () => {
    const { url } = await serve((request, response) => {
      if (request.url === "/path") response.writeHead(302, { location: "/next" }).end();
      else response.end("here");
    });
    const followed = await get(url);
    expect([textOf(followed.body), new URL(followed.url).pathname]).toEqual(["here", "/next"]);
    expect(await get(url, { followRedirects: false })).toMatchObject({ status: 302, headers: { location: "/next" } });
    expect(await failureOf(get(url, { maxRedirects: 0 }))).toMatchObject({ kind: "other" });
  });

  it("a page that may not look at a redirect is told so", async () => {
    const opaque = Object.defineProperty(Response.error(), "type", { value: "opaqueredirect" });
    const options = { fetch: async () => opaque };
    expect(await failureOf(get("http://127.0.0.1/", { followRedirects: false, options }))).toMatchObject({
      kind: "unsupported",
    });
  });

  it.each<[string, Partial<HttpRequest>]>([
    ["a proxy", { proxy: { url: "http://127.0.0.1:1" } }],
    ["certificates", { tls: { caPath: "ca.pem" } }],
    ["bytes as they are on the wire", { decompress: false }],
  ])("%s of one's own are refused rather than left out", async (_name, more) => {
    expect(await failureOf(get("http://127.0.0.1/", more))).toMatchObject({ kind: "unsupported" });
  });

  it.each<[string, Partial<HttpRequest>]>([
    ["an address that is none", { url: "http://" }],
    ["a header that is none", { headers: { "x y": "1" } }],
    ["a body where none may be", { body: "text" }],
  ])("%s is invalid, and its words are not repeated", async (_name, more) => {
    const url = "http://user:secret@127.0.0.1/";
    const failure = await failureOf(get(url, { headers: { authorization: "secret" }, ...more }));
    expect(failure).toMatchObject({ kind: "invalid_input" });
    expect(failure.message).not.toContain("secret");
  });

  it("a server that is not there: the address without its query", async () => {
    const { url } = await serve(silent);
    open.splice(0).forEach((server) => {
      server.close();
    });
    const failure = await failureOf(get(`${url}?key=secret`));
    expect(failure).toMatchObject({ kind: "connection_refused", effect: "http.request" });
    expect(failure.message).toContain(`GET ${url} failed: `);
    expect(failure.message).not.toContain("secret");
  });

  it.each<[string, Answer, Partial<HttpRequest>, string]>([
    ["the head", silent, { timeoutMs: 30 }, "No response headers of"],
    ["the next piece", endless, { readTimeoutMs: 30 }, "came for 30 ms"],
    ["all of it, before the head", silent, { totalTimeoutMs: 30 }, "timed out after 30 ms"],
    ["all of it, in the body", endless, { totalTimeoutMs: 200 }, "timed out after 200 ms"],
  ])("a time limit for %s closes the connection", async (_name, answer, limits, words) => {
    const { url, left, asked } = await serve(answer);
    const failure = await failureOf(get(url, limits));
    expect(failure).toMatchObject({ kind: "timeout" });
    expect(failure.message).toContain(words);
    // On a busy machine the time may be over before the server has heard of it.
    if (asked() > 0) await left;
  });

  it("a limit for the head says nothing about the body", async () => {
    const { url } = await serve((_, response) => {
      response.writeHead(200);
      response.write("one ");
      setTimeout(() => response.end("two"), 1_200);
    });
    // Long enough for the head on a busy machine.
    expect(textOf((await get(url, { timeoutMs: 1_000, totalTimeoutMs: 20_000 })).body)).toBe("one two");
  });

  it.each<[string, Answer]>([
    ["waits for the head", silent],
    ["reads the body", endless],
  ])(
    "a cancel while it %s rejects with the reason, closes the connection, and leaves no listener",
    async (_name, answer) => {
      const asked = new Promise<void>((resolve) => {
        const inner = answer;
        answer = (request, response) => {
          inner(request, response);
          resolve();
        };
      });
      const { url, left } = await serve((request, response) => answer(request, response));
      const signal = new CancelToken();
      const work = get(url, { signal });
      await asked;
      signal.cancel("enough");
      await expect(work).rejects.toBe("enough");
      await left;
      expect(signal.listenerCount).toBe(0);
    },
  );

  it("a `fetch` of somebody else that hears of no cancel is left all the same", async () => {
    const options = {
      fetch: async () => new Response(new ReadableStream({ start: (body) => body.enqueue(bytesOf("a")) })),
    };
    const signal = new CancelToken();
    const work = get("http://127.0.0.1/", { options, signal });
    await nextTurn();
    signal.cancel("enough");
    await expect(work).rejects.toBe("enough");
    const silence = get("http://127.0.0.1/", { options: { fetch: () => new Promise(() => {}) }, timeoutMs: 10 });
    expect(await failureOf(silence)).toMatchObject({ kind: "timeout" });
  });

  describe("a `fetch` of somebody else", () => {
    const secret = "http://127.0.0.1/path?key=secret";
    const asks = (fetch: Fetch, signal?: CancelToken) =>
      get(secret, { options: { fetch }, totalTimeoutMs: 60_000, ...(signal === undefined ? {} : { signal }) });

    it.each<[string, Fetch, string]>([
      [
        "throws at once",
        () => {
          throw new TypeError("broken");
        },
        "GET http://127.0.0.1/path failed: broken (",
      ],
      ["rejects with a text", () => Promise.reject("broken"), "failed: broken ("],
      ["rejects with nothing", () => Promise.reject(undefined), "failed: it gave no reason ("],
      ["rejects with what has no text", () => Promise.reject(Object.create(null)), "failed: it gave no reason ("],
      [
        "repeats the address",
        () => Promise.reject(new Error(`no answer of ${secret}`)),
        "no answer of http://127.0.0.1/path",
      ],
      ["gives no answer", async () => undefined as unknown as Response, "failed: "],
      [
        "gives an answer that it has read itself",
        async () => {
          const response = new Response("text");
          response.body?.getReader();
          return response;
        },
        "failed: ",
      ],
    ])("that %s fails as HTTP does, and leaves no listener and no timer", async (_name, fetch, words) => {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      try {
        const signal = new CancelToken();
        const failure = await failureOf(asks(fetch, signal));
        expect(failure).toMatchObject({ kind: "other", effect: "http.request" });
        expect(failure.message).toContain(words);
        expect(failure.message).not.toContain("secret");
        expect(signal.listenerCount).toBe(0);
        expect(vi.getTimerCount()).toBe(0);
      } finally {
        vi.useRealTimers();
      }
    });

    it("may refuse by itself, in its own words", async () => {
      const refusal = new HostError("permission_denied", "http.request", "Not to that server");
      await expect(asks(() => Promise.reject(refusal))).rejects.toBe(refusal);
    });

    it.each([
      ["while it is asked", false],
      ["just as it answers", true],
    ])("that answers although it was left %s has its body let go", async (_name, atTheAnswer) => {
      const signal = new CancelToken();
      let cancelled = (): void => {};
      const letGo = new Promise<void>((resolve) => {
        cancelled = resolve;
      });
      let answer = (_: Response): void => {};
      const answered = new Promise<Response>((resolve) => {
        answer = resolve;
      });
      const work = asks(() => answered, signal);
      await nextTurn();
      if (!atTheAnswer) signal.cancel("enough");
      answer(new Response(new ReadableStream({ cancel: () => cancelled() })));
      if (atTheAnswer) queueMicrotask(() => signal.cancel("enough"));
      await expect(work).rejects.toBe("enough");
      await letGo;
    });

    it("is not asked by who has left", async () => {
      const fetch = vi.fn<Fetch>();
      const signal = new CancelToken();
      signal.cancel("enough");
      const host = createWebHost({ fetch });
      const request = { method: "GET", url: secret, headers: {}, totalTimeoutMs: 60_000 };
      const items = host.stream("http.stream", request, signal)[Symbol.asyncIterator]();
      await expect(items.next()).rejects.toBe("enough");
      expect(await items.next()).toEqual({ done: true, value: undefined });
      expect(fetch).not.toHaveBeenCalled();
    });
  });

  it("a body that is cut, or too large, is an error", async () => {
    const cut = await serve((request, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("half", () => request.socket.destroy());
    });
    expect(await failureOf(get(cut.url))).toMatchObject({ kind: "connection_reset" });
    const large = await serve(endless);
    const failure = await failureOf(get(large.url, { options: { maxBodyBytes: 4 } }));
    expect(failure).toMatchObject({ kind: "invalid_input" });
    expect(failure.message).toContain("larger than 4 bytes; stream it instead");
    await large.left;
  });

  describe("streamed", () => {
    const streamOf = (url: string, signal?: CancelToken): AsyncIterator<HttpStreamItem> =>
      createWebHost().stream("http.stream", { method: "GET", url, headers: {} }, signal)[Symbol.asyncIterator]();

    it("head, pieces, end; nothing is asked before the first", async () => {
      let asked = 0;
      const { url } = await serve((_, response) => {
        asked++;
        response.end("text");
      });
      const items = streamOf(url);
      await nextTurn();
      expect(asked).toBe(0);
      expect(await items.next()).toMatchObject({ value: { kind: "head", status: 200, url } });
      expect(await items.next()).toEqual({ done: false, value: { kind: "chunk", bytes: bytesOf("text") } });
      expect(await items.next()).toEqual({ done: true, value: undefined });
      expect(await items.next()).toEqual({ done: true, value: undefined });
    });

    it.each([
      ["before the head", silent, 0],
      ["in the body", endless, 2],
    ] as const)(
      "who leaves %s closes the connection, and a reader that waits is let go",
      async (_name, answer, taken) => {
        let ask = (): void => {};
        const asked = new Promise<void>((resolve) => {
          ask = resolve;
        });
        const { url, left } = await serve((request, response) => {
          answer(request, response);
          ask();
        });
        const items = streamOf(url);
        for (let count = 0; count < taken; count++) await items.next();
        const waiting = items.next();
        await asked;
        expect(await items.return?.()).toEqual({ done: true, value: undefined });
        expect(await waiting).toEqual({ done: true, value: undefined });
        expect(await items.next()).toEqual({ done: true, value: undefined });
        await left;
      },
    );

    it("a failure is told once", async () => {
      const signal = new CancelToken();
      const { url } = await serve(endless);
      const items = streamOf(url, signal);
      await items.next();
      signal.cancel("enough");
      await expect(items.next()).rejects.toBe("enough");
      expect(await items.next()).toEqual({ done: true, value: undefined });
      expect(signal.listenerCount).toBe(0);
    });
  });
});

describe("what a page has besides", () => {
  const host = (options?: WebHostOptions): WebHost => createWebHost(options);

  it("an environment and secrets that it was given, and nothing of the platform's", () => {
    const given = host({
      environment: { NAME: "page", ABSENT: undefined },
      secrets: (name) => (name === "KEY" ? "s" : undefined),
    });
    expect(given.sync("env.list", {})).toEqual({ NAME: "page" });
    expect(given.sync("env.get", { name: "toString" })).toBeUndefined();
    expect(given.sync("secret.get", { name: "NAME" })).toBe("page");
    expect(given.sync("secret.get", { name: "KEY" })).toBe("s");
    expect(host().sync("env.get", { name: "PATH" })).toBeUndefined();
  });

  it("ids and random bytes without `randomUUID`, which plain HTTP does not have", () => {
    const randomUuid = vi.spyOn(crypto, "randomUUID").mockImplementation(() => {
      throw new TypeError("crypto.randomUUID is not a function");
    });
    try {
      const page = host();
      const ids = new Set(Array.from({ length: 1_000 }, () => page.sync("id.next", { prefix: "run" })));
      expect(ids.size).toBe(1_000);
      for (const id of ids) expect(id).toMatch(/^run_[0-9a-f]{32}$/);
      expect(page.sync("random.bytes", { length: 100_000 })).toHaveLength(100_000);
    } finally {
      randomUuid.mockRestore();
    }
  });

  it("a log from the least level on", () => {
    let written = "";
    const quiet = host({ write: (stream, text) => (written += `${stream}: ${text}`) });
    quiet.sync("log.write", { level: "info", message: "unheard" });
    quiet.sync("log.write", { level: "warn", message: "heard", fields: { at: 1 } });
    expect(written).toBe('stderr: warn: heard {"at":1}\n');
  });

  it("a sleep that a cancel ends", async () => {
    const signal = new CancelToken();
    const slept = host().perform("sleep", { ms: 2 ** 40 }, signal);
    signal.cancel("enough");
    await expect(slept).rejects.toBe("enough");
    expect(signal.listenerCount).toBe(0);
  });

  it("no files, no processes, an empty standard input", async () => {
    const page = host();
    expect(await page.perform("console.readAll", {})).toBe("");
    expect(await page.perform("console.readLine", {})).toBeUndefined();
    expect(await page.perform("fs.stat", { path: "/a" })).toBeUndefined();
    const failures = await Promise.all(
      [
        page.perform("fs.read", { path: "/a" }),
        page.perform("fs.entries", { path: "/" }),
        page.perform("fs.remove", { path: "/a" }),
        page.perform("fs.write", { path: "/a", data: "" }),
        page.perform("fs.mkdir", { path: "/a" }),
        page.perform("process.run", { command: "ls", args: [] }),
        page.perform("bytes.compress", { algorithm: "brotli", data: bytesOf(""), level: 1 }),
      ].map(failureOf),
    );
    const missing = ["not_found", "not_found", "not_found"];
    expect(failures.map(({ kind }) => kind)).toEqual([...missing, ...Array(4).fill("unsupported")]);
  });

  it("compression that is undone, with a limit, and that refuses garbage", async () => {
    const page = host();
    for (const algorithm of ["gzip", "deflate-raw"] as const) {
      const data = bytesOf("lamp ".repeat(5_000));
      const packed = await page.perform("bytes.compress", { algorithm, data, level: 6 });
      expect(packed.length).toBeLessThan(data.length / 10);
      const unpack = (bytes: Uint8Array, maxBytes: number) =>
        page.perform("bytes.decompress", { algorithm, data: bytes, maxBytes });
      expect(await unpack(packed, data.length)).toEqual(data);
      const tooLarge = await failureOf(unpack(packed, data.length - 1));
      expect(tooLarge.message).toBe(`the output is larger than ${data.length - 1} bytes`);
      expect(await failureOf(unpack(bytesOf("no archive"), 100))).toMatchObject({ kind: "invalid_input" });
      expect(await failureOf(unpack(packed.subarray(0, packed.length / 2), data.length))).toMatchObject({
        kind: "invalid_input",
      });
    }
    const nothing = await page.perform("bytes.compress", { algorithm: "gzip", data: new Uint8Array(0), level: 1 });
    expect(await page.perform("bytes.decompress", { algorithm: "gzip", data: nothing, maxBytes: 0 })).toHaveLength(0);
  });
});

describe("the console", () => {
  it("gets whole lines, what has no end of line when it is flushed", () => {
    const lines: string[] = [];
    const out = createConsoleLines({
      log: (line: unknown) => lines.push(`out ${line}`),
      error: (line: unknown) => lines.push(`err ${line}`),
    });
    out.write("stdout", "a");
    out.write("stderr", "x\n");
    out.write("stdout", "b\nc\nd");
    expect(lines).toEqual(["err x", "out ab\nc"]);
    out.flush();
    out.flush();
    expect(lines).toEqual(["err x", "out ab\nc", "out d"]);
  });
});
