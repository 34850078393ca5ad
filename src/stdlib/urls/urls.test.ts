import { describe, expect, it } from "vitest";
import { caught, shown } from "../../../test/support/run-harn.ts";

describe("URLs", () => {
  it.each([
    [
      'url_parse("https://ada:pw@example.com:8080/a b?x=1#top")',
      "{fragment: top, host: example.com, password: pw, path: /a%20b, port: 8080, query: x=1, scheme: https, username: ada}",
    ],
    [
      'url_parse("https://example.com:443")',
      "{fragment: nil, host: example.com, password: nil, path: /, port: nil, query: nil, scheme: https, username: nil}",
    ],
    ['url_parse("mailto:ada@example.com").host', "nil"],
    [
      'url_build({scheme: "https", host: "example.com", port: 8080, path: "/a", query: "x=1", fragment: "top"})',
      "https://example.com:8080/a?x=1#top",
    ],
    ['url_build({scheme: "https", host: "h", username: "u", password: "p"})', "https://u:p@h/"],
    [
      'query_parse("?a=1&b=two+words&a=%26&c")',
      "[{key: a, value: 1}, {key: b, value: two words}, {key: a, value: &}, {key: c, value: }]",
    ],
    ['query_stringify([{key: "q", value: "a b"}, {key: "n", value: 1}, {key: "e"}])', "q=a+b&n=1&e="],
  ])("%s is %s", async (expression, expected) => {
    expect(await shown(expression)).toBe(expected);
  });

  it.each([
    ['url_parse("/relative")', "url_parse: invalid URL '/relative'"],
    ["url_build(1)", "url_build: expected a dict of url parts"],
    ['url_build({host: "x"})', "url_build: 'scheme' is required"],
    ["query_stringify({})", "query_stringify: expected a list of {key, value} dicts"],
    ["query_stringify([1])", "query_stringify: each item must be a {key, value} dict"],
  ])("%s fails", async (expression, expected) => {
    expect(await caught(expression)).toBe(expected);
  });
});
