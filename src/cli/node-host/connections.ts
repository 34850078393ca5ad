/**
 * Keep-alive connections, direct or through the proxy that the environment names (`HTTPS_PROXY`, `HTTP_PROXY`,
 * `ALL_PROXY`, `NO_PROXY`, in capitals or not; lower case wins). Plain HTTP is asked of the proxy with the whole
 * address; HTTPS goes through a `CONNECT` tunnel. SOCKS proxies are refused with an error rather than gone around.
 *
 * `NO_PROXY` is a list of host names, each standing for its subdomains too, with an optional port; `*` is everything.
 * The machine itself (`localhost`, `127.0.0.0/8`, `::1`) is never reached through a proxy.
 */

import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { Duplex } from "node:stream";
import { connect as tlsConnect } from "node:tls";
import { HostError, type HttpProxy } from "../../base/index.ts";
import type { TlsSettings } from "./tls-settings.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Connections {
  /** Starts a request; the caller writes the body and listens. Throws a {@link HostError} for what cannot be sent. */
  open(
    url: URL,
    method: string,
    headers: Readonly<Record<string, string>>,
    effect: string,
    route?: Route,
  ): ClientRequest;
  /** Closes idle connections. */
  close(): void;
}

/** What a request wants otherwise than the environment says. */
export interface Route {
  readonly proxy?: HttpProxy | undefined;
  readonly tls?: TlsSettings | undefined;
}

export function createConnections(environment: () => Environment): Connections {
  const agents = new Map<string, HttpAgent>();
  const agentFor = (key: string, create: () => HttpAgent): HttpAgent => {
    const known = agents.get(key);
    if (known !== undefined) return known;
    const agent = create();
    agents.set(key, agent);
    return agent;
  };

  return {
    open(url, method, headers, effect, route = {}) {
      const isSecure = url.protocol === "https:";
      if (!isSecure && url.protocol !== "http:") {
        throw new HostError("unsupported", effect, `Expected an http or https address, got \`${url.protocol}\``);
      }
      const proxy = route.proxy === undefined ? proxyFor(url, environment()) : ownProxyFor(url, route.proxy);
      const { tls } = route;
      const tlsKey = tls === undefined ? "" : ` ${tls.key}`;
      if (proxy !== undefined && proxy.protocol !== "http:" && proxy.protocol !== "https:") {
        throw new HostError(
          "unsupported",
          effect,
          `The proxy of the environment is \`${proxy.protocol}\`, only http and https are supported; set NO_PROXY to go around it`,
        );
      }
      const options: RequestOptions = {
        method,
        headers,
        hostname: hostOf(url),
        port: url.port || (isSecure ? 443 : 80),
        path: `${url.pathname}${url.search}`,
        ...(url.username !== "" && { auth: `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}` }),
      };
      if (proxy === undefined) {
        return isSecure
          ? httpsRequest({
              ...options,
              agent: agentFor(`https${tlsKey}`, () => new HttpsAgent({ keepAlive: true, ...tls?.options })),
            })
          : httpRequest({ ...options, agent: agentFor("http", () => new HttpAgent({ keepAlive: true })) });
      }
      if (isSecure) {
        const agent = agentFor(`tunnel ${proxy.href}${tlsKey}`, () => createTunnelAgent(proxy, tls?.options));
        return httpsRequest({ ...options, agent });
      }
      const whole = new URL(url);
      whole.username = "";
      whole.password = "";
      whole.hash = "";
      const request = proxy.protocol === "https:" ? httpsRequest : httpRequest;
      return request({
        ...options,
        hostname: hostOf(proxy),
        port: portOf(proxy),
        path: whole.href,
        headers: { host: url.host, ...headers, ...proxyAuthorization(proxy) },
        agent: agentFor(`proxy ${proxy.href}`, () =>
          proxy.protocol === "https:" ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true }),
        ),
      });
    },
    close() {
      for (const agent of agents.values()) agent.destroy();
      agents.clear();
    },
  };
}

/** The proxy for an address, by the rules at the top of this file. */
export function proxyFor(url: URL, environment: Environment): URL | undefined {
  const read = (name: string): string => environment[name.toLowerCase()] || environment[name] || "";
  if (isLoopback(hostOf(url)) || isExempt(url, read("NO_PROXY"))) return undefined;
  const named = (url.protocol === "https:" ? read("HTTPS_PROXY") : read("HTTP_PROXY")) || read("ALL_PROXY");
  return named === "" ? undefined : proxyUrl(named);
}

/** A proxy that the request names: used for the machine itself too. */
function ownProxyFor(url: URL, proxy: HttpProxy): URL | undefined {
  if (isExempt(url, proxy.noProxy ?? "")) return undefined;
  const own = proxyUrl(proxy.url);
  if (proxy.username !== undefined) own.username = encodeURIComponent(proxy.username);
  if (proxy.password !== undefined) own.password = encodeURIComponent(proxy.password);
  return own;
}

function proxyUrl(text: string): URL {
  const whole = text.includes("://") ? text : `http://${text}`;
  if (URL.canParse(whole)) return new URL(whole);
  throw new HostError("invalid_input", "http.request", "Expected the address of a proxy such as `http://proxy:8080`");
}

function isExempt(url: URL, list: string): boolean {
  const host = hostOf(url).toLowerCase();
  return list.split(/[\s,]+/).some((entry) => {
    if (entry === "") return false;
    if (entry === "*") return true;
    const [, name = "", port] = /^(.*?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
    if (port !== undefined && port !== portOf(url)) return false;
    const suffix = name.replace(/^\*?\./, "");
    return host === suffix || host.endsWith(`.${suffix}`);
  });
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** Without the brackets that an IPv6 address has in a URL. */
const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, "");
const portOf = (url: URL): string => url.port || (url.protocol === "https:" ? "443" : "80");

function proxyAuthorization(proxy: URL): Record<string, string> {
  if (proxy.username === "") return {};
  const credentials = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return { "proxy-authorization": `Basic ${Buffer.from(credentials).toString("base64")}` };
}

interface TunnelOptions {
  readonly host?: string | null;
  readonly port?: number | string | null;
  readonly servername?: string;
}

/** An agent whose connections are TLS inside a `CONNECT` tunnel. */
function createTunnelAgent(proxy: URL, tls: TlsSettings["options"] = {}): HttpsAgent {
  const agent = new HttpsAgent({ keepAlive: true, ...tls });
  const createConnection = (
    options: TunnelOptions,
    done: (error: Error | null, socket?: Duplex) => void,
  ): undefined => {
    const host = String(options.host);
    const target = `${host.includes(":") ? `[${host}]` : host}:${options.port}`;
    const ask = proxy.protocol === "https:" ? httpsRequest : httpRequest;
    const request = ask({
      hostname: hostOf(proxy),
      port: portOf(proxy),
      method: "CONNECT",
      path: target,
      headers: { host: target, ...proxyAuthorization(proxy) },
      agent: false,
    });
    request.once("connect", (response: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (response.statusCode !== 200) {
        socket.destroy();
        const message = `The proxy ${proxy.host} refused a tunnel to ${target} (${response.statusCode})`;
        done(new HostError("connection_refused", "http.request", message));
        return;
      }
      // The first bytes of the far side may have come with the proxy's answer.
      if (head.length > 0) socket.unshift(head);
      done(null, tlsConnect({ ...options, host, port: Number(options.port), socket }));
    });
    request.once("error", (error) => done(error));
    request.end();
    return undefined;
  };
  // `createConnection` is the documented way to bring one's own sockets; the types know only half of it.
  return Object.assign(agent, { createConnection });
}
