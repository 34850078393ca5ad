/**
 * STREAM-08: who leaves a stream does not pay for the rest of it. The server here answers for ever, and knows which of its
 * answers are still being taken; the program asks it (`/open`), or waits until none is (`/closed`).
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createModelTraffic } from "../../src/cli/model-traffic.ts";
import { createNodeHost } from "../../src/cli/node-host/node-host.ts";
import { loadProgram, startProgram } from "../../src/runtime/index.ts";
import { countResources } from "../../src/testing/index.ts";

interface EndlessServer {
  readonly url: string;
  /** Answers that were begun. */
  readonly begun: number;
  readonly open: ReadonlySet<ServerResponse>;
  /** When no answer is being taken any more. */
  quiet(): Promise<void>;
  readonly server: Server;
}

async function startEndlessServer(): Promise<EndlessServer> {
  const open = new Set<ServerResponse>();
  let begun = 0;
  let waiting: (() => void)[] = [];
  const quiet = (): Promise<void> =>
    open.size === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve));
  const server = createServer((request, response) => {
    void answer(request, response);
  });
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    request.resume();
    if (request.url === "/open") return void response.end(String(open.size));
    if (request.url === "/closed") return void quiet().then(() => response.end("closed"));
    begun++;
    open.add(response);
    response.on("close", () => {
      open.delete(response);
      if (open.size > 0) return;
      for (const resolve of waiting) resolve();
      waiting = [];
    });
    response.writeHead(200, { "content-type": "text/event-stream" });
    const event = { choices: [{ index: 0, delta: { content: "word " } }] };
    while (!response.destroyed) {
      // Whoever takes nothing more is sent nothing more.
      await new Promise<void>((resolve) => {
        response.once("close", resolve);
        response.write(`data: ${JSON.stringify(event)}\n\n`, () => setImmediate(resolve));
      });
    }
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get begun() {
      return begun;
    },
    open,
    quiet,
    server,
  };
}

let endless: EndlessServer;
beforeEach(async () => {
  endless = await startEndlessServer();
});
afterEach(() => {
  endless.server.closeAllConnections();
  endless.server.close();
});

/** Runs a program that has `words()`, an endless answer, `open()`, how many are being taken, and `all_closed()`. */
async function run(body: string): Promise<{ readonly printed: string; readonly left: unknown }> {
  const environment = { OPENAI_BASE_URL: `${endless.url}/v1`, OPENAI_API_KEY: "k", NO_PROXY: "127.0.0.1" };
  const node = createNodeHost({ environment, modelStream: createModelTraffic() });
  const { host, live } = countResources(node);
  const text = `
fn words() { return llm_stream("q", nil, {provider: "openai", model: "m"}) }
fn open() { return http_get("${endless.url}/open").body }
fn all_closed() { return http_get("${endless.url}/closed").body }
${body}
`;
  try {
    const { program, diagnostics } = await loadProgram({ host, path: "/main.harn", text });
    if (program === undefined) throw new Error(diagnostics.map(({ diagnostic }) => diagnostic.message).join("\n"));
    let printed = "";
    const { vm, outcome } = startProgram(program, {
      host,
      breathe: () => new Promise((resolve) => setImmediate(resolve)),
      output: { write: (more) => (printed += more) },
    });
    const result = await outcome;
    if (result.status === "failed") printed += `failed: ${result.failure.display()}\n`;
    await endless.quiet();
    return { printed, left: { vm: vm.liveResources, streams: live().streams } };
  } finally {
    node.close();
  }
}

const nothing = { vm: [], streams: 0 };

describe("a stream that is left (STREAM-08)", () => {
  it.each<[string, string, string]>([
    ["break", `for word in words() { print(word); break }\nprintln(all_closed())`, "word closed\n"],
    [
      "a builtin's answer itself",
      `for word in llm_stream("q", nil, {provider: "openai", model: "m"}) { break }\nprintln(all_closed())`,
      "closed\n",
    ],
    ["return", `fn first() { for word in words() { return word } }\nprintln(first() + all_closed())`, "word closed\n"],
    [
      "return of a call, in the caller's frame",
      `fn told(word) { return word + all_closed() }\nfn first() { for word in words() { return told(word) } }\nprintln(first())`,
      "word closed\n",
    ],
    [
      "throw",
      `try { for word in words() { throw "enough" } } catch (e) { println(e + " " + all_closed()) }`,
      "enough closed\n",
    ],
    [
      "break out of two loops by a return",
      `fn pairs() { for a in words() { for b in words() { return a + b } } }\nprintln(pairs() + all_closed())`,
      "word word closed\n",
    ],
    [
      "continue of an outer loop",
      `for i in [1, 2] { for word in words() { break }\n println(all_closed()) }`,
      "closed\nclosed\n",
    ],
    [
      "a task that is cancelled in the loop",
      `let ch = channel("c", 1)\nlet t = spawn { for word in words() { send(ch, word); sleep(1h) } }\nreceive(ch)\ncancel(t)\nprintln(all_closed())`,
      "closed\n",
    ],
    ["take", `for word in words().take(2) { print(word) }\nprintln(all_closed())`, "word word closed\n"],
  ])("%s closes its source", async (_name, body, printed) => {
    expect(await run(body)).toEqual({ printed, left: nothing });
    expect(endless.begun).toBeGreaterThan(0);
  });

  it.each<[string, string, string]>([
    [
      "in a variable",
      `let s = words()\nfor word in s { break }\nfor word in s { print(word); break }\nprintln(open())`,
      "word 1\n",
    ],
    [
      "in a list",
      `let all = [words()]\nfor word in all[0] { break }\nfor word in all[0] { print(word); break }\nprintln(open())`,
      "word 1\n",
    ],
    [
      "given through a function",
      `fn same(s) { return s }\nlet s = words()\nfor word in same(s) { break }\nfor word in s { print(word); break }\nprintln(open())`,
      "word 1\n",
    ],
    [
      "under an iterator",
      `let s = words()\nfor word in iter(s) { break }\nfor word in s { print(word); break }\nprintln(open())`,
      "word 1\n",
    ],
    ["that nobody ever read", `let s = words()\nwhile open() != "1" { sleep(1ms) }\nprintln(open())`, "1\n"],
    ["of a program that fails", `let s = words()\nfor word in s { break }\nthrow "over"`, "failed: Thrown: over\n"],
  ])("one %s is kept for another loop, and closed when the program ends", async (_name, body, printed) => {
    expect(await run(body)).toEqual({ printed, left: nothing });
    expect(endless.begun).toBe(1);
  });
});

describe("a body read piece by piece", () => {
  it.each<[string, string, string]>([
    ["of a program that ends", `print(http_stream_info(body()).status)`, "200"],
    ["of a program that fails", `http_stream_read(body(), 5)\nthrow "over"`, "failed: Thrown: over\n"],
    ["that the program closes", `let s = body()\nhttp_stream_close(s)\nprintln(all_closed())`, "closed\n"],
  ])("%s is not left open", async (_name, program, printed) => {
    const opening = `fn body() { return http_stream_open("${endless.url}/endless") }\n`;
    expect(await run(opening + program)).toEqual({ printed, left: nothing });
    expect(endless.begun).toBe(1);
  });
});
