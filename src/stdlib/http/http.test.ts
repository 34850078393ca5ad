import { describe, expect, it } from "vitest";
import { askedMapKeys } from "../../../test/support/recorded-options.ts";
import { caught, printed, runHarn, shown } from "../../../test/support/run-harn.ts";
import type { HttpRequest } from "../../base/index.ts";
import { createVirtualHost, type HttpScript, type ScriptedHttp } from "../../testing/index.ts";
import type { Value } from "../../vm/index.ts";
import { urlFits } from "./prepared-answers.ts";
import { planRequest, REQUEST_OPTION_NAMES } from "./request-plan.ts";

const URL_TEXT = '"https://x.test/a"';

/** Answers one after another; the last one again and again. */
function answers(...given: readonly ScriptedHttp[]): HttpScript {
  let next = 0;
  return () => given[Math.min(next++, given.length - 1)] ?? {};
}

/** What the host was asked for by an expression. */
async function asked(expression: string, files: Record<string, string> = {}): Promise<HttpRequest> {
  const { host, error } = await runHarn(`let _r = ${expression}`, { http: () => ({}), files });
  if (error !== undefined) throw new Error(error);
  const [request] = host.requests.http;
  if (request === undefined) throw new Error("nothing was asked");
  return request;
}

const bodyText = ({ body }: HttpRequest): string =>
  body instanceof Uint8Array ? new TextDecoder().decode(body) : (body ?? "none");

it("options are listed under the names that are read", async () => {
  const host = createVirtualHost();
  const read = (options: ReadonlyMap<string, Value>) => planRequest(host, "http", "GET", "https://x.test/a", options);
  expect(await askedMapKeys<Value>([{}, { body: "x" }, { proxy: "http://proxy.test" }], read)).toEqual(
    REQUEST_OPTION_NAMES,
  );
});

describe("responses (M3)", () => {
  const http: HttpScript = ({ url }) => {
    switch (new URL(url).pathname) {
      case "/latin":
        return { headers: { "content-type": "text/plain; charset=iso-8859-1" }, body: new Uint8Array([0xe9]) };
      case "/garbage":
        return { body: new Uint8Array([0x61, 0xff]) };
      case "/bom":
        return { body: "\ufeffhi" };
      case "/late":
        return { headAfterMs: 60_000 };
      case "/slow-body":
        return { body: [{ item: "a" }, { waitMs: 60_000 }, { item: "b" }] };
      case "/cut":
        return { body: [{ item: "a" }, { fail: "connection_reset" }] };
      case "/refused":
        return { fail: "connection_refused" };
    }
    return { status: 404, headers: { "x-a": "1" }, body: "no" };
  };

  it.each([
    [`http_get(${URL_TEXT})`, "{body: no, headers: {x-a: 1}, ok: false, status: 404}"],
    ['http_get("https://x.test/latin").body', "é"],
    ['http_get("https://x.test/garbage").body', "a\ufffd"],
    ['http_get("https://x.test/bom").body', "hi"],
  ])("%s", async (expression, expected) => {
    expect(await shown(expression, { http })).toBe(expected);
  });

  it.each([
    ['http_get("")', "http_get: URL is required"],
    ['http_post("")', "http_post: URL is required"],
    ['http_request("", "x")', "http_request: method is required"],
    ['http_request("GET", "")', "http_request: URL is required"],
    ['http_get("ftp://x")', "http: URL must start with http:// or https://, got 'ftp://x'"],
    ['http_get("x", {query: {a: 1}})', "http: invalid URL 'x': relative URL without a base"],
    [`http_request("G T", ${URL_TEXT})`, "http: invalid method 'G T': invalid HTTP method"],
    [`http_get(${URL_TEXT}, {headers: {["a b"]: "x"}})`, "http: invalid header name 'a b': invalid HTTP header name"],
    [
      `http_get(${URL_TEXT}, {headers: {a: "x\\ny"}})`,
      "http: invalid header value for 'a': failed to parse header value",
    ],
    [`http_get(${URL_TEXT}, {auth: "x\\ny"})`, "http: invalid auth header value: failed to parse header value"],
    [`http_get(${URL_TEXT}, {multipart: 1})`, "http: multipart must be a list"],
    [`http_get(${URL_TEXT}, {multipart: [1]})`, "http: multipart entries must be dicts"],
    [`http_get(${URL_TEXT}, {multipart: [{}]})`, "http: multipart entry requires name"],
    [
      `http_get(${URL_TEXT}, {multipart: [{name: "a"}]})`,
      "http: multipart entry requires value, value_base64, or path",
    ],
    [
      `http_get(${URL_TEXT}, {multipart: [{name: "a", path: "no"}]})`,
      "http: failed to read multipart file /home/harn/no: No such file or directory (os error 2)",
    ],
    [`http_get(${URL_TEXT}, {body: "", multipart: []})`, "http: body and multipart options are mutually exclusive"],
    [
      'http_get("https://x.test/refused")',
      "http: request failed: Scripted failure of https://x.test/refused: connection_refused",
    ],
    [
      'http_get("https://x.test/late")',
      "http: request failed: The exchange with https://x.test/late timed out after 30000 ms",
    ],
    [
      'http_get("https://x.test/late", {timeout: 50})',
      "http: request failed: The exchange with https://x.test/late timed out after 50 ms",
    ],
    [
      'http_get("https://x.test/slow-body", {timeout_ms: 50, total_timeout_ms: 70})',
      "http: request failed: The exchange with https://x.test/slow-body timed out after 70 ms",
    ],
    [
      'http_get("https://x.test/slow-body", {read_timeout_ms: 20})',
      "http: request failed: Nothing of the response of https://x.test/slow-body came for 20 ms",
    ],
  ])("%s fails", async (expression, expected) => {
    expect(await caught(expression, { http })).toBe(expected);
  });

  it("a deadline of the program ends a request", async () => {
    const run = await runHarn(
      'try {\n  deadline 1s { http_get("https://x.test/late") }\n} catch (e) {\n  println(e)\n}',
      { http },
    );
    expect(run.output).toBe("Deadline exceeded\n");
    expect(run.host.clock.elapsedMs).toBe(1000);
  });
});

