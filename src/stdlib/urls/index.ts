/** URLs and query strings, by the rules of browsers (WHATWG). */

import { Dict, display, isInt, List, record, Thrown, type Value } from "../../vm/index.ts";
import { type Builtin, pure } from "../builtin.ts";

const text = (value: Value): string => (value === undefined ? "" : display(value));

function parse(builtin: string, source: string): URL {
  if (URL.canParse(source)) return new URL(source);
  throw new Thrown(`${builtin}: invalid URL '${source}'`);
}

const orNil = (part: string): string | undefined => (part === "" ? undefined : part);

function parts(url: URL): Dict {
  return record({
    scheme: url.protocol.slice(0, -1),
    host: orNil(url.hostname),
    port: url.port === "" ? undefined : Number(url.port),
    path: url.pathname,
    query: orNil(url.search.slice(1)),
    fragment: orNil(url.hash.slice(1)),
    username: orNil(url.username),
    password: orNil(url.password),
  });
}

function build(fields: Dict): string {
  const part = (name: string): string => {
    const value = fields.map.get(name);
    return typeof value === "string" ? value : "";
  };
  if (typeof fields.map.get("scheme") !== "string") throw new Thrown("url_build: 'scheme' is required");
  const port = fields.map.get("port");
  const password = fields.map.get("password");
  const user = part("username");
  const login = user === "" ? "" : `${user}${typeof password === "string" ? `:${password}` : ""}@`;
  const host = part("host");
  const authority = host === "" ? "" : `//${login}${host}${isInt(port) ? `:${port}` : ""}`;
  const path = fields.map.has("path") ? part("path") : "/";
  const query = part("query");
  const fragment = part("fragment");
  const source = `${part("scheme")}:${authority}${path}${query && `?${query}`}${fragment && `#${fragment}`}`;
  return parse("url_build", source).href;
}

export const urlBuiltins: readonly Builtin[] = [
  pure(
    {
      signature: "url_parse(url: string) -> dict",
      summary: "Take a URL apart: scheme, host, port, path, query, fragment, username, password",
      errors: "Text that is no absolute URL",
      example: 'println(url_parse("https://example.com:8080/a?b=c").port)',
    },
    ([url]) => parts(parse("url_parse", text(url))),
  ),
  pure(
    {
      signature: "url_build(parts: dict) -> string",
      summary: "Put a URL together from what `url_parse` gives",
      errors: "No scheme, parts that make no URL",
      example: 'println(url_build({scheme: "https", host: "example.com", path: "/a b"}))',
    },
    ([fields]) => {
      if (!(fields instanceof Dict)) throw new Thrown("url_build: expected a dict of url parts");
      return build(fields);
    },
  ),
  pure(
    {
      signature: "query_parse(query: string) -> list",
      summary: "`{key, value}` of every part of a query string, in order",
      example: 'println(query_parse("?a=1&b=two+words"))',
    },
    ([query]) => new List(Array.from(new URLSearchParams(text(query)), ([key, value]) => record({ key, value }))),
  ),
  pure(
    {
      signature: "query_stringify(pairs: list) -> string",
      summary: "Write `{key, value}` dicts as a query string",
      errors: "Anything else",
      example: 'println(query_stringify([{key: "q", value: "a b"}]))',
    },
    ([pairs]) => {
      if (!(pairs instanceof List)) throw new Thrown("query_stringify: expected a list of {key, value} dicts");
      const query = new URLSearchParams();
      for (const pair of pairs.items) {
        if (!(pair instanceof Dict)) throw new Thrown("query_stringify: each item must be a {key, value} dict");
        const key = pair.map.get("key");
        query.append(typeof key === "string" ? key : "", pair.map.has("value") ? display(pair.map.get("value")) : "");
      }
      return query.toString();
    },
  ),
];
