/**
 * A model client over HTTP: any wire format, any provider of it.
 *
 * One call is one request. The stages are: *head* (status and headers), then either an *answer* (framed messages through
 * the decoder), a *body* (a whole answer), or an *error page*. After the decoder says that nothing more will come, the
 * rest of the body is *drained* briefly, so that the connection can serve the next call.
 *
 * Deadline and cancel are enforced here, whatever the provider does: both end the iteration at once and close the
 * connection. Bytes without content become heartbeats, so that a watcher can tell a slow provider from a dead one.
 */

import { CancelToken, type Host, HostError, type HttpStreamItem } from "../../base/index.ts";
import type { ModelCatalog } from "../catalog/model-catalog.ts";
import {
  brokenFrameFailure,
  cancelledFailure,
  httpFailure,
  type PartialAnswer,
  requestIdOf,
  timeoutFailure,
  transportFailure,
  truncatedFailure,
} from "../errors/model-failures.ts";
import { header } from "../errors/retry-after.ts";
import { scrubSecrets } from "../errors/scrub-secrets.ts";
import type { ModelChunk, ModelClient, ModelInput } from "../spec/model.ts";
import { completedError, ModelError } from "../spec/model-error.ts";
import { createAwsEventStreamDecoder } from "../wire/aws-event-stream.ts";
import {
  createEventStreamDecoder,
  createJsonLinesDecoder,
  type FrameDecoder,
  FrameError,
  LARGEST_EVENT,
  type OnEvent,
} from "../wire/event-stream.ts";
import { createPump, type PumpControl, type PumpSource } from "../wire/pump.ts";
import { continuesTexts, providerConfigOf, resolveEndpoint } from "./endpoint.ts";
import { createGoogleTokens, type GoogleTokens } from "./google-credentials.ts";
import {
  DRAIN_TIMEOUT_MS,
  ERROR_BODY_BYTES,
  ERROR_BODY_TIMEOUT_MS,
  SETTLE_TIMEOUT_MS,
  STREAMING_HTTP,
  WHOLE_HTTP,
} from "./http-timing.ts";
import { createUnread, type Unread } from "./unread.ts";
import type { AnswerDecoder, ApiStyle, EncodeContext, Framing, WireFormat } from "./wire-format.ts";
import { apiStyleOf, WIRE_FORMATS } from "./wire-formats.ts";

export interface HttpClientOptions {
  readonly host: Host;
  readonly catalog: ModelCatalog;
  /** Name in the catalogue; also the name under which `providerOptions` are found. */
  readonly provider: string;
  /** Speaks this format instead of the one its endpoint names. */
  readonly style?: ApiStyle;
}

export function createHttpModelClient(options: HttpClientOptions): ModelClient {
  const { provider } = options;
  const tokens = createGoogleTokens(options.host, options.catalog.env);
  return {
    provider,
    stream(asked, signal) {
      const input = asked.provider === provider ? asked : { ...asked, provider };
      return createPump<ModelChunk>({
        signal,
        cancelled: (reason, source) => {
          const call = source as HttpCall | undefined;
          return completedError(cancelledFailure(input, reason, call?.partial), { requestId: call?.requestId });
        },
        open: (control) => openCall(options, tokens, input, control),
      });
    },
  };
}

/** Without what the provider has no endpoint for: messages and system say the same. */
function asConversation({ completion: _, ...rest }: ModelInput): ModelInput {
  return rest;
}

interface HttpCall extends PumpSource<ModelChunk> {
  readonly partial: PartialAnswer;
  readonly requestId: string | undefined;
}

type Items = AsyncIterator<HttpStreamItem>;

/** Where a call is; what is left of the connection is in `items`. */
type Stage =
  | { readonly kind: "start" }
  | { readonly kind: "answer"; readonly frames: FrameDecoder }
  | { readonly kind: "body" }
  | { readonly kind: "drain" }
  | { readonly kind: "over" };