describe("requests", () => {
  it.each<[string, string, Partial<HttpRequest>]>([
    ["a get", `http_get(${URL_TEXT})`, { method: "GET", headers: {}, totalTimeoutMs: 30_000 }],
    ["a delete", `http_delete(${URL_TEXT})`, { method: "DELETE" }],
    [
      "a body",
      `http_post(${URL_TEXT}, "text", {headers: {A: "1"}})`,
      { method: "POST", body: "text", headers: { A: "1" } },
    ],
    ["a body that is a dict", `http_put(${URL_TEXT}, {a: 1}, {})`, { method: "PUT", body: "{a: 1}" }],
    ["options only", `http_patch(${URL_TEXT}, {body: "x"})`, { method: "PATCH", body: "x" }],
    ["bytes", `http_post(${URL_TEXT}, bytes_from_hex("00ff"))`, { body: new Uint8Array([0, 255]) }],
    ["any method", `http_request("purge", ${URL_TEXT})`, { method: "PURGE" }],
    [
      "a query",
      `http_get("https://x.test/a?z=0", {query: {b: "x y", a: 1, n: nil}})`,
      { url: "https://x.test/a?z=0&a=1&b=x+y" },
    ],
    ["a bearer token", `http_get(${URL_TEXT}, {auth: {bearer: "t"}})`, { headers: { authorization: "Bearer t" } }],
    [
      "a name and a password",
      `http_get(${URL_TEXT}, {auth: {basic: {user: "a", password: "b"}}})`,
      { headers: { authorization: "Basic YTpi" } },
    ],
    ["any authorization", `http_get(${URL_TEXT}, {auth: "Digest x"})`, { headers: { authorization: "Digest x" } }],
    [
      "a header that says otherwise",
      `http_get(${URL_TEXT}, {auth: "x", headers: {Authorization: "y"}})`,
      { headers: { Authorization: "y" } },
    ],
    [
      "limits",
      `http_get(${URL_TEXT}, {timeout_ms: 1, connect_timeout_ms: 2, read_timeout_ms: 3, max_redirects: 4, follow_redirects: false, decompress: false})`,
      {
        totalTimeoutMs: 1,
        connectTimeoutMs: 2,
        readTimeoutMs: 3,
        maxRedirects: 4,
        followRedirects: false,
        decompress: false,
      },
    ],
    [
      "a proxy",
      `http_get(${URL_TEXT}, {proxy: {url: "http://p", no_proxy: "a"}, proxy_auth: {user: "u", pass: "w"}})`,
      { proxy: { url: "http://p", noProxy: "a", username: "u", password: "w" } },
    ],
    [
      "trust",
      `http_get(${URL_TEXT}, {tls: {ca_bundle_path: "ca.pem", client_cert_path: "/c.pem", client_key_path: "k.pem", pinned_sha256: "ab"}})`,
      { tls: { caPath: "/home/harn/ca.pem", certPath: "/c.pem", keyPath: "/home/harn/k.pem", pinnedSha256: ["ab"] } },
    ],
    [
      "a stream without a limit for the whole",
      `http_stream_open(${URL_TEXT}, {timeout_ms: 5})`,
      { timeoutMs: 5, totalTimeoutMs: undefined as never },
    ],
    ["a stream with one", `http_stream_open(${URL_TEXT}, {total_timeout_ms: 5})`, { timeoutMs: 5, totalTimeoutMs: 5 }],
  ])("%s", async (_name, expression, expected) => {
    expect({ totalTimeoutMs: undefined, ...(await asked(expression)) }).toMatchObject(expected);
  });

  it("a form", async () => {
    const request = await asked(
      `http_post(${URL_TEXT}, {headers: {["Content-Type"]: "x"}, multipart: [
  {name: "a", value: "1"},
  {name: "b\\"", value_base64: "aGk=", filename: "b.txt", content_type: "text/plain"},
  {name: "c", path: "f.txt"}]})`,
      { "f.txt": "file" },
    );
    const boundary = /^multipart\/form-data; boundary=(harn-[0-9a-f]{32})$/.exec(
      request.headers["content-type"] ?? "",
    )?.[1];
    expect(Object.keys(request.headers)).toEqual(["content-type"]);
    expect(bodyText(request).split(`--${boundary}`)).toEqual([
      "",
      '\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n',
      '\r\nContent-Disposition: form-data; name="b%22"; filename="b.txt"\r\nContent-Type: text/plain\r\n\r\nhi\r\n',
      '\r\nContent-Disposition: form-data; name="c"; filename="f.txt"\r\n\r\nfile\r\n',
      "--\r\n",
    ]);
  });
});

