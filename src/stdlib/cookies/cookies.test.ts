import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { caught, shown } from "../../../test/support/run-harn.ts";

const signature = (text: string, secret: string): string =>
  createHmac("sha256", secret).update(text).digest("base64url");

describe("headers (RFC 6265)", () => {
  it.each([
    [
      'cookie_parse("a=1; b=\\"2\\"; a=3;; c d=4; e")',
      "{cookies: {a: 1, b: 2}, duplicates: {a: [1, 3]}, invalid: [{reason: invalid name, segment: c d=4}, {reason: missing '=', segment: e}], pairs: [{name: a, value: 1}, {name: b, value: 2}, {name: a, value: 3}]}",
    ],
    ['cookie_parse({Cookie: ["a=1", "b=2"], Other: "x"}).cookies', "{a: 1, b: 2}"],
    ["cookie_parse(nil).pairs", "[]"],
    ['cookie_serialize("t", "d")', "t=d"],
    [
      'cookie_serialize("t", "d", {domain: "x.org", expires: "soon", SameSite: "lax", maxAge: 5})',
      "t=d; Domain=x.org; Max-Age=5; Expires=soon; SameSite=Lax",
    ],
    [
      'cookie_delete("t", {path: "/a"})',
      "t=; Path=/a; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Lax",
    ],
    [
      'cookie_round_trip("a=1; b=2", ["c=3", "a=; Max-Age=0", "b=; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "broken"])',
      "{cookie_header: c=3, cookies: {c: 3}}",
    ],
    ['cookie_round_trip("a=1; Expires=Thu, 01 Jan 2099 00:00:00 GMT").cookie_header', "a=1"],
  ])("%s is %s", async (expression, expected) => {
    expect(await shown(expression)).toBe(expected);
  });

  it.each([
    ['cookie_serialize("", "x")', "Runtime error: cookie: cookie name is empty or contains invalid characters"],
    [
      'cookie_serialize("a", "x;y")',
      "Runtime error: cookie: cookie value contains spaces, quotes, separators, or control characters; encode it first",
    ],
    [
      'cookie_serialize("a", "x", {path: "/;"})',
      "Runtime error: cookie: Path contains an invalid cookie attribute value",
    ],
    ['cookie_serialize("a", "x", {same_site: "None"})', "Runtime error: cookie: SameSite=None requires Secure"],
    [
      'cookie_serialize("a", "x", {same_site: "Some"})',
      "Runtime error: cookie: same_site must be one of Lax, Strict, or None",
    ],
    ['cookie_serialize("a", "x", {max_age: "1"})', "Runtime error: cookie: option max_age must be an int, got string"],
    ['cookie_serialize("a", "x", 1)', "Runtime error: cookie: cookie_serialize: options must be a dict, got int"],
    ["cookie_parse([1])", "Runtime error: cookie: Cookie header list entries must be strings, got int"],
    ["cookie_parse()", "Runtime error: cookie: cookie_parse requires 1 arguments"],
  ])("%s fails", async (expression, expected) => {
    expect(await caught(expression)).toBe(expected);
  });
});

describe("signatures", () => {
  it("are HMAC-SHA-256 in URL-safe base64", async () => {
    expect(await shown('cookie_sign("a.b", "key")')).toBe(`a.b.${signature("a.b", "key")}`);
    const payload = Buffer.from('{"n":9223372036854775807}').toString("base64url");
    expect(await shown('session_sign({n: 9223372036854775807}, "key")')).toBe(
      `v1.${payload}.${signature(payload, "key")}`,
    );
  });

  it.each([
    ['cookie_verify(cookie_sign("a.b", "key"), "key")', "{error: nil, ok: true, value: a.b}"],
    ['cookie_verify(cookie_sign("a", "key"), "other")', "{error: invalid_signature, ok: false, value: nil}"],
    ['cookie_verify("nodot", "key")', "{error: malformed, ok: false, value: nil}"],
    ['session_verify(session_sign([1, 2.5], "key"), "key")', "{error: nil, ok: true, payload: [1, 2.5]}"],
    ['session_verify("v2.a.b", "key").error', "malformed"],
    ['session_verify("v1.a.b.c", "key").error', "malformed"],
    ['session_verify(session_sign(1, "key") + "x", "key").error', "invalid_signature"],
    [`session_verify("v1.!!.${signature("!!", "key")}", "key").error`, "malformed_payload"],
    ['session_from_cookies(session_cookie("sid", {u: 1}, "key"), "sid", "key").payload', "{u: 1}"],
    ['session_from_cookies("x=1", "sid", "key").error', "missing_cookie"],
  ])("%s is %s", async (expression, expected) => {
    expect(await shown(expression)).toBe(expected);
  });
});