function openCall(options: HttpClientOptions, tokens: GoogleTokens, asked: ModelInput, control: PumpControl): HttpCall {
  const { host, catalog } = options;
  const config = providerConfigOf(catalog, asked.provider);
  const style = options.style ?? apiStyleOf(asked.provider, config);
  const input = asked.completion && !continuesTexts(config, style) ? asConversation(asked) : asked;
  const format = WIRE_FORMATS[style];
  const context: EncodeContext = {
    capabilities: catalog.capabilities(input.provider, input.model),
    env: catalog.env,
  };
  const wantsWhole = input.stream === false;
  const timing = wantsWhole ? WHOLE_HTTP : STREAMING_HTTP;

  let stage: Stage = { kind: "start" };
  let items: Items | undefined;
  let decoder: AnswerDecoder | undefined;
  let secrets: readonly string[] = [];
  /** Chunks of the burst that is being decoded; frames call back while it is. */
  let burst: ModelChunk[] = [];
  let frameError: unknown;
  let requestId: string | undefined;
  /** What came and was not understood; gone as soon as anything is. */
  let unread: Unread | undefined = createUnread();
  /** The failure that the status tells, with as much of the page as has come. */
  let refusal: (() => ModelError) | undefined;

  const timeoutMs = input.timeoutMs ?? timing.totalTimeoutMs;
  if (timeoutMs !== undefined) {
    after(host, timeoutMs, control, () => {
      // A status says more than that its page took too long.
      const failure = refusal?.() ?? timeoutFailure(input, timeoutMs, decoder?.partial ?? {});
      control.interrupt(completedError(failure, { requestId, body: wordsOf(unread, secrets) }));
    });
  }

  const send = async (out: ModelChunk[]): Promise<void> => {
    const sources = { host, catalog, tokens, signal: control.token };
    const endpoint = await resolveEndpoint(sources, config, style, input, context);
    secrets = endpoint.secrets;
    const encoded = format.encode(input, context);
    for (const message of encoded.warnings) out.push({ type: "warning", message });
    decoder = format.decoder(input, context, secrets);
    const body = JSON.stringify(encoded.body);
    items = host
      .stream(
        "http.stream",
        {
          method: "POST",
          url: endpoint.url,
          headers: {
            "content-type": "application/json",
            accept: wantsWhole ? "application/json" : ACCEPT[format.framing],
            ...endpoint.headers,
            ...encoded.headers,
            ...endpoint.sign?.(body),
          },
          body,
          connectTimeoutMs: timing.connectTimeoutMs,
          keepAlive: timing.keepAlive,
        },
        control.token,
      )
      [Symbol.asyncIterator]();
    const head = await items.next();
    if (head.done || head.value.kind !== "head") throw truncatedFailure(input, "the response headers", {});
    requestId = requestIdOf(head.value.headers);
    if (head.value.status === 401) endpoint.refused?.();
    await judgeHead(head.value, endpoint.url);
  };

  /** HTTP-06: the status is looked at before anything of the body. */
  const judgeHead = async (head: Extract<HttpStreamItem, { kind: "head" }>, asked: string): Promise<void> => {
    const type = (header(head.headers, "content-type") ?? "").toLowerCase();
    const isRefused = head.status < 200 || head.status > 299;
    if (isRefused || type.includes("html")) {
      const page = createUnread(ERROR_BODY_BYTES);
      refusal = () =>
        isRefused
          ? httpFailure(input, {
              status: head.status,
              headers: head.headers,
              body: page.text(),
              nowMs: host.sync("clock.now", {}),
              secrets,
              redirectedTo: redirectTarget(asked, head.url),
            })
          : webPageFailure(input, head.status, scrubSecrets(page.text(), secrets));
      await readErrorPage(host, items!, control, page);
      throw refusal();
    }
    // Ollama calls its lines JSON as well.
    const isWhole = wantsWhole || (isJson(type) && format.framing !== "json-lines");
    stage = isWhole ? { kind: "body" } : { kind: "answer", frames: openFrames(format.framing, type, onEvent) };
  };

  const onEvent: OnEvent = (name, data) => {
    if (frameError !== undefined || decoder!.status === "finished") return;
    try {
      decoder!.event(name, data, burst);
    } catch (error) {
      frameError = error;
    }
  };

  /** One burst of the answer. True while more may follow. */
  const readAnswer = async (frames: FrameDecoder, out: ModelChunk[]): Promise<boolean> => {
    const item = await nextItem();
    burst = out;
    frameError = undefined;
    if (item === undefined) {
      endAnswer(frames, out);
      stage = { kind: "over" };
      return out.length > 0;
    }
    unread?.push(item);
    frames.push(item);
    if (frameError !== undefined) throw frameError;
    if (unread !== undefined && out.some((chunk) => chunk.type !== "warning")) unread = undefined;
    if (decoder!.status === "finished") stage = { kind: "drain" };
    if (out.length === 0) out.push({ type: "heartbeat" });
    return true;
  };

  const endAnswer = (frames: FrameDecoder, out: ModelChunk[]): void => {
    frames.flush();
    // Half a message at the end is what a cut looks like: the decoder says that with what had arrived.
    const isCut = frameError instanceof ModelError && frameError.reason === "malformed";
    if (frameError !== undefined && !isCut) throw frameError;
    // A whole answer, or an error object, under the name of a stream.
    const whole = format.framing === "json-lines" ? undefined : unread?.json();
    if (whole !== undefined) decodeWhole(format, decoder!, whole, out);
    else decoder!.end(out);
  };

  /** The next bytes; undefined at the end, and at a break after the provider had said that it was done. */
  const nextItem = async (): Promise<Uint8Array | undefined> => {
    const settling = decoder!.status === "settling";
    try {
      const pending = items!.next();
      const result = settling ? await within(host, pending, SETTLE_TIMEOUT_MS, control) : await pending;
      if (result === undefined || result.done) return undefined;
      return result.value.kind === "chunk" ? result.value.bytes : new Uint8Array();
    } catch (error) {
      if (settling) return undefined;
      if (error instanceof HostError && (error.kind === "connection_reset" || error.kind === "other")) {
        throw truncatedFailure(input, "the end of the answer", decoder!.partial, error);
      }
      throw error;
    }
  };

  const readBody = async (out: ModelChunk[]): Promise<boolean> => {
    const text = new TextDecoder();
    let body = "";
    for (let bytes = await nextItem(); bytes !== undefined; bytes = await nextItem()) {
      unread?.push(bytes);
      body += text.decode(bytes, { stream: true });
      if (body.length > LARGEST_EVENT) throw new FrameError(`The answer is longer than ${LARGEST_EVENT} characters`);
    }
    body += text.decode();
    stage = { kind: "over" };
    if (body.trim() === "") throw truncatedFailure(input, "the body", {});
    decodeWhole(format, decoder!, body, out);
    return true;
  };

  const drain = async (): Promise<boolean> => {
    stage = { kind: "over" };
    const rest = (async () => {
      while (!(await items!.next()).done);
    })();
    try {
      await within(host, rest, DRAIN_TIMEOUT_MS, control);
    } catch {
      // The answer is complete; how the connection ends is nobody's concern.
    }
    return false;
  };

  const failureOf = (error: unknown): ModelError => {
    const partial = decoder?.partial ?? {};
    return error instanceof FrameError
      ? brokenFrameFailure(input, error.message, partial, error)
      : transportFailure(input, error, partial, secrets);
  };

  return {
    get partial() {
      return decoder?.partial ?? {};
    },
    get requestId() {
      return requestId;
    },
    async pull(out) {
      try {
        if (stage.kind === "start") {
          await send(out);
          if (out.length > 0) return true;
        }
        switch (stage.kind) {
          case "start":
          case "over":
            return false;
          case "answer":
            return await readAnswer(stage.frames, out);
          case "body":
            return await readBody(out);
          case "drain":
            return await drain();
        }
      } catch (error) {
        throw completedError(failureOf(error), { requestId, body: wordsOf(unread, secrets) });
      }
    },
    close() {
      // Not awaited: a connection that hangs must not hold its caller.
      items?.return?.().catch(() => {});
    },
  };
}