describe("trying again", () => {
  const busy = { status: 503 };
  it.each<[string, string, readonly ScriptedHttp[], string, number]>([
    ["not unless asked to", "{}", [busy, {}], "503", 1],
    ["until it works", "{retry: {max: 3, backoff_ms: 0}}", [busy, busy, {}], "200", 3],
    ["the older names", "{retries: 1, backoff: 0}", [busy, {}], "200", 2],
    ["so often and no more", "{retries: 1, backoff: 0}", [busy, busy, {}], "503", 2],
    ["only statuses that pass", "{retries: 1, backoff: 0}", [{ status: 404 }, {}], "404", 1],
    ["statuses of one's own", "{retries: 1, backoff: 0, retry_on: [404]}", [{ status: 404 }, {}], "200", 2],
    [
      "after failures that pass",
      "{retries: 2, backoff: 0}",
      [{ fail: "connection_refused" }, { fail: "dns" }, {}],
      "200",
      3,
    ],
  ])("%s", async (_name, options, given, expected, count) => {
    const run = await runHarn(`println(http_get(${URL_TEXT}, ${options}).status)`, { http: answers(...given) });
    expect([run.output.trim(), run.host.requests.http.length]).toEqual([expected, count]);
  });

  it.each([
    ["POST", "503"],
    ["PUT", "200"],
  ])("a %s that was answered 503", async (method, expected) => {
    const http = answers(busy, {});
    expect(await shown(`http_request("${method}", ${URL_TEXT}, {retries: 1, backoff: 0}).status`, { http })).toBe(
      expected,
    );
  });

  it("methods of one's own", async () => {
    const options = '{retries: 1, backoff: 0, retry_methods: ["post"]}';
    expect(await shown(`http_post(${URL_TEXT}, "", ${options}).status`, { http: answers(busy, {}) })).toBe("200");
  });

  it("failures that will not pass are not repeated", async () => {
    const run = await runHarn(`println(try { http_get(${URL_TEXT}, {retries: 3}) })`, {
      http: answers({ fail: "tls" }),
    });
    expect(run.host.requests.http).toHaveLength(1);
  });

  it.each([
    ["the backoff, a quarter more or less, doubled each time", "{retries: 2, backoff: 1000}", {}, 2250, 3750],
    ["at least what the server asks for", "{retries: 1, backoff: 0}", { "retry-after": "7" }, 7000, 7000],
    [
      "until the date that the server names",
      "{retries: 1, backoff: 0}",
      { "retry-after": "Thu, 01 Jan 2026 00:00:09 GMT" },
      9000,
      9000,
    ],
    ["never more than a minute", "{retries: 1, backoff: 0}", { "retry-after": "9999" }, 60_000, 60_000],
    [
      "not what the server asks for, if told so",
      "{retries: 1, backoff: 0, respect_retry_after: false}",
      { "retry-after": "7" },
      0,
      0,
    ],
  ])("waits %s", async (_name, options, headers, least, most) => {
    const http = answers({ ...busy, headers }, { ...busy, headers }, {});
    const { host } = await runHarn(`http_get(${URL_TEXT}, ${options})`, { http });
    expect(host.clock.elapsedMs).toBeGreaterThanOrEqual(least);
    expect(host.clock.elapsedMs).toBeLessThanOrEqual(most);
  });

  it("a pinned clock jumps instead", async () => {
    const source = `mock_time(0)\nhttp_get(${URL_TEXT}, {retries: 1, backoff: 0})\nprintln(now_ms())`;
    const run = await runHarn(source, { http: answers({ ...busy, headers: { "retry-after": "7" } }, {}) });
    expect([run.output, run.host.clock.elapsedMs]).toEqual(["7000\n", 0]);
  });
});

