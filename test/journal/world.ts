/**
 * A small world for journal tests. It outlives the processes that act on it, remembers every effect that was performed,
 * and lets asynchronous results arrive in an order that follows from a seed.
 */

import {
  type CancelSignal,
  type Host,
  HostError,
  type HttpRequest,
  type HttpStreamItem,
  hostFromHandlers,
  type Json,
} from "../../src/base/index.ts";
import type { Turn } from "../../src/journal/index.ts";

/** Everything that can go on has gone on. */
export const turn: Turn = () => new Promise((resolve) => setImmediate(resolve));

export interface World {
  /** A new process: same files and orders, its own timing. */
  makeHost(seed: number): Host;
  readonly files: Map<string, string>;
  /** How often each effect reached the world, by `kind key`. */
  readonly performed: Map<string, number>;
  /** Orders placed, by body; more than one is a double performance. */
  readonly orders: Map<string, number>;
  readonly printed: string[];
  clockMs: number;
  /** Wall clock that passes with each look at it. Default 1. */
  tickMs: number;
}

export function createRandom(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export const SECRET = "not-a-real-secret-0123456789";

export function createWorld(): World {
  const files = new Map<string, string>();
  const performed = new Map<string, number>();
  const orders = new Map<string, number>();
  const answered = new Map<string, string>();
  const printed: string[] = [];
  const encoder = new TextEncoder();
  const note = (what: string) => performed.set(what, (performed.get(what) ?? 0) + 1);

  const world: World = {
    files,
    performed,
    orders,
    printed,
    clockMs: 1_000_000,
    tickMs: 1,
    makeHost(seed) {
      const random = createRandom(seed);
      const waiting: (() => void)[] = [];
      let running = false;
      let ids = 0;

      /** Wakes one waiter per turn, drawn by lot. */
      const run = async () => {
        if (running) return;
        running = true;
        while (waiting.length > 0) {
          await turn();
          const [wake] = waiting.splice(Math.floor(random() * waiting.length), 1);
          wake?.();
        }
        running = false;
      };

      const arrive = (signal: CancelSignal | undefined) =>
        new Promise<void>((resolve, reject) => {
          const onAbort = () => {
            waiting.splice(waiting.indexOf(wake), 1);
            reject(signal?.reason);
          };
          const wake = () => {
            signal?.removeEventListener("abort", onAbort);
            resolve();
          };
          if (signal?.aborted) {
            reject(signal.reason);
            return;
          }
          signal?.addEventListener("abort", onAbort);
          waiting.push(wake);
          void run();
        });

      const request = ({ method, url, body, headers }: HttpRequest): string => {
        const key = headers["idempotency-key"];
        note(`${method} ${url} ${String(body ?? "")}`);
        if (url.endsWith("/fail")) throw new HostError("dns", "http.request", `No such host ${url}`);
        if (key !== undefined && answered.has(key)) return answered.get(key)!;
        if (method === "POST") orders.set(String(body), (orders.get(String(body)) ?? 0) + 1);
        const answer = `${method} ${url} ${String(body ?? "")} done`;
        if (key !== undefined) answered.set(key, answer);
        return answer;
      };

      /** Nothing in this world signs. */
      const noKeys = (operation: string) => async (): Promise<never> => {
        throw new HostError("unsupported", operation, "This world has no key pairs");
      };

      return hostFromHandlers({
        sync: {
          "clock.now": () => (world.clockMs += world.tickMs),
          "clock.monotonic": () => world.clockMs + random(),
          "random.float": () => random(),
          "random.bytes": ({ length }) => Uint8Array.from({ length }, () => Math.floor(random() * 256)),
          "id.next": ({ prefix }) => `${prefix}_${++ids}_${Math.floor(random() * 1e9)}`,
          "console.write": ({ text }) => void printed.push(text),
          "console.isTty": () => false,
          "env.get": ({ name }) => (name === "API_TOKEN" ? "token-abcdefgh" : undefined),
          "env.list": () => ({ HOME: "/home/x", API_TOKEN: "token-abcdefgh" }),
          "secret.get": ({ name }) => (name === "openai" ? SECRET : undefined),
          "system.info": () => ({
            platform: "test",
            arch: "none",
            pid: Math.floor(random() * 1e6),
            cwd: "/",
            home: "/",
            tempDir: "/",
            hostname: "h",
            username: "u",
          }),
          "log.write": () => undefined,
        },
        async: {
          sleep: async ({ ms }, signal) => {
            note(`sleep ${ms}`);
            await arrive(signal);
            return undefined;
          },
          "console.readLine": async (_args, signal) => {
            await arrive(signal);
            return "line";
          },
          "console.readAll": async () => "all",
          "fs.read": async ({ path }, signal) => {
            await arrive(signal);
            const text = files.get(path);
            if (text === undefined) throw new HostError("not_found", "fs.read", `No file ${path}`);
            return encoder.encode(text);
          },
          "fs.write": async ({ path, data, append }, signal) => {
            await arrive(signal);
            note(`write ${path}`);
            const text = typeof data === "string" ? data : new TextDecoder().decode(data);
            files.set(path, append ? (files.get(path) ?? "") + text : text);
            return undefined;
          },
          "fs.list": async () => [...files.keys()].sort(),
          "fs.entries": async () => [...files.keys()].sort().map((name) => ({ name, kind: "file" as const })),
          "fs.stat": async ({ path }) =>
            files.has(path) ? { kind: "file", sizeBytes: 1, modifiedMs: 0, readonly: false } : undefined,
          "fs.mkdir": async () => undefined,
          "fs.remove": async ({ path }, signal) => {
            await arrive(signal);
            note(`remove ${path}`);
            if (!files.delete(path)) throw new HostError("not_found", "fs.remove", `No file ${path}`);
            return undefined;
          },
          "fs.copy": async () => undefined,
          "fs.move": async () => undefined,
          "bytes.compress": async ({ data }) => data,
          "bytes.decompress": async ({ data }) => data,
          "process.run": async ({ command }, signal) => {
            await arrive(signal);
            note(`run ${command}`);
            const stdout = Uint8Array.from([0, 255, 128, 10]);
            return { exitCode: 0, signal: null, stdout, stderr: new Uint8Array(), timedOut: false };
          },
          "crypto.publicKey": noKeys("crypto.publicKey"),
          "crypto.sign": noKeys("crypto.sign"),
          "crypto.verify": noKeys("crypto.verify"),
          "crypto.agree": noKeys("crypto.agree"),
          "http.request": async (args, signal) => {
            await arrive(signal);
            const body = request(args);
            await arrive(signal);
            return {
              status: 200,
              headers: { "content-type": "text/plain" },
              body: encoder.encode(body),
              url: args.url,
            };
          },
        },
        stream: {
          "http.stream": async function* (args, signal): AsyncIterable<HttpStreamItem> {
            await arrive(signal);
            const body = request(args);
            yield { kind: "head", status: 200, headers: {}, url: args.url };
            for (const part of body.split(" ")) {
              await arrive(signal);
              yield { kind: "chunk", bytes: encoder.encode(part) };
            }
          },
          "model.stream": async function* (args, signal): AsyncIterable<Json> {
            const { prompt, parts } = args as { prompt: string; parts: number };
            note(`model ${prompt}`);
            yield { type: "response-start", usage: { inputTokens: prompt.length } };
            for (let i = 0; i < parts; i++) {
              await arrive(signal);
              yield { type: "text-delta", delta: `${prompt}#${i} ` };
            }
            await arrive(signal);
            yield { type: "done", stopReason: "end_turn", usage: { inputTokens: prompt.length, outputTokens: parts } };
          },
        },
      });
    },
  };
  return world;
}
