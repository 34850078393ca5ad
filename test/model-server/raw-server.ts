/**
 * A server that is as bad as one likes: it reads one request per connection and hands the bare socket to an *act*, which
 * writes what it wants, when it wants. Acts are found by the first part of the path, so many can play at once.
 */

import { createServer, type Socket } from "node:net";

export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** How often this act has been asked, from 0. */
  readonly count: number;
}

export type Act = (socket: Socket, request: RawRequest) => void | Promise<void>;

export interface RawServer {
  /** `http://127.0.0.1:<port>`, without the name of an act. */
  readonly url: string;
  readonly port: number;
  readonly requests: readonly RawRequest[];
  /** Names of the acts whose connections are still open. */
  open(): readonly string[];
  play(name: string, act: Act): void;
  close(): Promise<void>;
}

/** What {@link RawServer.open} says of a connection without a request. */
export const NOTHING_ASKED = "(nothing asked)";

export async function startRawServer(): Promise<RawServer> {
  const acts = new Map<string, Act>();
  const counts = new Map<string, number>();
  const sockets = new Map<Socket, string>();
  const requests: RawRequest[] = [];
  const server = createServer((socket) => {
    sockets.set(socket, NOTHING_ASKED);
    socket.on("close", () => sockets.delete(socket));
    // Clients hang up here as they like.
    socket.on("error", () => {});
    let received = Buffer.alloc(0);
    let isAsked = false;
    socket.on("data", (bytes: Buffer) => {
      if (isAsked) return;
      received = Buffer.concat([received, bytes]);
      // A greeting of TLS gets the answer that plain servers give.
      if (received[0] === 0x16) {
        isAsked = true;
        socket.end("HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n");
        return;
      }
      const head = received.indexOf("\r\n\r\n");
      if (head < 0) return;
      const [first = "", ...lines] = received.subarray(0, head).toString("latin1").split("\r\n");
      const headers = Object.fromEntries(
        lines.map((line) => {
          const colon = line.indexOf(":");
          return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
        }),
      );
      const [method = "", path = ""] = first.split(" ");
      const name = path.split("/")[1] ?? "";
      const eager = name.startsWith("eager-");
      if (!eager && received.length - head - 4 < Number(headers["content-length"] ?? 0)) return;
      isAsked = true;
      const count = counts.get(name) ?? 0;
      counts.set(name, count + 1);
      sockets.set(socket, name);
      const request: RawRequest = { method, path, headers, count };
      requests.push(request);
      const act = acts.get(name);
      if (act) Promise.resolve(act(socket, request)).catch(() => socket.destroy());
      else socket.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    open: () => [...sockets.values()],
    play(name, act) {
      acts.set(name, act);
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets.keys()) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

// ---- Writing HTTP by hand ------------------------------------------------------------------------------------------

export type HeaderFields = Readonly<Record<string, string>>;

export function headOf(status: number, headers: HeaderFields): string {
  const lines = Object.entries({ connection: "close", ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} Whatever\r\n${lines.join("")}\r\n`;
}

/** An answer whose body comes in chunks; `end` ends it properly. */
export function beginAnswer(socket: Socket, status: number, headers: HeaderFields) {
  socket.write(headOf(status, { "transfer-encoding": "chunked", ...headers }));
  return {
    write(bytes: Uint8Array): Promise<void> {
      if (bytes.length === 0) return Promise.resolve();
      return new Promise((resolve) => {
        socket.write(`${bytes.length.toString(16)}\r\n`);
        socket.write(bytes);
        socket.write("\r\n", () => resolve());
      });
    },
    end(): void {
      socket.end("0\r\n\r\n");
    },
  };
}

/** A whole answer that knows its length. */
export function answer(socket: Socket, status: number, headers: HeaderFields, body: string | Uint8Array): void {
  const bytes = Buffer.from(body);
  socket.write(headOf(status, { "content-length": String(bytes.length), ...headers }));
  socket.end(bytes);
}