describe("streams", () => {
  const http: HttpScript = ({ url }) => {
    if (url.endsWith("/cut")) return { body: [{ item: "ab" }, { fail: "connection_reset" }] };
    if (url.endsWith("/refused")) return { fail: "connection_refused" };
    return { status: 206, headers: { "x-a": "1" }, body: [{ item: "abc" }, { waitMs: 5 }, { item: "de" }] };
  };

  it("are read piece by piece, at most so many bytes", async () => {
    const lines = await printed(
      `let s = http_stream_open(${URL_TEXT})
println("\${s} \${http_stream_info(s)}")
var text = ""
var piece = http_stream_read(s, 2)
while piece != nil {
  text = text + bytes_to_string(piece) + "|"
  piece = http_stream_read({id: s}, 2)
}
println(text)
println("\${http_stream_read(s)} \${http_stream_close(s)} \${http_stream_close(s)}")`,
      { http },
    );
    expect(lines).toEqual(["http-stream-1 {headers: {x-a: 1}, ok: true, status: 206}", "ab|c|de|", "nil true false"]);
  });

  it("serve two readers one after the other", async () => {
    const lines = await printed(
      `let s = http_stream_open(${URL_TEXT})
let parts = parallel 2 { i -> bytes_to_string(http_stream_read(s)) }
println(parts)`,
      { http },
    );
    expect(lines).toEqual(["[abc, de]"]);
  });

  it.each([
    [
      'http_stream_open("https://x.test/refused")',
      "http_stream_open: request failed: Scripted failure of https://x.test/refused: connection_refused",
    ],
    ['http_stream_open("ftp://x")', "http_stream_open: URL must start with http:// or https://, got 'ftp://x'"],
    ['http_stream_open("")', "http_stream_open: URL is required"],
    ['http_stream_read("s")', "http_stream_read: unknown stream 's'"],
    ['http_stream_info("s")', "http_stream_info: unknown stream 's'"],
    ["http_stream_read(1)", "http_stream_read: first argument must be a handle string or dict"],
    ["http_stream_read({})", "http_stream_read: handle dict must contain id"],
    ["http_stream_close()", "http_stream_close: requires a stream handle"],
  ])("%s fails", async (expression, expected) => {
    expect(await caught(expression, { http })).toBe(expected);
  });

  it("tell of a body that is cut, after what came", async () => {
    const lines = await printed(
      `let s = http_stream_open("https://x.test/cut")
println(bytes_to_string(http_stream_read(s)))
println(try { http_stream_read(s) })`,
      { http },
    );
    expect(lines).toEqual([
      "ab",
      "Result.Err(http_stream_read: failed to read response body: Scripted failure: connection_reset)",
    ]);
  });

  it("are limited in number", async () => {
    const source = `for i in 1 to 64 {\n  http_stream_open(${URL_TEXT})\n}\nprintln(try { http_stream_open(${URL_TEXT}) })\nhttp_mock_clear()\nprintln(http_stream_open(${URL_TEXT}))`;
    expect(await printed(source, { http })).toEqual([
      "Result.Err(http_stream_open: maximum open streams (64) reached)",
      "http-stream-65",
    ]);
  });
});

