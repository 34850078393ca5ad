/**
 * What can go wrong between a provider and its caller, as a table: each row is what the server does and what the caller
 * must see. A row is played against every provider, in that provider's own words.
 */

import type { Socket } from "node:net";
import { constants, deflateSync, gzipSync } from "node:zlib";
import type { ApiStyle } from "../../src/llm/providers/wire-format.ts";
import type { ModelInput } from "../../src/llm/spec/model.ts";
import { joinBytes } from "../support/aws-event-stream.ts";
import { type Act, answer, beginAnswer, headOf, type RawServer } from "./raw-server.ts";
import { renderMessage, renderMessages, type ServedAnswer, STREAM_TYPES } from "./render-answer.ts";

export const TEXT = "Grüße aus 東京 😀, und noch ein wenig mehr Text";

/** One provider's side of an exchange. */
export interface Script {
  readonly style: ApiStyle;
  readonly type: string;
  /** Headers of every answer, with the name of the request in them. */
  readonly headers: Readonly<Record<string, string>>;
  /** The messages of a complete answer with {@link TEXT}. */
  readonly messages: readonly Uint8Array[];
  readonly whole: Uint8Array;
  /** How many of the last messages say that the answer is over. */
  readonly closing: number;
}

/** What the caller must see. Without `category` any failure will do; `answer` is the whole text. */
export type Outcome =
  | { readonly kind: "answer" }
  | { readonly kind: "failure"; readonly fields?: Readonly<Record<string, unknown>>; readonly words?: string }
  /** Both are right: what arrives depends on the moment. */
  | { readonly kind: "either" };

export interface Misbehaviour {
  readonly name: string;
  /** Undefined: the row makes no sense for this provider. */
  play(script: Script): Act | undefined;
  readonly outcome: Outcome | ((script: Script) => Outcome);
  readonly input?: Partial<ModelInput>;
  /** The head of an answer came, and with it the name of the request. Default: for every failure but a lost connection. */
  readonly hasHead?: boolean;
  /** The server does not read the request to its end. */
  readonly isEager?: boolean;
  /** Where it is asked, when not at the act. */
  url?(server: RawServer): string;
}

const ok: Outcome = { kind: "answer" };
const failure = (fields: Readonly<Record<string, unknown>> = {}, words?: string): Outcome => ({
  kind: "failure",
  fields,
  ...(words === undefined ? {} : { words }),
});
const timeout = failure({ category: "timeout", kind: "transient", reason: "timeout" });
const truncated = failure({ category: "transient_network", kind: "transient", reason: "truncated" });
const network = failure({ category: "transient_network", kind: "transient" });

const utf8 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const isText = (script: Script): boolean => script.style !== "bedrock";

const CLOSING: Readonly<Record<ApiStyle, number>> = {
  anthropic: 1,
  "openai-chat": 3,
  "openai-responses": 1,
  ollama: 1,
  gemini: 1,
  bedrock: 2,
};

export function scriptOf(style: ApiStyle, requestId: string, served: ServedAnswer = { text: TEXT }): Script {
  const messages = renderMessages(style, served);
  return {
    style,
    type: STREAM_TYPES[style],
    headers: { "content-type": STREAM_TYPES[style], "x-request-id": requestId },
    messages,
    whole: joinBytes(messages),
    closing: CLOSING[style],
  };
}

/** The answer is begun properly and the rest is up to `then`. */
const streaming =
  (then: (out: ReturnType<typeof beginAnswer>, script: Script, socket: Socket) => void | Promise<void>) =>
  (script: Script): Act =>
  (socket) =>
    then(beginAnswer(socket, 200, script.headers), script, socket);

/** The answer is complete, but its bytes are these. */
const sending =
  (change: (script: Script) => Uint8Array | string | undefined) =>
  (script: Script): Act | undefined => {
    const bytes = change(script);
    return bytes === undefined ? undefined : (socket) => answer(socket, 200, script.headers, bytes);
  };

/** An answer of the given status, with the page as its body. */
const refusing =
  (status: number, headers: Readonly<Record<string, string>>, page: string) =>
  (script: Script): Act =>
  (socket) =>
    answer(socket, status, { ...script.headers, "content-type": "application/json", ...headers }, page);

