/**
 * A server on this machine that speaks the wire formats of the providers and misbehaves on command. Each request takes the
 * next *turn* of the script; a turn is an answer and, perhaps, what goes wrong while it is sent.
 */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { renderAnswer, type ServedAnswer, styleOfPath } from "./render-answer.ts";

/** Places in the body are bytes from its beginning. */
export type Misbehaviour =
  /** The connection dies before any answer. */
  | { readonly kind: "reset" }
  /** The head never comes. */
  | { readonly kind: "silence" }
  | {
      readonly kind: "status";
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: string;
    }
  /** The body stops there and the connection stays open. */
  | { readonly kind: "stall"; readonly at: number }
  /** The connection dies there. */
  | { readonly kind: "cut"; readonly at: number }
  /** The body ends there as if it were complete. */
  | { readonly kind: "end"; readonly at: number }
  /** Some bytes there are replaced. */
  | { readonly kind: "garble"; readonly at: number; readonly bytes?: Uint8Array }
  /** The body comes in pieces of so many bytes, each in its own packet. */
  | { readonly kind: "drip"; readonly bytes: number }
  /** The body is complete, but the connection is not closed. */
  | { readonly kind: "linger" }
  | { readonly kind: "content-type"; readonly contentType: string }
  /** The body is replaced. */
  | { readonly kind: "body"; readonly body: string | Uint8Array; readonly contentType?: string };

export interface Turn {
  readonly answer?: ServedAnswer;
  readonly misbehave?: Misbehaviour;
}

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
}

export interface ModelServer {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  readonly requests: readonly ReceivedRequest[];
  /** Connections that are open now. */
  readonly openConnections: number;
  /** Connections that were ever opened. */
  readonly connections: number;
  /** Adds turns; a request without a turn gets a 500 that says so. */
  script(...turns: readonly Turn[]): void;
  /** Nobody plays what is left of the script: calls that ended before they got here have left theirs. */
  forget(): void;
  /** Resolves when no connection carries an unfinished answer. */
  quiet(): Promise<void>;
  close(): Promise<void>;
}

export interface ModelServerOptions {
  /** Pages of this origin may call; by default no page may. */
  readonly allowOrigin?: string;
}

export async function startModelServer({ allowOrigin }: ModelServerOptions = {}): Promise<ModelServer> {
  const turns: Turn[] = [];
  const requests: ReceivedRequest[] = [];
  const sockets = new Set<Socket>();
  /** Answers that are being given. */
  const active = new Set<ServerResponse>();
  let onQuiet: (() => void)[] = [];
  let connections = 0;

  const finished = (response: ServerResponse): void => {
    active.delete(response);
    if (active.size > 0) return;
    for (const resolve of onQuiet) resolve();
    onQuiet = [];
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (allowOrigin !== undefined && request.headers.origin === allowOrigin) {
      response.setHeader("access-control-allow-origin", allowOrigin);
      if (request.method === "OPTIONS") return void answerPreflight(request, response);
    }
    active.add(response);
    response.on("close", () => finished(response));
    const body = await readBody(request);
    requests.push({ method: request.method ?? "", path: request.url ?? "", headers: request.headers, body });
    const turn = turns.shift();
    if (turn) await play(turn, request, response, body);
    else response.writeHead(500).end("The script has no turn for this request");
  };
  const server = createServer((request, response) => {
    // A client that hangs up while it is read is what these tests are about.
    serve(request, response).catch(() => response.destroy());
  });
  server.on("connection", (socket) => {
    connections++;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    get openConnections() {
      return sockets.size;
    },
    get connections() {
      return connections;
    },
    script(...more) {
      turns.push(...more);
    },
    forget() {
      turns.length = 0;
    },
    quiet: () => (active.size === 0 ? Promise.resolve() : new Promise((resolve) => onQuiet.push(resolve))),
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** A page asks before it sends what a form could not. */
function answerPreflight(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader("access-control-allow-methods", "POST");
  response.setHeader("access-control-allow-headers", request.headers["access-control-request-headers"] ?? "");
  response.writeHead(204).end();
}

async function play(turn: Turn, request: IncomingMessage, response: ServerResponse, body: unknown): Promise<void> {
  const { misbehave } = turn;
  const rendered = renderAnswer(styleOfPath(request.url ?? ""), turn.answer ?? { text: "ok" }, streams(request, body));
  let contentType = rendered.contentType;
  let bytes: Uint8Array = Buffer.from(rendered.body);
  const socket = request.socket;
  const send = (upTo: number): Promise<void> =>
    new Promise((resolve) => {
      response.writeHead(200, { "content-type": contentType });
      response.flushHeaders();
      if (upTo <= 0) resolve();
      else response.write(bytes.subarray(0, upTo), () => resolve());
    });

  switch (misbehave?.kind) {
    case "reset":
      socket.resetAndDestroy();
      return;
    case "silence":
      return;
    case "status":
      response.writeHead(misbehave.status, { "content-type": "application/json", ...misbehave.headers });
      response.end(misbehave.body ?? "");
      return;
    case "stall":
      await send(misbehave.at);
      return;
    case "cut":
      await send(misbehave.at);
      socket.destroy();
      return;
    case "end":
      await send(misbehave.at);
      response.end();
      return;
    case "linger":
      await send(bytes.length);
      return;
    case "drip": {
      response.writeHead(200, { "content-type": contentType });
      for (let at = 0; at < bytes.length && !response.destroyed; at += misbehave.bytes) {
        response.write(bytes.subarray(at, at + misbehave.bytes));
        await new Promise((resolve) => setImmediate(resolve));
      }
      response.end();
      return;
    }
    case "garble": {
      const noise = misbehave.bytes ?? new Uint8Array([0xff, 0x00, 0x7b, 0xfe]);
      bytes = Uint8Array.from(bytes);
      bytes.set(noise.subarray(0, bytes.length - misbehave.at), misbehave.at);
      break;
    }
    case "content-type":
      contentType = misbehave.contentType;
      break;
    case "body":
      bytes = Buffer.from(misbehave.body);
      contentType = misbehave.contentType ?? contentType;
      break;
    case undefined:
      break;
  }
  response.writeHead(200, { "content-type": contentType });
  response.end(bytes);
}

function streams(request: IncomingMessage, body: unknown): boolean {
  if (request.url?.includes("enerateContent")) return request.url.includes("streamGenerateContent");
  if (request.url?.includes("/converse")) return request.url.endsWith("-stream");
  const wanted = (body as { stream?: unknown } | null)?.stream;
  return wanted === true;
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString("utf8");
  return text === "" ? undefined : JSON.parse(text);
}
