/** Bodies read piece by piece. Programs know a stream by an id such as `http-stream-1`. */

import { CancelToken, HostError, type HttpStreamItem } from "../../base/index.ts";
import { type AsyncContext, Bytes, type NativeContext, type Value } from "../../vm/index.ts";
import { bytesOf, thrown } from "../arguments.ts";
import { runState } from "../builtin.ts";
import type { RequestPlan } from "./request-plan.ts";
import { isHttpUrl, preparedAnswer, responseValue, streamRequest } from "./send-request.ts";
import { nextHandle } from "./sessions.ts";

const MAX_STREAMS = 64;

interface BodyStream {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** What came and was not read yet. */
  pending: Uint8Array;
  /** Absent for a prepared answer, and when everything came. */
  source: BodySource | undefined;
  /** Readers are served one after another. */
  turn: Promise<unknown>;
}

interface BodySource {
  readonly items: AsyncIterator<HttpStreamItem>;
  readonly token: CancelToken;
  /** The program's end closes it no more. */
  readonly release: () => void;
}

const streamsOf = ({ vm }: Pick<NativeContext, "vm">): Map<string, BodyStream> =>
  runState(vm, "http.streams", () => new Map());

/** The head of an exchange with the network, and its body to come. The caller closes it. */
export interface OpenExchange {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly items: AsyncIterator<HttpStreamItem>;
  readonly token: CancelToken;
}

/** @param builtin stands before messages */
export async function openExchange(context: AsyncContext, plan: RequestPlan, builtin: string): Promise<OpenExchange> {
  if (!isHttpUrl(plan.url)) {
    throw thrown(`${builtin}: URL must start with http:// or https://, got '${plan.url}'`);
  }
  // While it opens, the task's own cancellation counts; then only closing does.
  const { token, release } = CancelToken.childOf(context.signal);
  const items = context.host.stream("http.stream", streamRequest(plan), token)[Symbol.asyncIterator]();
  try {
    const first = await items.next();
    if (first.done === true || first.value.kind !== "head") throw thrown(`${builtin}: request failed: no response`);
    return { status: first.value.status, headers: first.value.headers, items, token };
  } catch (error) {
    throw error instanceof HostError ? thrown(`${builtin}: request failed: ${error.message}`) : error;
  } finally {
    release();
  }
}

export async function openStream(context: AsyncContext, plan: RequestPlan): Promise<string> {
  const streams = streamsOf(context);
  if (streams.size >= MAX_STREAMS) throw thrown(`http_stream_open: maximum open streams (${MAX_STREAMS}) reached`);
  const id = nextHandle(context, "http-stream");
  const turn = Promise.resolve();
  const prepared = preparedAnswer(context, plan);
  if (prepared !== undefined) {
    const { status, headers, body } = prepared;
    streams.set(id, { status, headers, pending: bytesOf(body), source: undefined, turn });
    return id;
  }
  const { status, headers, items, token } = await openExchange(context, plan, "http_stream_open");
  const release = context.vm.keepOpen(context.task, "http_stream_open", () => closeExchange({ items, token }));
  streams.set(id, { status, headers, pending: new Uint8Array(0), source: { items, token, release }, turn });
  return id;
}

function streamOf(context: NativeContext, id: string, builtin: string): BodyStream {
  const stream = streamsOf(context).get(id);
  if (stream === undefined) throw thrown(`${builtin}: unknown stream '${id}'`);
  return stream;
}

/** The next piece of the body, at most so many bytes; nil at its end. */
export function readStream(context: NativeContext, id: string, maxBytes: number): Promise<Value> {
  const stream = streamOf(context, id, "http_stream_read");
  const read = stream.turn.then(() => nextPiece(stream, maxBytes));
  stream.turn = read.catch(() => {});
  return read;
}

async function nextPiece(stream: BodyStream, maxBytes: number): Promise<Value> {
  while (stream.pending.length === 0) {
    if (stream.source === undefined) return undefined;
    try {
      const next = await stream.source.items.next();
      if (next.done === true) endSource(stream);
      else if (next.value.kind === "chunk") stream.pending = next.value.bytes;
    } catch (error) {
      endSource(stream);
      if (!(error instanceof HostError)) throw error;
      throw thrown(`http_stream_read: failed to read response body: ${error.message}`);
    }
  }
  const piece = stream.pending.slice(0, maxBytes);
  stream.pending = stream.pending.subarray(piece.length);
  return new Bytes(piece);
}

function endSource(stream: BodyStream): void {
  stream.source?.release();
  stream.source = undefined;
}

export function streamInfo(context: NativeContext, id: string): Value {
  const { status, headers } = streamOf(context, id, "http_stream_info");
  return responseValue(status, headers, {});
}

/** False when there is no such stream. */
export function closeStream(context: NativeContext, id: string): boolean {
  const streams = streamsOf(context);
  const stream = streams.get(id);
  if (stream === undefined) return false;
  streams.delete(id);
  closeExchange(stream.source);
  endSource(stream);
  return true;
}

export function closeAllStreams(context: NativeContext): void {
  for (const id of [...streamsOf(context).keys()]) closeStream(context, id);
}

export function closeExchange(exchange: Pick<OpenExchange, "items" | "token"> | undefined): void {
  exchange?.token.cancel(new HostError("cancelled", "http.stream", "The stream was closed"));
  exchange?.items.return?.()?.then(undefined, () => {});
}