/** The provider's own way to tell a failure in the middle of a stream. */
function errorMessage(style: ApiStyle, words: string): Uint8Array {
  switch (style) {
    case "anthropic":
      return renderMessage(style, ["error", { type: "error", error: { type: "overloaded_error", message: words } }]);
    case "openai-responses":
      return renderMessage(style, ["error", { type: "error", code: "server_error", message: words }]);
    case "openai-chat":
      return renderMessage(style, [undefined, { error: { message: words, code: 503 } }]);
    case "ollama":
      return renderMessage(style, [undefined, { error: words }]);
    case "gemini":
      return renderMessage(style, [undefined, { error: { code: 503, message: words, status: "UNAVAILABLE" } }]);
    case "bedrock":
      return renderMessage(style, ["exception:serviceUnavailableException", { message: words }]);
  }
}

/** The provider's own error object, as a whole body. */
function errorBody(style: ApiStyle, words: string): string {
  switch (style) {
    case "ollama":
      return JSON.stringify({ error: words });
    case "bedrock":
      return JSON.stringify({ message: words });
    case "anthropic":
    case "openai-chat":
    case "openai-responses":
    case "gemini":
      return JSON.stringify({ type: "error", error: { message: words, code: 500 } });
  }
}

/** Heartbeats of the format: bytes that are no content. */
function heartbeats(style: ApiStyle, count: number): Uint8Array {
  if (style === "ollama") return utf8("\n".repeat(count));
  if (style === "bedrock") {
    const one = renderMessage(style, ["ping", {}]);
    return joinBytes(new Array<Uint8Array>(count).fill(one));
  }
  return utf8(": still here\n\n".repeat(count));
}

/** Bytes that look like nothing, always the same. */
function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let seed = 42;
  for (let at = 0; at < length; at++) {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    bytes[at] = seed >>> 16;
  }
  return bytes;
}

const inOneHour = (): string => new Date(Date.now() + 3_600_000).toUTCString();
const WORDS = "the llama has left the building";
const PAGE = `<!doctype html><html><head><title>502 Bad Gateway</title></head><body>${WORDS}</body></html>`;
const STALL: Partial<ModelInput> = { timeoutMs: 500 };

const statuses: readonly Misbehaviour[] = (
  [
    [429, "rate_limit"],
    [503, "overloaded"],
    [529, "overloaded"],
  ] as const
).flatMap(([status, category]) => {
  const fields = { status, category, kind: "transient", body: errorBody("openai-chat", WORDS) };
  const page = errorBody("openai-chat", WORDS);
  return [
    {
      name: `${status} without a hint`,
      play: refusing(status, {}, page),
      outcome: failure({ ...fields, retryAfterMs: undefined }, WORDS),
    },
    {
      name: `${status} with seconds to wait`,
      play: refusing(status, { "retry-after": "7" }, page),
      outcome: failure({ ...fields, retryAfterMs: 7_000 }, WORDS),
    },
    {
      name: `${status} with a date to wait for`,
      play: refusing(status, { "retry-after": inOneHour() }, page),
      // Nobody is held longer than a minute.
      outcome: failure({ ...fields, retryAfterMs: 60_000 }, WORDS),
    },
  ];
});