const ACCEPT: Readonly<Record<Framing, string>> = {
  "event-stream": "text/event-stream",
  "json-lines": "application/x-ndjson",
  "aws-event-stream": "application/vnd.amazon.eventstream",
};

function isJson(contentType: string): boolean {
  return contentType.includes("application/json") && !contentType.includes("seq");
}

/** By the format, unless the server says that it does otherwise. */
function openFrames(framing: Framing, contentType: string, onEvent: OnEvent): FrameDecoder {
  switch (framing) {
    case "event-stream":
      return contentType.includes("ndjson") ? createJsonLinesDecoder(onEvent) : createEventStreamDecoder(onEvent);
    case "json-lines":
      return contentType.includes("event-stream") ? createEventStreamDecoder(onEvent) : createJsonLinesDecoder(onEvent);
    case "aws-event-stream":
      return createAwsEventStreamDecoder(onEvent);
  }
}

/** Where the answer came from, if not from where it was asked; without the query, which may hold a key. */
function redirectTarget(asked: string, answered: string): string | undefined {
  if (!URL.canParse(asked) || !URL.canParse(answered)) return undefined;
  const [from, to] = [new URL(asked), new URL(answered)];
  return from.origin === to.origin && from.pathname === to.pathname ? undefined : `${to.origin}${to.pathname}`;
}

