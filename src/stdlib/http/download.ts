/**
 * Bodies that go into a file. They are written next to their place and moved there when they are whole: a download that
 * is cut leaves what was there before.
 */

import { HostError } from "../../base/index.ts";
import type { AsyncContext, Dict } from "../../vm/index.ts";
import { bytesOf, thrown } from "../arguments.ts";
import { attempt } from "../host-failures.ts";
import { resolveFromRoot } from "../paths/places.ts";
import { closeExchange, type OpenExchange, openExchange } from "./body-streams.ts";
import type { RequestPlan } from "./request-plan.ts";
import { preparedAnswer, responseValue } from "./send-request.ts";

/** Bytes that are gathered before they are written. */
const PIECE_BYTES = 1024 * 1024;

export async function download(context: AsyncContext, plan: RequestPlan, target: string): Promise<Dict> {
  const path = resolveFromRoot(context.host, target);
  const prepared = preparedAnswer(context, plan);
  if (prepared !== undefined) {
    const data = bytesOf(prepared.body);
    await write(context, path, data, false);
    return responseValue(prepared.status, prepared.headers, { bytes_written: data.length });
  }
  const exchange = await openExchange(context, plan, "http_download");
  const part = `${path}.part`;
  try {
    const written = await writeBody(context, exchange, part);
    const move = context.host.perform("fs.move", { from: part, to: path }, context.signal);
    await attempt(move, (reason) => `http_download: failed to write ${path}: ${reason}`);
    return responseValue(exchange.status, exchange.headers, { bytes_written: written });
  } catch (error) {
    closeExchange(exchange);
    await context.host.perform("fs.remove", { path: part }).catch(() => undefined);
    throw error;
  }
}

async function writeBody(context: AsyncContext, { items, token }: OpenExchange, part: string): Promise<number> {
  const onAbort = () => token.cancel(context.signal.reason);
  context.signal.addEventListener("abort", onAbort);
  try {
    let written = 0;
    let gathered: Uint8Array[] = [];
    let size = 0;
    let isFirst = true;
    const flush = async (): Promise<void> => {
      await write(context, part, joined(gathered, size), !isFirst);
      isFirst = false;
      written += size;
      gathered = [];
      size = 0;
    };
    for (let next = await items.next(); next.done !== true; next = await items.next()) {
      if (next.value.kind !== "chunk") continue;
      gathered.push(next.value.bytes);
      size += next.value.bytes.length;
      if (size >= PIECE_BYTES) await flush();
    }
    if (size > 0 || isFirst) await flush();
    return written;
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    throw thrown(`http_download: failed to read response body: ${error.message}`);
  } finally {
    context.signal.removeEventListener("abort", onAbort);
  }
}

function write({ host, signal }: AsyncContext, path: string, data: Uint8Array, append: boolean): Promise<undefined> {
  const work = host.perform("fs.write", { path, data, append }, signal);
  return attempt(work, (reason) => `http_download: failed to write ${path}: ${reason}`);
}

function joined(pieces: readonly Uint8Array[], size: number): Uint8Array {
  const all = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