export const MISBEHAVIOURS: readonly Misbehaviour[] = [
  // ---- Waiting
  { name: "stalls before the head", play: () => () => {}, outcome: timeout, input: STALL, hasHead: false },
  {
    name: "stalls between head and body",
    play: streaming(() => {}),
    outcome: timeout,
    input: STALL,
  },
  {
    name: "stalls in the middle of a chunk",
    play: (script) => (socket) => {
      const half = script.whole.subarray(0, Math.floor(script.whole.length / 2));
      socket.write(headOf(200, { ...script.headers, "transfer-encoding": "chunked" }));
      socket.write(`${script.whole.length.toString(16)}\r\n`);
      socket.write(half);
    },
    outcome: timeout,
    input: STALL,
  },
  {
    name: "stalls in the middle of an error page",
    play: (script) => (socket) => {
      socket.write(headOf(503, { ...script.headers, "content-length": "5000" }));
      socket.write(WORDS);
    },
    outcome: failure({ status: 503, category: "overloaded" }, WORDS),
    input: STALL,
  },
  {
    name: "drips byte by byte",
    play: streaming(async (out, { whole }) => {
      for (const byte of whole) {
        await out.write(Uint8Array.of(byte));
        await tick();
      }
      out.end();
    }),
    outcome: ok,
  },
  {
    name: "does not close the connection after the answer",
    play: streaming((out, { whole }) => out.write(whole)),
    outcome: ok,
  },

  // ---- Endings
  { name: "closes without an answer", play: () => (socket) => void socket.end(), outcome: network, hasHead: false },
  {
    name: "resets before the head",
    play: () => (socket) => void socket.resetAndDestroy(),
    outcome: network,
    hasHead: false,
  },
  {
    name: "resets after the head",
    play: streaming(async (_out, _script, socket) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      socket.resetAndDestroy();
    }),
    outcome: truncated,
  },
  {
    name: "cuts the head in half",
    play: () => (socket) => void socket.end("HTTP/1.1 200 OK\r\ncontent-ty"),
    outcome: network,
    hasHead: false,
  },
  { name: "sends an empty body", play: sending(() => ""), outcome: truncated },
  {
    name: "answers 204",
    play: (script) => (socket) => void socket.end(headOf(204, script.headers)),
    outcome: truncated,
  },
  {
    name: "leaves out what ends the answer",
    play: sending(({ messages, closing }) => joinBytes(messages.slice(0, -closing))),
    outcome: truncated,
  },
  {
    name: "ends in the middle of a line, as if that were all",
    play: sending(({ whole }) => whole.subarray(0, Math.floor(whole.length * 0.55))),
    outcome: truncated,
  },
  {
    name: "promises more bytes than it sends",
    play: (script) => (socket) => {
      const { messages, closing } = script;
      socket.write(headOf(200, { ...script.headers, "content-length": "100000" }));
      socket.end(joinBytes(messages.slice(0, -closing)));
    },
    outcome: truncated,
  },
  {
    name: "sends more bytes than it promises",
    play: (script) => (socket) => {
      socket.write(headOf(200, { ...script.headers, "content-length": "10" }));
      socket.end(script.whole);
    },
    outcome: truncated,
  },

  // ---- Garbage
  { name: "sends noise", play: sending(() => noise(3_000)), outcome: failure({ kind: "transient" }) },
  {
    name: "sends noise after the first half",
    play: sending(({ whole }) => joinBytes([whole.subarray(0, whole.length / 2), noise(3_000)])),
    outcome: failure({ category: "transient_network", kind: "transient" }),
  },
  {
    name: "breaks a character of the text",
    play: sending((script) => {
      const broken = Uint8Array.from(script.whole);
      const at = Buffer.from(broken).indexOf("ü");
      broken[at + 1] = 0xff;
      return broken;
    }),
    // Where nothing guards the bytes, a broken character is shown as one.
    outcome: ({ style }) => (style === "bedrock" ? failure({ reason: "malformed" }) : { kind: "either" }),
  },
  {
    name: "does not speak HTTP",
    play: () => (socket) => void socket.end("SSH-2.0-OpenSSH_9.6\r\n"),
    outcome: network,
    hasHead: false,
  },
  {
    name: "sends a head without end",
    play: () => (socket) => {
      socket.write("HTTP/1.1 200 OK\r\n");
      for (let line = 0; line < 200; line++) socket.write(`x-filler-${line}: ${"x".repeat(1_000)}\r\n`);
    },
    outcome: network,
    hasHead: false,
  },

  // ---- Odd but right
  {
    name: "ends its lines in every way there is",
    play: sending((script) => {
      if (!isText(script)) return undefined;
      // Not changed within a message: a carriage return before a line feed would be one end, not two.
      const ends = script.style === "ollama" ? ["\r\n", "\n"] : ["\r\n", "\r", "\n"];
      const messages = script.messages.map((message) => Buffer.from(message).toString("utf8"));
      return messages.map((message, at) => message.replaceAll("\n", ends[at % ends.length]!)).join("");
    }),
    outcome: ok,
  },
  {
    name: "sends ten thousand heartbeats first",
    play: streaming(async (out, { style, whole }) => {
      for (let burst = 0; burst < 10; burst++) await out.write(heartbeats(style, 1_000));
      await out.write(whole);
      out.end();
    }),
    outcome: ok,
  },
  {
    name: "calls its stream plain text",
    play: (script) => (socket) =>
      answer(socket, 200, { ...script.headers, "content-type": "text/plain" }, script.whole),
    outcome: ok,
  },
  {
    name: "names no content type",
    play: (script) => (socket) =>
      answer(socket, 200, { "x-request-id": script.headers["x-request-id"]! }, script.whole),
    outcome: ok,
  },
  {
    name: "says goodbye twice",
    play: sending(({ messages, whole, closing }) => joinBytes([whole, ...messages.slice(-closing)])),
    outcome: ok,
  },
  {
    name: "says everything twice",
    play: sending(({ messages }) => joinBytes(messages.flatMap((one) => [one, one]))),
    outcome: { kind: "either" },
  },
  {
    name: "sends a hint before the head",
    play: (script) => (socket) => {
      socket.write("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n");
      answer(socket, 200, script.headers, script.whole);
    },
    outcome: ok,
  },
  {
    name: "compresses the body",
    play: (script) => (socket) =>
      answer(socket, 200, { ...script.headers, "content-encoding": "gzip" }, gzipSync(script.whole)),
    outcome: ok,
  },
  {
    name: "compresses in pieces and stops in the middle",
    play: (script) => async (socket) => {
      const out = beginAnswer(socket, 200, { ...script.headers, "content-encoding": "gzip" });
      const half = script.whole.subarray(0, script.whole.length / 2);
      await out.write(gzipSync(half, { finishFlush: constants.Z_SYNC_FLUSH }));
      out.end();
    },
    outcome: truncated,
  },
  {
    name: "says gzip and means something else",
    play: (script) => (socket) =>
      answer(socket, 200, { ...script.headers, "content-encoding": "gzip" }, deflateSync(script.whole)),
    outcome: truncated,
  },
  {
    name: "redirects with the body (307)",
    play:
      (script) =>
      (socket, { path, count }) =>
        count === 0 ? answer(socket, 307, { location: path }, "") : answer(socket, 200, script.headers, script.whole),
    outcome: ok,
  },

  // ---- Words
  ...statuses,
  {
    name: "answers 500 without a word",
    play: refusing(500, {}, ""),
    outcome: failure({ status: 500, category: "server_error" }),
  },
  {
    name: "answers 502 with a web page",
    play: refusing(502, { "content-type": "text/html" }, PAGE),
    outcome: failure({ status: 502, category: "server_error", body: PAGE }, "502 Bad Gateway"),
  },
  {
    name: "answers 200 with a web page",
    play: refusing(200, { "content-type": "text/html" }, PAGE),
    outcome: failure({ kind: "terminal", status: 200, body: PAGE }),
  },
  {
    name: "answers 200 with an error object",
    play: (script) => refusing(200, {}, errorBody(script.style, WORDS))(script),
    outcome: failure({}, WORDS),
  },
  {
    name: "answers 200 with an error object that it calls a stream",
    play: sending(({ style }) => errorBody(style, WORDS)),
    outcome: failure({}, WORDS),
  },
  {
    name: "answers 200 with plain words",
    play: sending(() => `upstream connect error: ${WORDS}`),
    outcome: failure({ kind: "transient" }, WORDS),
  },
  {
    name: "tells an error in the middle of the stream",
    play: sending(({ style, messages, closing }) =>
      joinBytes([...messages.slice(0, -closing), errorMessage(style, WORDS)]),
    ),
    outcome: failure({}, WORDS),
  },
  {
    name: "redirects without end",
    play:
      () =>
      (socket, { path }) =>
        answer(socket, 307, { location: path }, ""),
    outcome: failure({ kind: "terminal" }),
    hasHead: false,
  },
  {
    name: "redirects to a page (302)",
    play:
      (script) =>
      (socket, { count, method, path }) =>
        count === 0
          ? answer(socket, 302, { location: `${path}?login` }, "")
          : answer(socket, 405, script.headers, `no ${method} here`),
    outcome: failure({ status: 405, kind: "terminal" }, "no GET here"),
  },
  {
    name: "refuses a large request before it has been read",
    play: refusing(413, {}, WORDS),
    outcome: { kind: "failure" },
    input: { messages: [{ role: "user", content: "x".repeat(4_000_000) }] },
    isEager: true,
    hasHead: false,
  },

  // ---- Nobody there
  {
    name: "is not there",
    play: () => () => {},
    outcome: failure({ category: "transient_network", kind: "transient", reason: "network_error" }),
    hasHead: false,
    // The port of discard: nobody serves it on a loopback address of one's own.
    url: () => "http://127.0.0.1:9",
  },
  {
    name: "has no name",
    play: () => () => {},
    outcome: failure({ category: "transient_network", kind: "transient", reason: "network_error" }),
    hasHead: false,
    // A label is too long for a name, so nobody is asked.
    url: () => `http://${"n".repeat(64)}.invalid`,
  },
  {
    name: "speaks no TLS",
    play: () => () => {},
    outcome: failure({ kind: "terminal", reason: "network_error" }),
    hasHead: false,
    url: (server) => server.url.replace("http:", "https:"),
  },
];