describe("downloads", () => {
  it("go into the file when they are whole", async () => {
    const http: HttpScript = () => ({ status: 200, body: [{ item: "abc" }, { waitMs: 1 }, { item: "de" }] });
    const source = `let r = http_download(${URL_TEXT}, "out.txt")\nprintln("\${r.bytes_written} \${r.ok} \${read_file("out.txt")} \${list_dir()}")`;
    expect(await printed(source, { http })).toEqual(["5 true abcde [out.txt]"]);
  });

  it("nothing makes an empty file", async () => {
    expect(
      await shown(`http_download(${URL_TEXT}, "o").bytes_written + len(read_file("o"))`, { http: () => ({}) }),
    ).toBe("0");
  });

  it("large ones are written in pieces", async () => {
    const piece = "x".repeat(700_000);
    const http: HttpScript = () => ({ body: [{ item: piece }, { item: piece }, { item: piece }] });
    expect(await shown(`http_download(${URL_TEXT}, "o").bytes_written == len(read_file_bytes("o"))`, { http })).toBe(
      "true",
    );
  });

  it.each<[string, ScriptedHttp, string]>([
    [
      "cut",
      { body: [{ item: "new" }, { fail: "connection_reset" }] },
      "http_download: failed to read response body: Scripted failure: connection_reset",
    ],
    [
      "refused",
      { fail: "connection_refused" },
      `http_download: request failed: Scripted failure of https://x.test/a: connection_refused`,
    ],
  ])("one that is %s leaves what was there", async (_name, answer, expected) => {
    const source = `println(try { http_download(${URL_TEXT}, "o") })\nprintln("\${read_file("o")} \${list_dir()}")`;
    expect(await printed(source, { http: () => answer, files: { o: "old" } })).toEqual([
      `Result.Err(${expected})`,
      "old [o]",
    ]);
  });

  it.each([
    ['http_download("", "o")', "http_download: URL is required"],
    [`http_download(${URL_TEXT}, "")`, "http_download: destination path is required"],
    [
      `http_download(${URL_TEXT}, "no/o")`,
      "http_download: failed to write /home/harn/no/o.part: No such file or directory (os error 2)",
    ],
  ])("%s fails", async (expression, expected) => {
    expect(await caught(expression, { http: () => ({ body: "x" }) })).toBe(expected);
  });
});

