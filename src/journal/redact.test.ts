import { describe, expect, it } from "vitest";
import { createRedactor } from "./redact.ts";

describe("redaction by place", () => {
  const redactor = createRedactor({ headers: ["x-own-key"], queryParameters: ["pass"] });
  it.each<[string, string, unknown, unknown]>([
    [
      "credential headers, whatever their case",
      "http.request",
      {
        method: "GET",
        url: "/u",
        headers: { AUTHORIZATION: "Basic abc", "X-Api-Key": "k", "x-own-key": "o", accept: "a" },
      },
      {
        method: "GET",
        url: "/u",
        headers: {
          AUTHORIZATION: "[redacted:authorization]",
          "X-Api-Key": "[redacted:x-api-key]",
          "x-own-key": "[redacted:x-own-key]",
          accept: "a",
        },
      },
    ],
    [
      "credential query parameters",
      "http.stream",
      { method: "GET", url: "https://h/p?alt=sse&key=AIza&PASS=p&monkey=1#key=2", headers: {} },
      {
        method: "GET",
        url: "https://h/p?alt=sse&key=[redacted:key]&PASS=[redacted:pass]&monkey=1#key=2",
        headers: {},
      },
    ],
    [
      "environment variables with telling names",
      "process.run",
      { command: "c", args: [], env: { GITHUB_TOKEN: "t", PATH: "/bin" } },
      { command: "c", args: [], env: { GITHUB_TOKEN: "[redacted:GITHUB_TOKEN]", PATH: "/bin" } },
    ],
    ["nothing in other effects", "fs.read", { path: "/key=1" }, { path: "/key=1" }],
  ])("takes %s", (_name, kind, args, expected) => {
    const before = structuredClone(args);
    expect(redactor.args(kind, args)).toEqual(expected);
    expect(args).toEqual(before);
    // Asking again with what a replay has gives the same.
    expect(redactor.args(kind, expected)).toEqual(expected);
  });

  it.each<[string, unknown, unknown, unknown, boolean]>([
    ["secret.get", { name: "k" }, "v", "[redacted:k]", true],
    ["secret.get", { name: "k" }, undefined, undefined, false],
    ["env.get", { name: "DB_PASSWORD" }, "v", "[redacted:DB_PASSWORD]", true],
    ["env.get", { name: "HOME" }, "/h", "/h", false],
    ["env.list", {}, { A: "1", MY_SECRET: "2" }, { A: "1", MY_SECRET: "[redacted:MY_SECRET]" }, true],
    ["env.list", {}, { A: "1" }, { A: "1" }, false],
    [
      "http.request",
      {},
      { status: 200, headers: { "Set-Cookie": "s", a: "b" }, url: "/u?token=1", body: "x" },
      {
        status: 200,
        headers: { "Set-Cookie": "[redacted:set-cookie]", a: "b" },
        url: "/u?token=[redacted:token]",
        body: "x",
      },
      true,
    ],
    ["http.stream", {}, { kind: "chunk", bytes: "b" }, { kind: "chunk", bytes: "b" }, false],
    ["fs.read", {}, "x", "x", false],
  ])("of %s %j", (kind, args, result, value, changed) => {
    expect(createRedactor().result(kind, args, result)).toEqual({ value, changed });
  });
});

describe("redaction by value", () => {
  const secret = "s3cret-value";
  const learned = () => {
    const redactor = createRedactor({ text: (text) => text.replaceAll("internal", "***") });
    redactor.result("secret.get", { name: "k" }, secret);
    return redactor;
  };

  it("finds a secret in any text, and the longer of two first", () => {
    const redactor = learned();
    redactor.result("secret.get", { name: "longer" }, `${secret}-and-more`);
    expect(redactor.text(`a ${secret}-and-more b ${secret} c internal`)).toBe(
      "a [redacted:longer] b [redacted:k] c ***",
    );
  });

  it("finds it in bytes, also at the edges and twice", () => {
    const bytes = (text: string) => new TextEncoder().encode(text);
    const redactor = learned();
    expect(redactor.bytes(bytes(`${secret}s3${secret}`))).toEqual(bytes("[redacted:k]s3[redacted:k]"));
    const clean = bytes("s3cret-valu");
    expect(redactor.bytes(clean)).toBe(clean);
  });

  it("tells by its version when texts may come out otherwise", () => {
    const redactor = createRedactor();
    const before = redactor.version;
    redactor.result("secret.get", { name: "k" }, secret);
    const after = redactor.version;
    expect(after).not.toBe(before);
    redactor.result("secret.get", { name: "k" }, secret);
    expect(redactor.version).toBe(after);
  });

  it("leaves short values alone, which turn up by chance", () => {
    const redactor = createRedactor();
    redactor.result("secret.get", { name: "pin" }, "1234");
    expect(redactor.text("12345")).toBe("12345");
  });
});