function wordsOf(unread: Unread | undefined, secrets: readonly string[]): string | undefined {
  const words = unread?.text() ?? "";
  return words.trim() === "" ? undefined : scrubSecrets(words, secrets);
}

/** A server that was asked to stream and would not may also have meant an event stream without saying so. */
function decodeWhole(format: WireFormat, decoder: AnswerDecoder, body: string, out: ModelChunk[]): void {
  const start = body.trimStart()[0];
  if (start !== "{" && start !== "[" && format.framing === "event-stream" && /^(?:data|event|id|:)/m.test(body)) {
    let failure: unknown;
    const frames = createEventStreamDecoder((name, data) => {
      try {
        if (failure === undefined && decoder.status !== "finished") decoder.event(name, data, out);
      } catch (error) {
        failure = error;
      }
    });
    frames.push(new TextEncoder().encode(body));
    frames.flush();
    if (failure !== undefined) throw failure;
    decoder.end(out);
    return;
  }
  decoder.whole(body, out);
}

/** As much of an error page as comes in time; whatever goes wrong, the status is what counts. */
async function readErrorPage(host: Host, items: Items, control: PumpControl, page: Unread): Promise<void> {
  const read = (async () => {
    for (let item = await items.next(); !item.done; item = await items.next()) {
      if (item.value.kind === "chunk") page.push(item.value.bytes);
      if (page.isFull) return;
    }
  })();
  try {
    await within(host, read, ERROR_BODY_TIMEOUT_MS, control);
  } catch {
    // The page is cut; its beginning will do.
  }
}

function webPageFailure({ provider, model }: ModelInput, status: number, body: string): ModelError {
  return new ModelError(`${provider} answered with a web page instead of a model's answer; check its base URL`, {
    provider,
    model,
    category: "generic",
    kind: "terminal",
    reason: "invalid_request",
    status,
    body,
  });
}

/** Calls back after a while, unless the call has closed before. */
function after(host: Host, ms: number, control: PumpControl, callback: () => void): void {
  host.perform("sleep", { ms }, control.token).then(callback, () => {});
}

/** What a promise resolves to, or undefined when it takes longer. The promise is not left unhandled. */
async function within<T>(host: Host, promise: Promise<T>, ms: number, control: PumpControl): Promise<T | undefined> {
  const { token, release } = CancelToken.childOf(control.token);
  promise.catch(() => {});
  try {
    return await Promise.race([promise, host.perform("sleep", { ms }, token)]);
  } finally {
    token.cancel("in time");
    release();
  }
}