describe("sessions", () => {
  it("give their options to requests, which may say otherwise", async () => {
    const run = await runHarn(
      `let s = http_session({headers: {a: "1"}, timeout_ms: 5})
http_session_request(s, "get", ${URL_TEXT})
http_session_request(s, "get", ${URL_TEXT}, {timeout_ms: 6})
http_get(${URL_TEXT}, {session: s})
println("\${http_session_close(s)} \${http_session_close(s)}")
println(try { http_get(${URL_TEXT}, {session: s}) })`,
      { http: () => ({}) },
    );
    expect(run.host.requests.http.map(({ headers, totalTimeoutMs }) => [headers["a"], totalTimeoutMs])).toEqual([
      ["1", 5],
      ["1", 6],
      ["1", 5],
    ]);
    expect(run.output).toBe("true false\nResult.Err(http_request: unknown HTTP session 'http-session-1')\n");
  });

  it.each([
    ["http_session_request(1, 2)", "http_session_request: requires session, method, and URL"],
    [`http_session_request("s", "GET", ${URL_TEXT})`, "http_session_request: unknown HTTP session 's'"],
    ["http_session_close()", "http_session_close: requires a session handle"],
  ])("%s fails", async (expression, expected) => {
    expect(await caught(expression)).toBe(expected);
  });
});

describe("answers prepared for tests", () => {
  it.each([
    ["https://x/a", "https://x/a", true],
    ["https://x/a", "https://x/ab", false],
    ["*", "anything", true],
    ["https://x/*", "https://x/", true],
    ["https://x/*/items/*", "https://x/1/items/2", true],
    ["https://x/*/items/*", "https://x/1/things/2", false],
    ["*.json", "https://x/a.json", true],
    ["*.json", "https://x/a.json5", false],
    ["ab*ba", "aba", false],
    ["", "", true],
  ])("pattern %s and %s: %s", (pattern, url, expected) => {
    expect(urlFits(pattern, url)).toBe(expected);
  });

  it("are given in order, the last one again and again", async () => {
    const lines =
      await printed(`http_mock("*", "https://x.test/*", {responses: [{status: 500, body: "a"}, {body: "b"}]})
println([1, 2, 3].map({ _ -> http_get(${URL_TEXT}).body }))
http_mock("*", "https://x.test/*", {status: 204})
println(http_get(${URL_TEXT}).status)
println(len(http_mock_calls()))
http_mock_clear()
println(http_mock_calls())`);
    expect(lines).toEqual(["[a, b, b]", "204", "4", "[]"]);
  });

  it("keep other requests from no network", async () => {
    const source = `http_mock("POST", "https://x.test/*", {})\nprintln(http_get(${URL_TEXT}).body)`;
    expect(await printed(source, { http: () => ({ body: "real" }) })).toEqual(["real"]);
  });

  it("note what was asked, secrets hidden unless told otherwise", async () => {
    const lines = await printed(`http_mock("*", "*", {})
http_post("https://x.test/a?token=t&b=1", "body", {headers: {Cookie: "c", A: "1"}, auth: {bearer: "s"}})
println(http_mock_calls()[0])
println(http_mock_calls({redact_sensitive: false})[0].url)
println(http_mock_calls({include_sensitive: true})[0].headers)`);
    expect(lines).toEqual([
      "{body: body, headers: {a: 1, authorization: [redacted], cookie: [redacted]}, method: POST, url: https://x.test/a?token=%5Bredacted%5D&b=1}",
      "https://x.test/a?token=t&b=1",
      "{a: 1, authorization: Bearer s, cookie: c}",
    ]);
  });

  it("note a form with a boundary that tests can compare", async () => {
    const lines = await printed(`http_mock("*", "*", {})
http_post(${URL_TEXT}, {multipart: [{name: "a", value: "1"}]})
println(http_mock_calls()[0].headers)
println(http_mock_calls()[0].body.split("\\n")[1].trim())`);
    expect(lines).toEqual([
      "{content-type: multipart/form-data; boundary=harn-boundary}",
      'Content-Disposition: form-data; name="a"',
    ]);
  });
});
